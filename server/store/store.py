"""The one door to the database: a Store opens transactions, a Transaction has every capability.

A reader sees one moment of the database; a writer holds the write lock of SQLite from its beginning, and on PostgreSQL
takes the zone's head row where it gives positions (`transaction.zone.lock()`). A transaction commits when its block
ends, and rolls back when it raises.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from server.store.accounts import Accounts, Sessions
from server.store.attachments import Attachments
from server.store.cases import Cases
from server.store.devices import Devices, Enrolments
from server.store.engine import BEGIN, make_engine
from server.store.errors import BusyError
from server.store.feeds import Feeds
from server.store.ledger import Ledger, Parking, Signatures
from server.store.records import Records
from server.store.throttles import Throttles
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
        self.throttles = Throttles(connection)


class Store:
    """A database, opened."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self._embedded = engine.dialect.name == "sqlite"
        # One writer at a time in this process too: waiting here is in order and costs nothing,
        # while SQLite's own busy handler sleeps and guesses.
        self._writing = threading.Lock() if self._embedded else nullcontext()

    @classmethod
    def open(cls, url: str) -> "Store":
        """Open the database at `url`; its schema must be migrated (server/store/schema.py)."""
        return cls(make_engine(url))

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
        with self._writing, self._begin(options) as connection:
            yield Transaction(connection)

    @contextmanager
    def _begin(self, options: dict[str, str]) -> Iterator[Connection]:
        try:
            connection = self.engine.connect()
        except (OperationalError, PoolTimeoutError) as error:
            raise BusyError(str(error)) from error
        with connection.execution_options(**options):
            try:
                transaction = connection.begin()
            except OperationalError as error:
                raise BusyError(str(error)) from error
            with transaction:
                yield connection

    def close(self) -> None:
        """Close every connection."""
        self.engine.dispose()
