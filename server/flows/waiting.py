"""Parked events: who waits for what, in memory for one transaction and durable when it ends.

What an event that enters can set free is found by what it is waited for, never by looking through all
that wait: a device may park as many events as it likes, and must not slow down the others by it.
"""

from bisect import bisect_right, insort
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from server.flows.facts import Arrival
from server.store.ledger import ParkedRow
from server.store.store import Transaction
from sync.errors import Parked
from sync.event import OPENING_TYPES
from sync.ledger import Known

Key = tuple[int, int]
"""(device, seq) of an event."""
Line = tuple[int, bytes]
"""(device, stream): what one device wrote in one stream."""


@dataclass(slots=True)
class Waiter:
    """An event without a position, why, since when, and which of its causes are still missing."""

    arrival: Arrival
    reason: Parked
    received_ms: int
    missing: set[Key]

    @property
    def age(self) -> tuple[int, int, int]:
        """Oldest first."""
        return self.received_ms, self.arrival.device, self.arrival.seq


class Waiting:
    """The parked events that this transaction has to do with."""

    def __init__(self, tx: Transaction, is_settled: Callable[[int, int], bool]) -> None:
        """`is_settled`: whether nobody need wait for this event any more."""
        self._tx = tx
        self._is_settled = is_settled
        self._any_stored = tx.parking.any()
        self._waiters: dict[Key, Waiter] = {}
        self._by_stream: dict[bytes, set[Key]] = {}
        self._by_cause: dict[Key, set[Key]] = {}
        self._lines: dict[Line, list[int]] = {}
        """The parked seqs of a device in a stream, in order: each waits behind the one before."""
        self._starts: dict[Line, int] = {}
        """Where a line begins of which not all may be here: of those stored."""
        self._whole: set[Line] = set()
        self._stored: set[Key] = set()
        self._changed: set[Key] = set()
        self._gone: set[Key] = set()

    def fetch(
        self, arrivals: Iterable[Arrival], absent: Callable[[bytes], bool]
    ) -> list[ParkedRow]:
        """The stored ones, not fetched before, that these events can set free.

        Those are the ones that wait for them, and those in streams that they may open. `absent`:
        whether a stream has no `ok` event yet. Of all these, and of the events themselves, it is
        known from now on whether something waits before them.
        """
        if not self._any_stored:
            return []
        streams: set[bytes] = set()
        seqs_by_device: dict[int, list[int]] = {}
        lines: set[Line] = set()
        for arrival in arrivals:
            if arrival.type in OPENING_TYPES and absent(arrival.stream):
                streams.add(arrival.stream)
            seqs_by_device.setdefault(arrival.device, []).append(arrival.seq)
            lines.add((arrival.device, arrival.stream))
        parking = self._tx.parking
        rows = parking.in_streams(streams)
        for device, seqs in seqs_by_device.items():
            rows += parking.waiting_for(device, seqs)
        self._find_starts(lines | {(row.device, row.stream) for row in rows})
        return self._new(rows)

    def fetch_line(self, arrival: Arrival) -> list[ParkedRow]:
        """The stored ones, not fetched before, that wait behind this one, which waits no longer."""
        line = (arrival.device, arrival.stream)
        self._whole.add(line)
        self._starts.pop(line, None)
        return self._new(self._tx.parking.in_lines(arrival.device, {arrival.stream}))

    def fetch_behind(self, device: int) -> list[ParkedRow]:
        """The stored ones, not fetched before, that wait for any event of this device."""
        rows = self._tx.parking.waiting_for(device)
        self._find_starts({(row.device, row.stream) for row in rows})
        return self._new(rows)

    def given_up(self, device: int) -> list[Waiter]:
        """Those here that wait for events of this device, of which nothing is to be expected any more."""
        for cause in [cause for cause in self._by_cause if cause[0] == device]:
            for key in self._by_cause.pop(cause):
                self._waiters[key].missing.discard(cause)
        return [
            waiter
            for waiter in self._waiters.values()
            if any(author == device for author, _ in _causes(waiter.arrival))
        ]

    def _new(self, rows: Iterable[ParkedRow]) -> list[ParkedRow]:
        by_key = {(row.device, row.seq): row for row in rows}
        return [row for key, row in by_key.items() if key not in self._stored]

    def _find_starts(self, lines: set[Line]) -> None:
        streams_by_device: dict[int, set[bytes]] = {}
        for device, stream in lines - self._whole - self._starts.keys():
            streams_by_device.setdefault(device, set()).add(stream)
        for device, streams in streams_by_device.items():
            for stream, seq in self._tx.parking.starts_of_lines(device, streams).items():
                self._starts[device, stream] = seq

    def add(self, row: ParkedRow, arrival: Arrival) -> None:
        """Take in a stored one; whether its causes are in the ledger can be asked by now."""
        self._stored.add((row.device, row.seq))
        self._insert(Waiter(arrival, Parked(row.reason), row.received_ms, set()))

    @property
    def is_empty(self) -> bool:
        """Whether nothing waits that this transaction could release: the usual case."""
        return not self._waiters

    def has(self, device: int, stream: bytes, before_seq: int) -> bool:
        """Whether an earlier event of the device in the stream is parked."""
        line = self._lines.get((device, stream))
        if line and line[0] < before_seq:
            return True
        start = self._starts.get((device, stream))
        return start is not None and start < before_seq

    def park(self, arrival: Arrival, reason: Parked, received_ms: int) -> None:
        """Keep an event until its reason is gone."""
        self._insert(Waiter(arrival, reason, received_ms, set()))
        self._changed.add((arrival.device, arrival.seq))

    def freed_by(self, entered: Arrival, *, opened: bool) -> list[Waiter]:
        """Those that may wait no longer now that this event is in; `opened`: it may have opened its stream."""
        cause = entered.device, entered.seq
        keys = {k for k in self._by_cause.pop(cause, ()) if self._found(k, cause)}
        if opened:
            keys |= self._by_stream.get(entered.stream, set())
        line = self._lines.get((entered.device, entered.stream), [])
        at = bisect_right(line, entered.seq)
        if at < len(line):
            keys.add((entered.device, line[at]))
        return [self._waiters[key] for key in keys]

    def waits(self, waiter: Waiter) -> bool:
        """Whether it has not been released yet."""
        return (waiter.arrival.device, waiter.arrival.seq) in self._waiters

    def renew(self, waiter: Waiter, reason: Parked) -> None:
        """It still waits, for another reason."""
        if waiter.reason is not reason:
            waiter.reason = reason
            self._changed.add((waiter.arrival.device, waiter.arrival.seq))

    def release(self, waiter: Waiter) -> None:
        """It waits no longer."""
        arrival = waiter.arrival
        key = (arrival.device, arrival.seq)
        del self._waiters[key]
        self._by_stream[arrival.stream].discard(key)
        self._lines[arrival.device, arrival.stream].remove(arrival.seq)
        self._changed.discard(key)
        if key in self._stored:
            self._gone.add(key)

    def flush(self) -> None:
        """Write what changed."""
        self._tx.parking.remove(self._gone | (self._changed & self._stored))
        waiters = [self._waiters[key] for key in sorted(self._changed)]
        self._tx.parking.add(
            [_row(waiter) for waiter in waiters],
            [
                (*cause, waiter.arrival.device, waiter.arrival.seq)
                for waiter in waiters
                for cause in _causes(waiter.arrival)
            ],
        )

    def _found(self, key: Key, cause: Key) -> bool:
        """Notes that a cause is there; whether it was the last."""
        missing = self._waiters[key].missing
        missing.discard(cause)
        return not missing

    def _insert(self, waiter: Waiter) -> None:
        arrival = waiter.arrival
        key = (arrival.device, arrival.seq)
        self._waiters[key] = waiter
        self._by_stream.setdefault(arrival.stream, set()).add(key)
        insort(self._lines.setdefault((arrival.device, arrival.stream), []), arrival.seq)
        waiter.missing = {c for c in _causes(arrival) if not self._is_settled(*c)}
        for cause in waiter.missing:
            self._by_cause.setdefault(cause, set()).add(key)


def _causes(arrival: Arrival) -> set[Key]:
    assert isinstance(arrival.known, Known), "only an event that can be judged waits"
    return set(arrival.known.head.seen)


def _row(waiter: Waiter) -> ParkedRow:
    a = waiter.arrival
    return ParkedRow(
        a.device, a.seq, a.stream, a.type, waiter.reason, waiter.received_ms, a.event, a.link
    )
