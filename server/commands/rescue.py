"""`zongchuang rescue`."""

import argparse
import sys
from getpass import getpass

from server.commands.opening import open_standing
from server.flows.rescue import RescueError, open_rescue, take_rescue
from server.settings import Settings


def run(settings: Settings, options: argparse.Namespace) -> int:
    """Take in what a tablet exported; the passphrase is read from the terminal or standard input."""
    asked = sys.stdin.isatty()
    passphrase = getpass("Passphrase: ") if asked else sys.stdin.readline().rstrip("\n")
    try:
        rescue = open_rescue(options.file.read_bytes(), passphrase)
        taken = take_rescue(open_standing(settings), rescue)
    except (OSError, RescueError) as error:
        print(f"{options.file}: {error}", file=sys.stderr)
        return 1
    events = ", ".join(f"{count} {code}" for code, count in sorted(taken.events.items()))
    photos = ", ".join(f"{count} {code}" for code, count in sorted(taken.photos.items()))
    print(f"device {rescue.device}: events {events or 'none'}; photos {photos or 'none'}")
    return 0
