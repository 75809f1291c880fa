"""`zongchuang migrate`."""

import argparse

from server.commands.opening import open_here
from server.settings import Settings
from server.store.revision import current_revision


def run(settings: Settings, _: argparse.Namespace) -> int:
    """Bring the database's schema up to date, and its projections."""
    print(current_revision(open_here(settings).store.engine))
    return 0
