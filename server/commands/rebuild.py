"""`zongchuang rebuild`."""

import argparse

from server.commands.opening import open_standing
from server.flows.rebuild import rebuild
from server.settings import Settings


def run(settings: Settings, _: argparse.Namespace) -> int:
    """Rebuild every projection from the ledger."""
    print(f"{rebuild(open_standing(settings))} events folded")
    return 0
