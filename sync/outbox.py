"""The outbox: which part of the device's log the hub has not got, as a pure value.

Twin of pwa/src/sync/outbox.ts. acked ≤ sent ≤ last. A log's events are never dropped because they
were acknowledged: when the hub comes back from an older backup its end of the log is lower, and
all behind it is simply to be sent again. Sending again changes nothing at the hub.
"""

from collections.abc import Callable, Sequence

import msgspec
from msgspec import Struct

from sync import chain
from sync.errors import Verdict
from sync.limits import PAGE_BYTES_MAX, PUSH_EVENTS_MAX
from sync.messages import Ack, Run, sign_parts

# Pushes that may be under way at once; more would only wait in the socket.
PUSHES_IN_FLIGHT_MAX = 8

Verify = Callable[[bytes, bytes], bool]
"""verify(statement, signature): whether the hub signed it."""


class Outbox(Struct, frozen=True):
    """The state of one connection's sending.

    last: the newest event of the log · sent: the newest under way on this connection · acked: all
    up to here is durable at the hub and its verdicts were heard · in_flight: the last seq of every
    push under way, oldest first.
    """

    last: int
    sent: int
    acked: int
    in_flight: tuple[int, ...] = ()


class Accepted(Struct, frozen=True, tag="accepted"):
    """The event is in the ledger."""

    position: int
    hub_ms: int


class Refused(Struct, frozen=True, tag="refused"):
    """The event is in the ledger without effect; `code` is a Verdict. What it says stays here."""

    position: int
    hub_ms: int
    code: str


class Parked(Struct, frozen=True, tag="parked"):
    """The hub holds the event durably and waits for a cause; `code` is errors.Parked."""

    code: str


class Queued(Struct, frozen=True, tag="queued"):
    """Saved on this device only."""


class InFlight(Struct, frozen=True, tag="in-flight"):
    """Sent, not confirmed."""


Settled = Accepted | Refused | Parked
RowState = Queued | InFlight | Settled


def resume(last: int, hub_seq: int) -> Outbox:
    """A connection begins: the hub says how much of the log it has."""
    held = min(hub_seq, last)
    return Outbox(last, held, held)


def appended(outbox: Outbox, last: int) -> Outbox:
    """The log has grown."""
    return msgspec.structs.replace(outbox, last=max(outbox.last, last))


def next_to_push(outbox: Outbox) -> int | None:
    """The seq from which to push now; None when all is under way, or enough is."""
    full = len(outbox.in_flight) >= PUSHES_IN_FLIGHT_MAX
    return None if full or outbox.sent >= outbox.last else outbox.sent + 1


def pushed(outbox: Outbox, seq: int) -> Outbox:
    """A push up to `seq` went out."""
    assert outbox.sent < seq <= outbox.last
    return Outbox(outbox.last, seq, outbox.acked, (*outbox.in_flight, seq))


def acknowledged(outbox: Outbox, seq: int) -> Outbox:
    """The hub has confirmed all up to `seq`; an older or repeated ack changes nothing."""
    acked = max(outbox.acked, min(seq, outbox.last))
    in_flight = tuple(end for end in outbox.in_flight if end > seq)
    return Outbox(outbox.last, max(outbox.sent, acked), acked, in_flight)


def settled_end(acked: int, ack: Ack) -> int:
    """How far the log is settled, without a hole, when this ack is taken.

    `ack.seq` says what is durable, which may be more: after a lost ack the hub holds events whose
    verdicts this device has not heard. Those are pushed again, and answered.
    """
    end = acked
    for run in sorted(ack.runs, key=lambda run: run.first_seq):
        if run.first_seq <= end + 1:
            end = max(end, run.first_seq + run.count - 1)
    return max(acked, min(end, ack.seq))


def state_of(outbox: Outbox, seq: int, settled: Settled | None) -> RowState:
    """What a list shows of an event; `settled` is what the hub has said of it, kept durably."""
    if seq <= outbox.acked and settled is not None:
        return settled
    return InFlight() if outbox.acked < seq <= outbox.sent else Queued()


def push_length(sizes: Sequence[int]) -> int:
    """How many events of these sizes in bytes make the next push; at least one if there is one."""
    total = 0
    for count, size in enumerate(sizes[:PUSH_EVENTS_MAX]):
        total += size
        if total > PAGE_BYTES_MAX and count:
            return count
    return min(len(sizes), PUSH_EVENTS_MAX)


def settle(run: Run) -> list[tuple[int, Settled]]:
    """What a run of verdicts says of each of its events, by seq."""
    settled: list[tuple[int, Settled]] = []
    for i in range(run.count):
        seq, position = run.first_seq + i, run.position + i
        if run.position == 0:
            settled.append((seq, Parked(run.code)))
        elif run.code == Verdict.OK:
            settled.append((seq, Accepted(position, run.hub_ms)))
        else:
            settled.append((seq, Refused(position, run.hub_ms, run.code)))
    return settled


def trusts_ack(ack: Ack, zone: bytes, device: int, link: bytes | None, verify: Verify) -> bool:
    """Whether the hub itself says that it holds this log up to `ack.seq`.

    `link` is the own log's link there (None: the log is shorter). Nothing else turns a tick.
    """
    if ack.device != device or link is None or ack.link != link:
        return False
    return is_hubs(ack, zone, verify)


def is_hubs(ack: Ack, zone: bytes, verify: Verify) -> bool:
    """Whether the hub signed all that an ack says, whosever log it is of."""
    runs = sign_parts(ack.runs)
    said = chain.ack_statement(zone, ack.epoch, ack.device, ack.seq, ack.link, runs)
    return verify(said, ack.signature)
