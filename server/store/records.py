"""The zone's reference data as last published: records by stream, and every version of every item."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from sqlalchemy import Connection, delete, func, select

from server.store.bulk import insert_rows, select_in
from server.store.tables import item_version, record


class RecordRow(NamedTuple):
    """The last event of a record's stream; `record` is the body's record as MessagePack."""

    stream: bytes
    type: str
    id: str
    position: int
    record: bytes


class ItemVersionRow(NamedTuple):
    """An item as it was published under a version."""

    item: str
    version: str
    position: int
    record: bytes


class Records:
    """Points, windows, departments, items, bundles, resources, duty."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def put(self, rows: Sequence[RecordRow]) -> None:
        """Write the last state of these records."""
        self._connection.execute(
            delete(record).where(record.c.stream.in_([row.stream for row in rows]))
        )
        insert_rows(self._connection, record, rows)

    def put_versions(self, rows: Sequence[ItemVersionRow]) -> None:
        """Write item versions; the same version again replaces."""
        for row in rows:
            self._connection.execute(
                delete(item_version).where(
                    item_version.c.item == row.item, item_version.c.version == row.version
                )
            )
        insert_rows(self._connection, item_version, rows)

    def of_type(self, type_: str) -> list[RecordRow]:
        query = select(record).where(record.c.type == type_).order_by(record.c.position)
        return [RecordRow(*row) for row in self._connection.execute(query)]

    def all(self) -> list[RecordRow]:
        return [RecordRow(*row) for row in self._connection.execute(select(record))]

    def changed_at(self) -> int:
        """The position of the last event that changed a record; 0: there is none."""
        return self._connection.execute(select(func.max(record.c.position))).scalar() or 0

    def find(self, type_: str, id_: str) -> RecordRow | None:
        query = select(record).where(record.c.type == type_, record.c.id == id_)
        row = self._connection.execute(query).first()
        return None if row is None else RecordRow(*row)

    def versions_of(self, items: Iterable[str]) -> list[ItemVersionRow]:
        """Every version of these items."""
        rows = select_in(self._connection, select(item_version), item_version.c.item, items)
        return [ItemVersionRow(*row) for row in rows]

    def all_versions(self) -> list[ItemVersionRow]:
        return [ItemVersionRow(*row) for row in self._connection.execute(select(item_version))]

    def clear(self) -> None:
        """Drop the projections, to be rebuilt."""
        self._connection.execute(delete(record))
        self._connection.execute(delete(item_version))
