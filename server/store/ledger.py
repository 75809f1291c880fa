"""The ledger and what waits beside it: events with a position, events parked, the signatures over device logs."""

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from sqlalchemy import Connection, delete, func, insert, outerjoin, select, text

from server.store.bulk import insert_rows, select_by, select_in
from server.store.tables import REFUSED, ledger, parked, parked_cause, push_signature
from server.store.tables import device as devices_table

# What was refused is found by its own index, not through all that these devices wrote.
_UNINDEXED_DEVICE = ledger.c.device + 0
_OLDEST_FIRST = select(parked).order_by(parked.c.received_ms, parked.c.device, parked.c.seq)


class LedgerRow(NamedTuple):
    """One event in the ledger; `chain` is the ledger's hash after it, `link` its device's log."""

    position: int
    device: int
    seq: int
    stream: bytes
    type: str
    hub_ms: int
    verdict: str
    event: bytes
    link: bytes
    chain: bytes


class ParkedRow(NamedTuple):
    """One event that waits without a position."""

    device: int
    seq: int
    stream: bytes
    type: str
    reason: str
    received_ms: int
    event: bytes
    link: bytes


class Outline(NamedTuple):
    """Which event of a stream it is, and what became of it."""

    position: int
    stream: bytes
    type: str
    verdict: str
    device: int
    seq: int


class Told(NamedTuple):
    """What became of a device's event; position 0: parked, and `code` says why."""

    seq: int
    position: int
    hub_ms: int
    code: str


class Awaited(NamedTuple):
    """An event (cause_device, cause_seq) that the parked event (device, seq) waits for."""

    cause_device: int
    cause_seq: int
    device: int
    seq: int


class Ledger:
    """The one order of all events."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def append(self, rows: Sequence[LedgerRow]) -> None:
        insert_rows(self._connection, ledger, rows)

    def outlines(self, streams: Iterable[bytes]) -> list[Outline]:
        """Every event of these streams, by position."""
        rows = select_by(self._connection, ledger, Outline._fields, "stream", streams)
        return sorted(Outline(*row) for row in rows)

    def present_events(self, events: Iterable[tuple[int, int]]) -> set[tuple[int, int]]:
        """Which of these (device, seq) are in the ledger."""
        by_device: dict[int, set[int]] = {}
        for device, seq in events:
            by_device.setdefault(device, set()).add(seq)
        found: set[tuple[int, int]] = set()
        for device, seqs in by_device.items():
            query = select(ledger.c.seq).where(ledger.c.device == device)
            for row in select_in(self._connection, query, ledger.c.seq, seqs):
                found.add((device, row[0]))
        return found

    def by_streams(self, streams: Iterable[bytes], verdict: str) -> list[LedgerRow]:
        """The events of these streams with this verdict, by position."""
        query = select(ledger).where(ledger.c.verdict == verdict)
        rows = select_in(self._connection, query, ledger.c.stream, streams)
        return sorted(LedgerRow(*row) for row in rows)

    def link_at(self, device: int, seq: int) -> bytes | None:
        """The link of a device's log after `seq`, in the ledger or parked."""
        for table in (ledger, parked):
            query = select(table.c.link).where(table.c.device == device, table.c.seq == seq)
            link: bytes | None = self._connection.execute(query).scalar()
            if link is not None:
                return link
        return None

    def told(self, device: int, seqs: Sequence[int]) -> list[Told]:
        """What became of these events of a device, by seq; those unknown are left out."""
        columns = (ledger.c.seq, ledger.c.position, ledger.c.hub_ms, ledger.c.verdict)
        query = select(*columns).where(ledger.c.device == device)
        found = [Told(*row) for row in select_in(self._connection, query, ledger.c.seq, seqs)]
        waiting = select(parked.c.seq, parked.c.reason).where(parked.c.device == device)
        found += [
            Told(seq, 0, 0, reason)
            for seq, reason in select_in(self._connection, waiting, parked.c.seq, seqs)
        ]
        return sorted(found)

    def told_between(
        self, devices: Iterable[int], before: int, after: int
    ) -> dict[int, list[Told]]:
        """What these devices' events at positions past `before` up to `after` became, by seq."""
        columns = (ledger.c.device, ledger.c.seq, ledger.c.position, ledger.c.hub_ms)
        query = select(*columns, ledger.c.verdict).where(
            ledger.c.position > before, ledger.c.position <= after
        )
        found: dict[int, list[Told]] = {}
        for device, *told in sorted(select_in(self._connection, query, ledger.c.device, devices)):
            found.setdefault(device, []).append(Told(*told))
        return found

    def count_before(self, position: int) -> int:
        """How many entries have a position up to `position`."""
        query = select(func.count()).select_from(ledger).where(ledger.c.position <= position)
        return int(self._connection.execute(query).scalar_one())

    def first_after(self, position: int, but_type: str) -> LedgerRow | None:
        """The first entry past a position that is not of this type."""
        query = select(ledger).where(ledger.c.position > position, ledger.c.type != but_type)
        row = self._connection.execute(query.order_by(ledger.c.position).limit(1)).first()
        return None if row is None else LedgerRow(*row)

    def walk(self, after: int, limit: int) -> list[LedgerRow]:
        """Entries in position order."""
        query = (
            select(ledger).where(ledger.c.position > after).order_by(ledger.c.position).limit(limit)
        )
        return [LedgerRow(*row) for row in self._connection.execute(query)]

    def walk_all(self, batch: int = 2_000) -> Iterator[LedgerRow]:
        """Every entry in position order, read in batches."""
        after = 0
        while rows := self.walk(after, batch):
            yield from rows
            after = rows[-1].position

    def at(self, positions: Iterable[int]) -> list[LedgerRow]:
        """The entries at these positions, in order."""
        rows = select_in(self._connection, select(ledger), ledger.c.position, positions)
        return sorted(LedgerRow(*row) for row in rows)

    def refused(self, limit: int, devices: Iterable[int] | None = None) -> list[LedgerRow]:
        """The newest refused events; `devices`: only of these."""
        query = select(ledger).where(text(REFUSED))
        if devices is not None:
            query = query.where(_UNINDEXED_DEVICE.in_(list(devices)))
        query = query.order_by(ledger.c.position.desc()).limit(limit)
        return [LedgerRow(*row) for row in self._connection.execute(query)]

    def refused_counts(self) -> dict[int, int]:
        """How many refused events by device."""
        device = _UNINDEXED_DEVICE.label("author")
        query = select(device, func.count()).where(text(REFUSED)).group_by(device)
        return {row[0]: row[1] for row in self._connection.execute(query)}

    def log(self, device: int, after: int, limit: int) -> list[tuple[int, bytes, bytes]]:
        """(seq, event, link) of a device's log after `after`, in the ledger or parked, by seq."""
        found: list[tuple[int, bytes, bytes]] = []
        for table in (ledger, parked):
            query = (
                select(table.c.seq, table.c.event, table.c.link)
                .where(table.c.device == device, table.c.seq > after)
                .order_by(table.c.seq)
                .limit(limit)
            )
            found += [(row[0], row[1], row[2]) for row in self._connection.execute(query)]
        return sorted(found)[:limit]

    def whole_log(self, device: int, batch: int = 2_000) -> Iterator[tuple[int, bytes, bytes]]:
        """(seq, event, link) of a device's whole log, read in batches."""
        after = 0
        while rows := self.log(device, after, batch):
            yield from rows
            after = rows[-1][0]


class Parking:
    """Events that wait."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def any(self) -> bool:
        """Whether anything waits at all."""
        return self._connection.execute(select(parked.c.seq).limit(1)).first() is not None

    def all(self) -> list[ParkedRow]:
        """Every parked event, oldest first."""
        return [ParkedRow(*row) for row in self._connection.execute(_OLDEST_FIRST)]

    def oldest(self, limit: int, devices: Iterable[int] | None = None) -> list[ParkedRow]:
        """Those that wait for longest; `devices`: only of these."""
        query = _OLDEST_FIRST.limit(limit)
        if devices is not None:
            query = query.where(parked.c.device.in_(list(devices)))
        return [ParkedRow(*row) for row in self._connection.execute(query)]

    def counts(self) -> dict[int, int]:
        """How many wait by device."""
        query = select(parked.c.device, func.count()).group_by(parked.c.device)
        return {row[0]: row[1] for row in self._connection.execute(query)}

    def all_causes(self) -> list[tuple[int, int, int, int]]:
        """(cause device, cause seq, device, seq) of all that wait for an event."""
        return [
            (row[0], row[1], row[2], row[3])
            for row in self._connection.execute(select(parked_cause))
        ]

    def awaited(self, limit: int, devices: Iterable[int] | None = None) -> list[Awaited]:
        """What is waited for and not here: past its log's end; `devices`: by what these wrote."""
        number, end = devices_table.c.number, devices_table.c.seq
        known = outerjoin(parked_cause, devices_table, number == parked_cause.c.cause_device)
        missing = number.is_(None) | (parked_cause.c.cause_seq > end)
        query = select(parked_cause).select_from(known).where(missing)
        if devices is not None:
            query = query.where(parked_cause.c.device.in_(list(devices)))
        query = query.order_by(*parked_cause.primary_key.columns).limit(limit)
        return [Awaited(*row) for row in self._connection.execute(query)]

    def in_streams(self, streams: Iterable[bytes]) -> list[ParkedRow]:
        """Those that wait in these streams."""
        rows = select_in(self._connection, select(parked), parked.c.stream, streams)
        return [ParkedRow(*row) for row in rows]

    def in_lines(self, device: int, streams: Iterable[bytes]) -> list[ParkedRow]:
        """Those of a device that wait in these streams."""
        query = select(parked).where(parked.c.device == device)
        rows = select_in(self._connection, query, parked.c.stream, streams)
        return [ParkedRow(*row) for row in rows]

    def starts_of_lines(self, device: int, streams: Iterable[bytes]) -> dict[bytes, int]:
        """The first seq of a device that waits in each of these streams, where one does."""
        query = select(parked.c.stream, parked.c.seq).where(parked.c.device == device)
        starts: dict[bytes, int] = {}
        for stream, seq in select_in(self._connection, query, parked.c.stream, streams):
            starts[stream] = min(seq, starts.get(stream, seq))
        return starts

    def waiting_for(self, device: int, seqs: Iterable[int] | None = None) -> list[ParkedRow]:
        """Those whose `seen` names one of these events of a device, or any of it, each once."""
        causes = select(parked_cause.c.device, parked_cause.c.seq).where(
            parked_cause.c.cause_device == device
        )
        seqs_by_device: dict[int, set[int]] = {}
        rows: Iterable[Sequence[int]] = (
            self._connection.execute(causes)
            if seqs is None
            else select_in(self._connection, causes, parked_cause.c.cause_seq, seqs)
        )
        for author, seq in rows:
            seqs_by_device.setdefault(author, set()).add(seq)
        found: list[ParkedRow] = []
        for author, waiting in sorted(seqs_by_device.items()):
            query = select(parked).where(parked.c.device == author)
            rows = select_in(self._connection, query, parked.c.seq, sorted(waiting))
            found += [ParkedRow(*row) for row in rows]
        return found

    def add(self, rows: Sequence[ParkedRow], causes: Sequence[tuple[int, int, int, int]]) -> None:
        """Keep events; causes: (cause device, cause seq, device, seq)."""
        insert_rows(self._connection, parked, rows)
        insert_rows(self._connection, parked_cause, causes)

    def remove(self, events: Iterable[tuple[int, int]]) -> None:
        """These wait no longer."""
        for device, seq in events:
            for table in (parked, parked_cause):
                self._connection.execute(
                    delete(table).where(table.c.device == device, table.c.seq == seq)
                )


class Signatures:
    """The signature that came with each push: what ties a device's log to its key."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, device: int, seq: int, link: bytes, signature: bytes) -> None:
        self._connection.execute(
            insert(push_signature).values(device=device, seq=seq, link=link, signature=signature)
        )

    def of(self, device: int) -> list[tuple[int, bytes, bytes]]:
        """(seq, link, signature) of a device, by seq."""
        query = (
            select(push_signature.c.seq, push_signature.c.link, push_signature.c.signature)
            .where(push_signature.c.device == device)
            .order_by(push_signature.c.seq)
        )
        return [(row[0], row[1], row[2]) for row in self._connection.execute(query)]
