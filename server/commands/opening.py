"""Opening a hub: its folder made, its schema and its zone as this program needs them.

What only a first start or an update needs is loaded where it is needed, and nowhere else: Alembic
and the pinyin tables are half of what a start would spend on imports.
"""

import sys

from server.flows.hub import Hub, open_hub
from server.flows.refusals import Refusal
from server.flows.zone_files import read_zone_files, zone_stands
from server.settings import Settings
from server.store.engine import sqlite_url
from server.store.files import open_files
from server.store.revision import current_revision, newest_revision
from server.store.store import Store


def open_store(settings: Settings) -> Store:
    """The database of these settings, its folder made and its schema up to date."""
    return _open(settings)[0]


def _open(settings: Settings) -> tuple[Store, bool]:
    """The same, and whether it was of an earlier version of the program."""
    settings.data.mkdir(parents=True, exist_ok=True)
    url = settings.database_url or sqlite_url(settings.database_file)
    store = Store.open(url, settings.busy_timeout_s)
    revision = current_revision(store.engine)
    if revision == newest_revision():
        return store, False
    from server.store.schema import migrate  # noqa: PLC0415 - see above

    migrate(store.engine)
    return store, revision is not None


def open_here(settings: Settings) -> Hub:
    """The hub of these settings, migrated, not serving.

    After an update the projections are made anew: an earlier program may have projected otherwise.
    """
    store, outdated = _open(settings)
    hub = open_hub(store, open_files(settings.attachments_place))
    if outdated:
        from server.flows.rebuild import rebuild  # noqa: PLC0415 - see above

        rebuild(hub)
    return hub


def prepare(settings: Settings) -> Hub:
    """A hub ready to serve: migrated, with its key and its zone."""
    hub = open_here(settings)
    if not zone_stands(hub, read_zone_files(settings.zone)):
        from server.flows.load_zone import load_zone  # noqa: PLC0415 - see above

        load_zone(hub, settings.zone)
    return hub


def complain(refusal: Refusal) -> int:
    """Say why not; the exit code."""
    print(f"{refusal.code}: {refusal.message}", file=sys.stderr)
    return 1
