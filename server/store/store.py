"""The one door to the database: a Store opens transactions, a Transaction has every capability.

A reader sees one moment of the database; a writer holds the write lock of SQLite from its beginning, and on PostgreSQL
takes the zone's head row where it gives positions (`transaction.zone.lock()`). A transaction commits when its block
ends, and rolls back when it raises.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import SQLAlchemyError

from server.store.accounts import Accounts, Sessions
from server.store.attachments import Attachments
from server.store.backups import Backups, Rows
from server.store.cases import Cases
from server.store.devices import Devices, Enrolments
from server.store.engine import BEGIN, BUSY_TIMEOUT_S, bound_waiting, is_busy, make_engine
from server.store.errors import BusyError
from server.store.feeds import Feeds
from server.store.ledger import Ledger, Parking, Signatures
from server.store.records import Records
from server.store.relay import RelayStore
from server.store.throttles import Throttles
from server.store.uploads import Uploads
from server.store.zone import Secrets, Zone


class Transaction:
    """Everything that can be read and written, in one transaction."""

    def __init__(self, connection: Connection) -> None:
        self.zone = Zone(connection)
        self.secrets = Secrets(connection)
        self.ledger = Ledger(connection)
        self.parking = Parking(connection)
        self.signatures = Signatures(connection)
        self.devices = Devices(connection)
        self.enrolments = Enrolments(connection)
        self.feeds = Feeds(connection)
        self.cases = Cases(connection)
        self.records = Records(connection)
        self.accounts = Accounts(connection)
        self.sessions = Sessions(connection)
        self.attachments = Attachments(connection)
        self.uploads = Uploads(connection)
        self.throttles = Throttles(connection)
        self.backups = Backups(connection)
        self.rows = Rows(connection)
        self.relay = RelayStore(connection)


class Store:
    """A database, opened. `busy_timeout_s`: how long a transaction waits to be let in."""

    def __init__(self, engine: Engine, busy_timeout_s: float = BUSY_TIMEOUT_S) -> None:
        self.engine = engine
        self._busy_timeout_s = busy_timeout_s
        self._embedded = engine.dialect.name == "sqlite"
        self._writing = threading.Lock()

    @classmethod
    def open(cls, url: str, busy_timeout_s: float = BUSY_TIMEOUT_S) -> "Store":
        """Open the database at `url`; its schema must be migrated (server/store/schema.py)."""
        return cls(make_engine(url, busy_timeout_s), busy_timeout_s)

    @property
    def backend(self) -> str:
        """Sqlite | postgresql"""
        return self.engine.dialect.name

    @contextmanager
    def read(self) -> Iterator[Transaction]:
        """A moment of the database; nothing may be written. Raises BusyError."""
        options = {BEGIN: "BEGIN"} if self._embedded else {"isolation_level": "REPEATABLE READ"}
        with self._begin(options) as connection:
            yield Transaction(connection)

    @contextmanager
    def write(self) -> Iterator[Transaction]:
        """All or nothing. Raises BusyError."""
        options = {BEGIN: "BEGIN IMMEDIATE"} if self._embedded else {}
        with self._turn(), self._begin(options) as connection:
            bound_waiting(connection, self._busy_timeout_s)
            yield Transaction(connection)

    @contextmanager
    def _turn(self) -> Iterator[None]:
        """One writer at a time of this process on SQLite.

        Waiting here is in order and costs nothing, while SQLite's own busy handler sleeps and guesses.
        """
        if not self._embedded:
            yield
            return
        if not self._writing.acquire(timeout=self._busy_timeout_s):
            raise BusyError("another writer of this process")
        try:
            yield
        finally:
            self._writing.release()

    @contextmanager
    def _begin(self, options: dict[str, str]) -> Iterator[Connection]:
        try:
            with self.engine.connect() as connection:
                connection.execution_options(**options)
                with connection.begin():
                    yield connection
        except SQLAlchemyError as error:
            if is_busy(error):
                raise BusyError(str(error)) from error
            raise

    def close(self) -> None:
        """Close every connection."""
        self.engine.dispose()
