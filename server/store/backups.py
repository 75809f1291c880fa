"""Backups: what the hub remembers of them, and every row of every table, read out or filled in."""

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from sqlalchemy import Connection, insert, select

from server.store.bulk import insert_rows
from server.store.tables import backup, metadata, zone

ROWS_PER_BATCH = 2_000


class BackupRow(NamedTuple):
    """A backup that was made and verified: everything up to `position`, with the photos stored until `taken_ms`.

    bytes: of the database's copy.
    """

    taken_ms: int
    position: int
    photos: int
    bytes: int


class Backups:
    """The backups of this hub."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, row: BackupRow) -> None:
        """Remember a backup."""
        self._connection.execute(insert(backup).values(**row._asdict()))

    def newest(self) -> BackupRow | None:
        """The one that reaches furthest; None: there is none."""
        query = select(backup).order_by(backup.c.position.desc(), backup.c.taken_ms.desc())
        row = self._connection.execute(query.limit(1)).first()
        return None if row is None else BackupRow(*row)


class Rows:
    """The whole database, table by table."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def is_empty(self) -> bool:
        """Whether there is no zone yet."""
        return self._connection.execute(select(zone.c.id)).first() is None

    def all(self) -> Iterator[tuple[str, Sequence[tuple[Any, ...]]]]:
        """(table, rows) in batches, in an order in which they can be put."""
        for table in metadata.sorted_tables:
            rows = self._connection.execution_options(yield_per=ROWS_PER_BATCH).execute(
                select(table)
            )
            for part in rows.partitions():
                yield table.name, [tuple(row) for row in part]

    def put(self, name: str, rows: Sequence[tuple[Any, ...]]) -> None:
        """Fill a table that is empty."""
        insert_rows(self._connection, metadata.tables[name], rows)
