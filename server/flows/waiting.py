"""Parked events: who waits for what, in memory for one transaction and durable when it ends."""

from collections.abc import Iterable
from dataclasses import dataclass

from server.flows.facts import Arrival, arrive
from server.store.ledger import ParkedRow
from server.store.store import Transaction
from sync.errors import Parked
from sync.ledger import Known

Key = tuple[int, int]
"""(device, seq) of an event."""


@dataclass(slots=True)
class Waiter:
    """An event without a position, why, and since when."""

    arrival: Arrival
    reason: Parked
    received_ms: int

    @property
    def age(self) -> tuple[int, int, int]:
        """Oldest first."""
        return self.received_ms, self.arrival.device, self.arrival.seq


class Waiting:
    """The parked events that this transaction has to do with."""

    def __init__(self, tx: Transaction) -> None:
        self._tx = tx
        self._any_stored = tx.parking.any()
        self._streams_loaded: set[bytes] = set()
        self._waiters: dict[Key, Waiter] = {}
        self._by_stream: dict[bytes, set[Key]] = {}
        self._by_cause: dict[Key, set[Key]] = {}
        self._stored: set[Key] = set()
        self._changed: set[Key] = set()
        self._gone: set[Key] = set()

    def load(self, arrivals: Iterable[Arrival]) -> None:
        """Fetch what waits in the streams of these events, or for them."""
        if not self._any_stored:
            return
        streams: set[bytes] = set()
        seqs_by_device: dict[int, list[int]] = {}
        for arrival in arrivals:
            streams.add(arrival.stream)
            seqs_by_device.setdefault(arrival.device, []).append(arrival.seq)
        rows = self._tx.parking.in_streams(streams - self._streams_loaded)
        self._streams_loaded |= streams
        for device, seqs in seqs_by_device.items():
            rows += self._tx.parking.waiting_for(device, seqs)
        for row in rows:
            key = (row.device, row.seq)
            if key not in self._stored:
                self._stored.add(key)
                arrival = arrive(row.device, row.seq, row.event, row.link)
                self._insert(Waiter(arrival, Parked(row.reason), row.received_ms))

    @property
    def is_empty(self) -> bool:
        """Whether nothing waits that this transaction could release: the usual case."""
        return not self._waiters and not self._any_stored

    def has(self, device: int, stream: bytes, before_seq: int) -> bool:
        """Whether an earlier event of the device in the stream is parked."""
        keys = self._by_stream.get(stream)
        return bool(keys) and any(d == device and seq < before_seq for d, seq in keys or ())

    def park(self, waiter: Waiter) -> None:
        """Keep an event until its reason is gone."""
        self._insert(waiter)
        self._changed.add((waiter.arrival.device, waiter.arrival.seq))

    def held_by(self, arrival: Arrival) -> list[Waiter]:
        """Those that may have waited for this event, oldest first."""
        keys = self._by_stream.get(arrival.stream, set()) | self._by_cause.get(
            (arrival.device, arrival.seq), set()
        )
        return sorted((self._waiters[key] for key in keys), key=lambda waiter: waiter.age)

    def renew(self, waiter: Waiter, reason: Parked) -> None:
        """It still waits, for another reason."""
        if waiter.reason is not reason:
            waiter.reason = reason
            self._changed.add((waiter.arrival.device, waiter.arrival.seq))

    def release(self, waiter: Waiter) -> None:
        """It waits no longer."""
        key = (waiter.arrival.device, waiter.arrival.seq)
        del self._waiters[key]
        self._by_stream[waiter.arrival.stream].discard(key)
        for cause in _causes(waiter.arrival):
            self._by_cause[cause].discard(key)
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

    def _insert(self, waiter: Waiter) -> None:
        key = (waiter.arrival.device, waiter.arrival.seq)
        self._waiters[key] = waiter
        self._by_stream.setdefault(waiter.arrival.stream, set()).add(key)
        for cause in _causes(waiter.arrival):
            self._by_cause.setdefault(cause, set()).add(key)


def _causes(arrival: Arrival) -> set[Key]:
    assert isinstance(arrival.known, Known), "only an event that can be judged waits"
    return set(arrival.known.head.seen)


def _row(waiter: Waiter) -> ParkedRow:
    a = waiter.arrival
    return ParkedRow(
        a.device, a.seq, a.stream, a.type, waiter.reason, waiter.received_ms, a.event, a.link
    )
