"""Opening a hub: its folder made, its schema and its zone as this program needs them.

Only `serve` and `load-zone` make a hub where there is none: to every other command a folder without one is a
mistyped folder, and an empty hub made there would verify, and be backed up, as if it were the one that was meant.
What only a first start or an update needs is loaded where it is needed, and nowhere else: Alembic
and the pinyin tables are half of what a start would spend on imports.
"""

import sys

from server.flows.hub import Hub, open_hub
from server.flows.refusals import Refusal
from server.flows.zone_files import read_zone_files, zone_stands
from server.settings import Settings, SettingsError
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
    store = Store.open(_url(settings), settings.busy_timeout_s)
    revision, needed = current_revision(store.engine), newest_revision()
    if revision == needed:
        return store, False
    if revision is not None and revision > needed:
        raise SettingsError(
            f"{_place(settings)} has schema {revision}, of a later program than this"
        )
    from server.store.schema import migrate  # noqa: PLC0415 - see above

    migrate(store.engine)
    return store, revision is not None


def open_here(settings: Settings) -> Hub:
    """The hub of these settings, migrated, not serving.

    After an update the projections are made anew: an earlier program may have projected otherwise.
    """
    store, outdated = _open(settings)
    with store.read() as tx:
        if tx.relay.find_identity() is not None:
            raise SettingsError(f"{_place(settings)} is a point's relay's, not a hub's")
    hub = open_hub(store, open_files(settings.attachments_place))
    if outdated:
        from server.flows.rebuild import rebuild  # noqa: PLC0415 - see above

        rebuild(hub)
    return hub


def open_standing(settings: Settings) -> Hub:
    """The hub that is there, brought up to date like `open_here`. Raises SettingsError."""
    _find(settings).close()
    return open_here(settings)


def open_as_it_is(settings: Settings) -> Hub:
    """The hub that is there, with nothing changed in its database. Raises SettingsError, also for another schema."""
    store = _find(settings)
    revision = current_revision(store.engine)
    if revision != newest_revision():
        raise SettingsError(
            f"{_place(settings)} has schema {revision}, this program {newest_revision()}: "
            "run `zongchuang migrate` first"
        )
    return open_hub(store, open_files(settings.attachments_place))


def _find(settings: Settings) -> Store:
    """The database of these settings, if there is a zone in it."""
    if settings.database_url or settings.database_file.exists():
        store = Store.open(_url(settings), settings.busy_timeout_s)
        if current_revision(store.engine) is not None:
            with store.read() as tx:
                if not tx.rows.is_empty():
                    return store
        store.close()
    raise SettingsError(f"there is no hub in {_place(settings)}: `zongchuang serve` makes one")


def _url(settings: Settings) -> str:
    return settings.database_url or sqlite_url(settings.database_file)


def _place(settings: Settings) -> str:
    return "the database of --database-url" if settings.database_url else str(settings.data)


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
