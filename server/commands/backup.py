"""`zongchuang backup`."""

import argparse
import sys

from server.commands.opening import open_standing
from server.flows.backup import BackupError, back_up
from server.settings import Settings
from server.store.errors import BusyError


def run(settings: Settings, options: argparse.Namespace) -> int:
    """Copy database and photos into a folder of backups; the hub may serve meanwhile."""
    try:
        folder, manifest = back_up(open_standing(settings), options.place)
    except (BackupError, BusyError, OSError) as error:
        print(f"no backup: {error}", file=sys.stderr)
        return 1
    print(f"{folder}: position {manifest.position}, {manifest.photos} photos")
    if not manifest.is_whole:
        lost = f"the hub has lost {len(manifest.missing)} photos" if manifest.missing else ""
        print(f"kept, but not counted: {manifest.difference or lost}", file=sys.stderr)
        return 1
    return 0
