"""The migrations make exactly the schema that the store expects, go back to nothing, and are well named."""

import re
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import inspect, text

from server.store.engine import sqlite_url
from server.store.revision import current_revision, newest_revision
from server.store.schema import make_config, migrate
from server.store.store import Store
from server.store.tables import metadata
from sync import clock
from sync.event import Act, encode_event
from tests.postgres import Cluster

VERSIONS = Path(__file__).parents[2] / "migrations" / "versions"
NAME = re.compile(r"\d{12}_(pre|post)_[a-z]+(_[a-z]+)+\.py")


@pytest.fixture(params=["sqlite", "postgresql"])
def empty(request: pytest.FixtureRequest, tmp_path: Path) -> Store:
    if request.param == "sqlite":
        return Store.open(sqlite_url(tmp_path / "empty.db"))
    cluster: Cluster = request.getfixturevalue("postgres")
    return Store.open(cluster.url(cluster.create()))


def test_the_migrations_make_the_schema(empty: Store) -> None:
    assert current_revision(empty.engine) is None
    migrate(empty.engine)
    assert current_revision(empty.engine) == newest_revision()
    with empty.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, metadata) == []
    empty.close()


def test_the_newest_revision_by_name_is_the_newest_by_its_links() -> None:
    assert newest_revision() == ScriptDirectory.from_config(make_config()).get_current_head()


def test_migrating_twice_changes_nothing(empty: Store) -> None:
    migrate(empty.engine)
    migrate(empty.engine)
    assert current_revision(empty.engine) == newest_revision()
    empty.close()


def test_the_migrations_go_back_to_nothing(empty: Store) -> None:
    migrate(empty.engine)
    config = make_config()
    with empty.engine.begin() as connection:
        config.attributes["connection"] = connection
        command.downgrade(config, "base")
    assert set(inspect(empty.engine).get_table_names()) <= {"alembic_version"}
    empty.close()


def test_devices_get_the_clock_of_their_logs(empty: Store) -> None:
    """Of what lies in the ledger and of what is parked; what is no event has none."""
    migrate(empty.engine, "202611230940")
    early, late, parked = (clock.pack(ms, 1) for ms in (5, 900, 1_000))
    rows = [(2, early), (2, late), (2, b""), (3, early), (3, late), (2, early)]
    with empty.engine.begin() as connection:
        for number in (1, 2, 3):
            connection.execute(
                text(
                    "INSERT INTO device (number, stream, suite, public_key, point, kind, name, seq, link)"
                    " VALUES (:n, :b, 1, :b, '', 'tablet', '', 0, :b)"
                ),
                {"n": number, "b": bytes([number])},
            )
        for position, (device, hlc) in enumerate(rows, start=1):
            connection.execute(
                text("INSERT INTO ledger VALUES (:p, :d, :p, :s, '', 0, 'ok', :event, :s, :s)"),
                {"p": position, "d": device, "s": b"s", "event": _event(hlc)},
            )
        connection.execute(
            text("INSERT INTO parked VALUES (3, 9, :s, '', '', 0, :event, :s)"),
            {"s": b"s", "event": _event(parked)},
        )
    migrate(empty.engine)
    with empty.engine.connect() as connection:
        found = connection.execute(text("SELECT number, hlc FROM device ORDER BY number"))
        assert [(row[0], bytes(row[1])) for row in found] == [(1, bytes(8)), (2, late), (3, parked)]
    empty.close()


def _event(hlc: bytes) -> bytes:
    return encode_event("case.accept", bytes(16), hlc, b"", 0, [], Act()) if hlc else b"no event"


def test_sqlite_tables_that_are_only_their_key_have_no_row_number(tmp_path: Path) -> None:
    store = Store.open(sqlite_url(tmp_path / "empty.db"))
    migrate(store.engine)
    with store.engine.connect() as connection:
        query = "SELECT name FROM sqlite_master WHERE sql LIKE '%WITHOUT ROWID%' ORDER BY name"
        names = [row[0] for row in connection.exec_driver_sql(query)]
    expected = sorted(
        t.name
        for t in metadata.tables.values()
        if not t.dialect_kwargs.get("sqlite_with_rowid", True)
    )
    assert names == expected
    store.close()


def test_migrations_are_named_by_time_phase_and_verb() -> None:
    names = [path.name for path in VERSIONS.glob("*.py")]
    assert names and all(NAME.fullmatch(name) for name in names)
