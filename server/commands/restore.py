"""`zongchuang restore`."""

import argparse
import sys

from server.flows.backup import BackupError, Manifest
from server.flows.hub import wall_ms
from server.flows.restore import restore_file, restore_into
from server.settings import Settings
from server.store.errors import BusyError
from server.store.files import open_files
from server.store.schema import migrate
from server.store.store import Store


def run(settings: Settings, options: argparse.Namespace) -> int:
    """Make the hub of a backup where there is none."""
    settings.data.mkdir(parents=True, exist_ok=True)
    try:
        manifest = _restore(settings, options)
    except (BackupError, BusyError, OSError) as error:
        print(f"not restored: {error}", file=sys.stderr)
        return 1
    print(f"restored up to position {manifest.position}, {manifest.photos} photos, in a new epoch")
    if manifest.difference:
        print(f"with the difference that it was made with: {manifest.difference}", file=sys.stderr)
    if manifest.missing:
        print(
            f"{len(manifest.missing)} photos were lost before: {manifest.missing}", file=sys.stderr
        )
    return 0


def _restore(settings: Settings, options: argparse.Namespace) -> Manifest:
    files = open_files(settings.attachments_place)
    if not settings.database_url:
        return restore_file(options.backup, settings.data, settings.database_file, files, wall_ms)
    store = Store.open(settings.database_url, settings.busy_timeout_s)
    migrate(store.engine)
    try:
        return restore_into(options.backup, settings.data, store, files, wall_ms)
    finally:
        store.close()
