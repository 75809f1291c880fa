"""`zongchuang migrate`."""

import argparse

from server.commands.opening import open_standing
from server.settings import Settings
from server.store.revision import current_revision


def run(settings: Settings, _: argparse.Namespace) -> int:
    """Bring the database's schema up to date, and its projections."""
    print(current_revision(open_standing(settings).store.engine))
    return 0
