"""Engines: how each database is opened so that a commit is durable and a reader sees one moment.

SQLite: WAL, synchronous=FULL, foreign keys, transactions begun by us (`BEGIN IMMEDIATE` for writers) because the
driver's own bookkeeping would begin them too late. PostgreSQL: defaults; readers run REPEATABLE READ.
Errors never quote a statement's parameters: they are people's data, and errors are logged.
"""

from pathlib import Path
from sqlite3 import Connection as SqliteConnection
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, make_url

BUSY_TIMEOUT_MS = 30_000
POOL_SIZE = 8
# The write-ahead log is copied back every so many 4 kB pages; larger means fewer stalls in a burst of pushes.
WAL_CHECKPOINT_PAGES = 8_000

_SQLITE_PRAGMAS = (
    "PRAGMA journal_mode = WAL",
    "PRAGMA synchronous = FULL",
    "PRAGMA foreign_keys = ON",
    f"PRAGMA busy_timeout = {BUSY_TIMEOUT_MS}",
    f"PRAGMA wal_autocheckpoint = {WAL_CHECKPOINT_PAGES}",
    "PRAGMA temp_store = MEMORY",
    "PRAGMA cache_size = -65536",
)
BEGIN = "zongchuang_begin"


def sqlite_url(path: Path) -> str:
    """The URL of an embedded database file."""
    return f"sqlite:///{path}"


def make_engine(url: str) -> Engine:
    """An engine for `sqlite:///path` or `postgresql://…` (psycopg 3)."""
    parsed = make_url(url)
    if parsed.get_backend_name() == "sqlite":
        engine = create_engine(
            parsed,
            pool_size=POOL_SIZE,
            max_overflow=POOL_SIZE,
            connect_args={"check_same_thread": False},
            hide_parameters=True,
        )
        event.listen(engine, "connect", _open_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
        return engine
    if parsed.get_backend_name() != "postgresql":
        raise ValueError(f"no such database: {parsed.get_backend_name()}")
    return create_engine(
        parsed.set(drivername="postgresql+psycopg"),
        pool_size=POOL_SIZE,
        max_overflow=POOL_SIZE,
        pool_pre_ping=True,
        hide_parameters=True,
    )


def _open_sqlite(connection: SqliteConnection, _: Any) -> None:
    # None: the driver leaves transactions to us.
    connection.isolation_level = None
    cursor = connection.cursor()
    for pragma in _SQLITE_PRAGMAS:
        cursor.execute(pragma)
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    connection.exec_driver_sql(connection.get_execution_options().get(BEGIN, "BEGIN"))
