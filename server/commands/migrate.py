"""`zongchuang migrate`."""

import argparse

from server.commands.opening import open_store
from server.settings import Settings
from server.store.revision import current_revision


def run(settings: Settings, _: argparse.Namespace) -> int:
    """Bring the database's schema up to date."""
    print(current_revision(open_store(settings).engine))
    return 0
