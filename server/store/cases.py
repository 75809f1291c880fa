"""Cases as the hub folded them: the state itself and the columns that lists, search and numbers need."""

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from sqlalchemy import Connection, delete, func, select, text, update

from server.store.bulk import insert_rows, select_by
from server.store.tables import RECEIPT_GIVEN, case_record, case_serial, ledger, void_event
from server.store.text import storable


class CaseRow(NamedTuple):
    """One case; `fold` is its state's bytes (docs/protocol.md, section 8), `position` the last event's."""

    stream: bytes
    position: int
    state: str
    item: str
    point: str
    dept: str
    window: str
    receipt_no: str
    case_no: str
    person: str
    applicant_name: str
    id_last4: str
    opened_ms: int
    updated_ms: int
    void_count: int
    unknown_count: int
    conflict_count: int
    photos_missing: int
    fold: bytes


class VoidRow(NamedTuple):
    """An event that had no effect: void with a code, or of an unknown type."""

    position: int
    effect: str
    code: str


class Cases:
    """The projection of every case's stream."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def by_streams(self, streams: Iterable[bytes]) -> dict[bytes, CaseRow]:
        rows = select_by(self._connection, case_record, CaseRow._fields, "stream", streams)
        return {row[0]: CaseRow(*row) for row in rows}

    def find(self, stream: bytes) -> CaseRow | None:
        return self.by_streams([stream]).get(stream)

    def find_by_receipt(self, receipt_no: str) -> CaseRow | None:
        query = select(case_record).where(
            text(RECEIPT_GIVEN), case_record.c.receipt_no == storable(receipt_no)
        )
        row = self._connection.execute(query).first()
        return None if row is None else CaseRow(*row)

    def find_by_number(self, number: str) -> CaseRow | None:
        """The case of a receipt number or an official case number; of an empty one there is none."""
        for column in (case_record.c.receipt_no, case_record.c.case_no):
            # Said twice, since the index holds only rows that have a number.
            query = select(case_record).where(column == storable(number), column != "")
            row = self._connection.execute(query).first()
            if row is not None:
                return CaseRow(*row)
        return None

    def receipts(self, numbers: Iterable[str]) -> dict[str, bytes]:
        """Which of these receipt numbers are given, and to which case."""
        columns = ("receipt_no", "stream")
        rows = select_by(
            self._connection,
            case_record,
            columns,
            "receipt_no",
            map(storable, numbers),
            where=RECEIPT_GIVEN,
        )
        return {row[0]: row[1] for row in rows}

    def add(self, rows: Sequence[CaseRow]) -> None:
        insert_rows(self._connection, case_record, rows)

    def replace(self, rows: Sequence[CaseRow]) -> None:
        """Write cases that are there already."""
        for row in rows:
            values = row._asdict()
            stream = values.pop("stream")
            self._connection.execute(
                update(case_record).where(case_record.c.stream == stream).values(**values)
            )

    def walk(self, after: bytes, limit: int) -> list[CaseRow]:
        """Cases by stream."""
        query = (
            select(case_record)
            .where(case_record.c.stream > after)
            .order_by(case_record.c.stream)
            .limit(limit)
        )
        return [CaseRow(*row) for row in self._connection.execute(query)]

    def walk_all(self, batch: int = 1_000) -> Iterator[CaseRow]:
        """Every case by stream, read in batches."""
        after = b""
        while rows := self.walk(after, batch):
            yield from rows
            after = rows[-1].stream

    def count(self) -> int:
        return int(
            self._connection.execute(select(func.count()).select_from(case_record)).scalar_one()
        )

    def counts_by(self, column: str, points: frozenset[str] | None = None) -> dict[str, int]:
        """How many cases by point, dept or state; `points`: only of these."""
        key = case_record.c[column]
        query = select(key, func.count()).group_by(key)
        if points is not None:
            query = query.where(case_record.c.point.in_(points))
        return {row[0]: row[1] for row in self._connection.execute(query)}

    def count_photos_missing(self, points: frozenset[str] | None = None) -> int:
        """How many cases refer to photos that are not here; `points`: only of these."""
        query = select(func.count()).where(case_record.c.photos_missing > 0)
        if points is not None:
            query = query.where(case_record.c.point.in_(points))
        return int(self._connection.execute(query).scalar_one())

    def clear(self) -> None:
        """Drop the projection, to be rebuilt."""
        self._connection.execute(delete(case_record))
        self._connection.execute(delete(void_event))

    def add_voids(self, rows: Sequence[VoidRow]) -> None:
        insert_rows(self._connection, void_event, rows)

    def voids(self, limit: int, devices: Iterable[int] | None = None) -> list[VoidRow]:
        """The newest events without effect; `devices`: only of these."""
        query = select(void_event).order_by(void_event.c.position.desc()).limit(limit)
        if devices is not None:
            of_these = ledger.c.device.in_(list(devices))
            query = query.join(ledger, ledger.c.position == void_event.c.position).where(of_these)
        return [VoidRow(*row) for row in self._connection.execute(query)]

    def void_counts(self) -> list[tuple[int, str, int]]:
        """How many events without effect: (device, effect, count)."""
        by = (ledger.c.device, void_event.c.effect)
        query = select(*by, func.count()).join_from(
            void_event, ledger, ledger.c.position == void_event.c.position
        )
        return [(row[0], row[1], row[2]) for row in self._connection.execute(query.group_by(*by))]

    def all_voids(self) -> list[VoidRow]:
        return [VoidRow(*row) for row in self._connection.execute(select(void_event))]

    def next_serial(self, code: str, date: str, least: int = 1) -> int:
        """The next serial of an implementation code on a day. The caller holds the zone's lock."""
        where = (case_serial.c.code == code, case_serial.c.date == date)
        last = self._connection.execute(select(case_serial.c.serial).where(*where)).scalar()
        if last is None:
            insert_rows(self._connection, case_serial, [(code, date, least)])
            return least
        serial = max(int(last) + 1, least)
        self._connection.execute(update(case_serial).where(*where).values(serial=serial))
        return serial
