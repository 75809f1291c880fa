"""`zongchuang load-zone`."""

import argparse

from server.commands.opening import open_here
from server.flows.load_zone import load_zone
from server.settings import Settings


def run(settings: Settings, _: argparse.Namespace) -> int:
    """Bring the zone's records and accounts to what its files say."""
    loaded = load_zone(open_here(settings), settings.zone)
    print(f"{loaded.records} records and {loaded.accounts} accounts written")
    return 0
