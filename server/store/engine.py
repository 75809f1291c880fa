"""Engines: how each database is opened so that a commit is durable and a reader sees one moment.

SQLite: WAL, synchronous=FULL, foreign keys, transactions begun by us (`BEGIN IMMEDIATE` for writers) because the
driver's own bookkeeping would begin them too late. PostgreSQL: readers run REPEATABLE READ, and nothing outlives
its transaction, no setting, lock or prepared statement, so that PgBouncer may pool by transactions.
Errors never quote a statement's parameters: they are people's data, and errors are logged.
"""

from pathlib import Path
from sqlite3 import Connection as SqliteConnection
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import OperationalError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

# Shorter than any caller waits: whoever asks shall hear `busy`, not silence.
BUSY_TIMEOUT_S = 10.0
CONNECT_TIMEOUT_S = 10
POOL_SIZE = 8
# The write-ahead log is copied back every so many 4 kB pages; larger means fewer stalls in a burst of pushes.
WAL_CHECKPOINT_PAGES = 8_000

_SQLITE_PRAGMAS = (
    "PRAGMA journal_mode = WAL",
    "PRAGMA synchronous = FULL",
    "PRAGMA foreign_keys = ON",
    f"PRAGMA wal_autocheckpoint = {WAL_CHECKPOINT_PAGES}",
    "PRAGMA temp_store = MEMORY",
    "PRAGMA cache_size = -65536",
)
BEGIN = "zongchuang_begin"
# SQLITE_BUSY and SQLITE_LOCKED, without what the extended codes add.
_SQLITE_LOCKED = frozenset({5, 6})
_FOUNDING_LOCK = int.from_bytes(b"zongchng", "big", signed=True)


def sqlite_url(path: Path) -> str:
    """The URL of an embedded database file."""
    return f"sqlite:///{path}"


def make_engine(url: str, busy_timeout_s: float = BUSY_TIMEOUT_S) -> Engine:
    """An engine for `sqlite:///path` or `postgresql://…` (psycopg 3)."""
    parsed = make_url(url)
    if parsed.get_backend_name() == "sqlite":
        engine = create_engine(
            parsed,
            pool_size=POOL_SIZE,
            max_overflow=POOL_SIZE,
            pool_timeout=busy_timeout_s,
            connect_args={"check_same_thread": False, "timeout": busy_timeout_s},
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
        pool_timeout=busy_timeout_s,
        pool_pre_ping=True,
        connect_args={"prepare_threshold": None, "connect_timeout": CONNECT_TIMEOUT_S},
        hide_parameters=True,
    )


def is_postgresql(url: str) -> bool:
    """Whether this database can have several processes; "" is the embedded one."""
    return bool(url) and make_url(url).get_backend_name() == "postgresql"


def libpq_url(url: str) -> str:
    """A PostgreSQL URL as the driver itself takes it."""
    return make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)


def is_busy(error: SQLAlchemyError) -> bool:
    """Whether it is the database's fault, and another try may do: locked, timed out, gone away."""
    if isinstance(error, PoolTimeoutError):
        return True
    if not isinstance(error, OperationalError):
        return False
    code = getattr(error.orig, "sqlite_errorcode", None)
    return code is None or code & 0xFF in _SQLITE_LOCKED


def bound_waiting(connection: Connection, busy_timeout_s: float) -> None:
    """Wait no longer than this for another writer's lock, in this transaction alone."""
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql(f"SET LOCAL lock_timeout = {int(busy_timeout_s * 1000)}")


def lock_founding(connection: Connection) -> None:
    """Make a schema or a zone alone: several processes may start at once on one PostgreSQL."""
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_FOUNDING_LOCK})")


def _open_sqlite(connection: SqliteConnection, _: Any) -> None:
    # None: the driver leaves transactions to us.
    connection.isolation_level = None
    cursor = connection.cursor()
    for pragma in _SQLITE_PRAGMAS:
        cursor.execute(pragma)
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    connection.exec_driver_sql(connection.get_execution_options().get(BEGIN, "BEGIN"))
