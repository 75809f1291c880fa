"""The journal: what devices of the point pushed, durably, and what the hub said of it.

Refusals of a push: device-unknown (also: revoked), push-oversized, signature-invalid, chain-fork. A relay
holds logs from wherever they begin here: the device pushes from its own end at the hub, and its signature over
the newest link vouches for all from `base_link` on. It judges nothing else. A device whose share of the journal is
full (push-oversized) keeps its work, tries again after a pause, and has room once the hub has answered.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from server.keys import verify
from server.relay.node import Relay
from server.store.relay import ACK, FORK, PUSH, JournalRow, SettledPlace
from server.store.store import Transaction
from sync import chain
from sync.codec import encode_frame
from sync.errors import Fault, Verdict
from sync.limits import (
    FRAME_BYTES_MAX,
    FRAME_INFLATED_BYTES_MAX,
    GRANT_MS,
    PAGE_BYTES_MAX,
    PUSH_EVENTS_MAX,
)
from sync.messages import (
    Ack,
    Heard,
    Push,
    Stored,
    decode_client_message,
    decode_hub_message,
    encode_message,
)

HEARD_PLACES_MAX = 200
# How long the hub's word is kept for a device that does not come by: as long as a grant is good.
KEEP_MS = GRANT_MS
FULL = "this device's share of the journal is full"
# Of one device: some five thousand full forms, so that a hostile one does not fill the disk.
JOURNAL_BYTES_MAX = 67_108_864
# More than a `heard` takes around a push, compressed or not.
HEARD_OVERHEAD_BYTES = 1_024


@dataclass(frozen=True, slots=True)
class Kept:
    """A push is durable: the answer, the hub's earlier word on it, and whether anything was new."""

    stored: Stored
    acks: list[Ack]
    new: bool


@dataclass(frozen=True, slots=True)
class Refused:
    """A push was turned away; `seq` is the end of that log here."""

    fault: Fault
    seq: int
    detail: str = ""
    passed_on: bool = False


def decode_push(row: JournalRow) -> Push:
    """The push at a place of the journal."""
    message = decode_client_message(row.message)
    assert isinstance(message, Push)
    return message


def decode_ack(row: JournalRow) -> Ack:
    """The ack at a place of the journal."""
    message = decode_hub_message(row.message)
    assert isinstance(message, Ack)
    return message


def end_of(tx: Transaction, device: int) -> tuple[int, bytes]:
    """The end of a device's log as far as it is here; 0 and zeros: nothing."""
    row = tx.relay.end_of(device)
    return (0, bytes(32)) if row is None else (row.last_seq, row.link)


def take_push(relay: Relay, push: Push) -> Kept | Refused:
    """Take a push; when this returns `Kept`, its events are durable here."""
    if len(push.events) > PUSH_EVENTS_MAX:
        return Refused(Fault.PUSH_OVERSIZED, 0, f"{len(push.events)} events")
    known = relay.zone_view.find_device(push.device)
    if known is None or known.revoked:
        return Refused(Fault.DEVICE_UNKNOWN, 0, f"device {push.device}")
    links = chain.fold_links(push.base_link, push.events)
    link = links[-1] if links else push.base_link
    last_seq = push.first_seq + len(push.events) - 1
    zone = relay.identity.zone
    statement = chain.push_statement(zone, push.device, last_seq, link)
    if push.first_seq < 1 or not verify(known.enrolment.public_key, push.signature, statement):
        return Refused(Fault.SIGNATURE_INVALID, 0)
    starts_right = push.first_seq > 1 or push.base_link == chain.log_start(
        known.enrolment.public_key
    )
    if not _can_go_on(push):
        return Refused(Fault.PUSH_OVERSIZED, 0, "more than a frame of the relay's own holds")
    now_ms = relay.now_ms()
    with relay.store.write() as tx:
        end, _ = end_of(tx, push.device)
        held = _held_links(tx, push.device, push.first_seq - 1, last_seq)
        ours = {push.first_seq - 1 + i: at for i, at in enumerate([push.base_link, *links])}
        if not starts_right or any(ours[seq] != at for seq, at in held.items()):
            fork = _row(push, FORK, last_seq, link, now_ms)
            # The hub keeps the branch and marks the device: it is passed on, once.
            if all(row.link != link for row in tx.relay.of_log(FORK, push.device, 0, last_seq)):
                if not _has_room(tx, fork):
                    return Refused(Fault.PUSH_OVERSIZED, end, FULL)
                tx.relay.add(fork)
            return Refused(Fault.CHAIN_FORK, end, "passed on", passed_on=True)
        new = _new_part(push, links, _held_events(tx, push.device, push.first_seq, last_seq))
        if new is not None:
            row = _row(new, PUSH, last_seq, link, now_ms)
            if not _has_room(tx, row):
                return Refused(Fault.PUSH_OVERSIZED, end, FULL)
            tx.relay.add(row)
        acks = [
            decode_ack(row)
            for row in tx.relay.of_log(ACK, push.device, push.first_seq, max(last_seq, end))
        ]
    said = chain.at_point_statement(zone, relay.identity.device, push.device, last_seq, link)
    stored = Stored(push.device, last_seq, link, relay.key.sign(said))
    return Kept(stored, acks, new is not None)


def _can_go_on(push: Push) -> bool:
    """Whether it fits into a frame as the relay makes them, to the hub and, wrapped, to neighbours.

    One that came in a frame of its sender's making need not; passed on, it would end the line each time.
    """
    if sum(map(len, push.events)) <= FRAME_BYTES_MAX // 2:
        return True
    wrapped = encode_message(Heard(bytes(16), 0, 0, [encode_message(push)]))
    if len(wrapped) + HEARD_OVERHEAD_BYTES > FRAME_INFLATED_BYTES_MAX:
        return False
    return len(encode_frame(wrapped)) + HEARD_OVERHEAD_BYTES <= FRAME_BYTES_MAX


def _has_room(tx: Transaction, row: JournalRow) -> bool:
    """Whether the device's share of the journal takes this row too."""
    return tx.relay.bytes_of(row.device) + len(row.message) <= JOURNAL_BYTES_MAX


def _held_links(tx: Transaction, device: int, first_seq: int, last_seq: int) -> dict[int, bytes]:
    """The links that are known here between two places of a log."""
    held: dict[int, bytes] = {}
    for row in tx.relay.of_log(PUSH, device, first_seq, last_seq + 1):
        push = decode_push(row)
        links = [push.base_link, *chain.fold_links(push.base_link, push.events)]
        held.update(
            (seq, at)
            for seq, at in enumerate(links, start=push.first_seq - 1)
            if first_seq <= seq <= last_seq
        )
    return held


def _held_events(tx: Transaction, device: int, first_seq: int, last_seq: int) -> set[int]:
    """Which of these events are here; the link before a push is known, the event there is not."""
    return {
        seq
        for row in tx.relay.of_log(PUSH, device, first_seq, last_seq)
        for seq in range(max(row.first_seq, first_seq), min(row.last_seq, last_seq) + 1)
    }


def _new_part(push: Push, links: list[bytes], held: set[int]) -> Push | None:
    """What of a push is not here yet, under the same signature; all of it when a hole is filled."""
    missing = [i for i in range(len(links)) if push.first_seq + i not in held]
    if not missing:
        return None
    first = missing[0]
    if first == 0 or len(missing) != len(links) - first:
        return push
    return Push(
        push.device, push.first_seq + first, links[first - 1], push.events[first:], push.signature
    )


def _row(push: Push, kind: str, last_seq: int, link: bytes, now_ms: int) -> JournalRow:
    message = encode_message(push)
    return JournalRow(0, kind, push.device, push.first_seq, last_seq, link, message, now_ms)


# --- towards the hub ---------------------------------------------------------------------------


def next_to_forward(relay: Relay, after: int, but: Iterable[int]) -> JournalRow | None:
    """The next push that the hub has not answered."""
    with relay.store.read() as tx:
        return tx.relay.next_unsettled(after, but)


def keep_ack(relay: Relay, n: int, ack: Ack) -> int:
    """Keep the hub's word on the push at place `n`; the device of which more can be offered now, or 0.

    One that was offered twice may be answered, mirrored and dropped before its second answer comes.
    """
    now_ms = relay.now_ms()
    with relay.store.write() as tx:
        row = tx.relay.find(n)
        if row is None:
            return 0
        tx.relay.settle(n, now_ms)
        # What came here before it, and comes after it in the log, was waiting for it.
        freed = row.device if tx.relay.waits_behind(row) else 0
        if row.kind == FORK or not ack.runs:
            return freed
        first_seq = min(run.first_seq for run in ack.runs)
        last_seq = max(run.first_seq + run.count - 1 for run in ack.runs)
        message = encode_message(ack)
        tx.relay.add(
            JournalRow(0, ACK, ack.device, first_seq, last_seq, ack.link, message, now_ms, now_ms)
        )
        return freed


def set_aside(relay: Relay, n: int, code: str, seq: int) -> int:
    """The hub turned the push at place `n` away; the device whose log is offered again from `seq`, or 0."""
    with relay.store.write() as tx:
        row = tx.relay.find(n)
        if row is None:
            return 0
        if code == Fault.CHAIN_FORK:
            # The hub keeps the branch and has marked the device; there is nothing more to pass on.
            tx.relay.settle(n, relay.now_ms())
            return row.device if tx.relay.waits_behind(row) else 0
        if code != Fault.CHAIN_GAP:
            return 0
        held = _held_events(tx, row.device, seq + 1, row.last_seq)
        if any(at not in held for at in range(seq + 1, row.last_seq + 1)):
            return 0
        tx.relay.unsettle(row.device, seq)
        return row.device


def tidy(relay: Relay) -> None:
    """Drop what the hub has answered and the mirror has passed, and what nobody has asked for in KEEP_MS."""
    now_ms = relay.now_ms()
    with relay.store.write() as tx:
        done = [
            row.n
            for row in tx.relay.settled_before(now_ms)
            if row.kind == FORK or row.settled_ms < now_ms - KEEP_MS or _passed(tx, row)
        ]
        tx.relay.drop(done)
        tx.relay.drop_acks_before(now_ms - KEEP_MS)


def _passed(tx: Transaction, row: SettledPlace) -> bool:
    """Whether all of a push that counts is in the mirror: who reads here has it from there."""
    if row.kind != PUSH:
        return False
    accepted: set[int] = set()
    answered: set[int] = set()
    for ack in tx.relay.of_log(ACK, row.device, row.first_seq, row.last_seq):
        for run in decode_ack(ack).runs:
            seqs = range(run.first_seq, run.first_seq + run.count)
            answered.update(seqs if run.position else ())
            accepted.update(seqs if run.code == Verdict.OK else ())
    own = set(range(row.first_seq, row.last_seq + 1))
    return own <= answered and own & accepted <= tx.relay.mirrors(
        row.device, row.first_seq, row.last_seq
    )


# --- towards neighbours ------------------------------------------------------------------------


def read_journal(relay: Relay, journal: bytes, after: int, reader: int) -> Heard:
    """What others of the point pushed, and what the hub said of it, past a place; another journal: from its start."""
    own = relay.identity.journal
    after = after if journal == own else 0
    with relay.store.read() as tx:
        rows = tx.relay.journal(after, HEARD_PLACES_MAX, PAGE_BYTES_MAX)
    items: list[bytes] = []
    n, size = after, 0
    for row in rows:
        size += len(row.message)
        if size > PAGE_BYTES_MAX and items:
            break
        n = row.n
        if row.device != reader and _is_neighbour(relay, row.device):
            items.append(row.message)
    return Heard(own, after, n, items)


def _is_neighbour(relay: Relay, device: int) -> bool:
    """Whether it is of this point; what others push here is passed on, but nobody here may read their points."""
    known = relay.zone_view.find_device(device)
    return known is not None and not known.revoked and known.enrolment.point == relay.identity.point
