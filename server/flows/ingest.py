"""A push: taken whole or not at all, once, whatever happens before and after (docs/protocol.md, 5 and 6).

Refusals of the message: device-unknown, push-oversized, chain-gap, signature-invalid, chain-fork.
Verdicts on its events are no refusals: they are in the acknowledgement.
"""

from collections.abc import Iterable
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field

from server.flows.batch import NOTHING, Batch, Growth
from server.flows.facts import Arrival, arrive
from server.flows.hub import Hub
from server.keys import verify
from server.store.devices import DeviceRow, ForkRow
from server.store.ledger import Told
from server.store.store import Transaction
from sync import chain
from sync.errors import Fault
from sync.ledger import Known
from sync.limits import CLOCK_AHEAD_MS_MAX, PUSH_EVENTS_MAX
from sync.messages import Ack, FaultMessage, Push, Run, encode_message, sign_parts

ABOUT = "push"


@dataclass(frozen=True, slots=True)
class Ingested:
    """What a push led to: the answer, and what others are to be told."""

    answer: Ack | FaultMessage
    warnings: tuple[FaultMessage, ...] = ()
    growth: Growth = NOTHING
    verdicts: dict[int, list[Run]] = field(default_factory=dict)
    """Events parked before, of any device, that have a position now."""


@dataclass(frozen=True, slots=True)
class ReadPush:
    """A push with what can be made of it before it is written: its chain, its events read; or why it is not taken."""

    push: Push
    links: list[bytes]
    arrivals: list[Arrival]
    refused: FaultMessage | None = None


def read_push(hub: Hub, push: Push) -> ReadPush:
    """Hash, check the signature, decode; while one push is written to the disk, the next one can be read.

    Nothing of an event is decoded before the signature was good, and nothing is locked: whoever cannot sign costs
    little and holds up nobody who writes.
    """
    if len(push.events) > PUSH_EVENTS_MAX:
        return _refused(push, Fault.PUSH_OVERSIZED, f"{len(push.events)} events", 0)
    with hub.store.read() as tx:
        device = tx.devices.find(push.device)
    if device is None:
        return _refused(push, Fault.DEVICE_UNKNOWN, f"device {push.device}", 0)
    if push.first_seq < 1:
        return _refused(push, Fault.CHAIN_GAP, f"log ends at {device.seq}", device.seq)
    links = chain.fold_links(push.base_link, push.events)
    # Before the fork: a branch that the device did not sign says nothing about the device.
    statement = chain.push_statement(hub.zone, device.number, *_end(push, links))
    if not verify(device.public_key, push.signature, statement):
        return _refused(push, Fault.SIGNATURE_INVALID, "", device.seq)
    arrivals = [
        arrive(push.device, seq, event, link)
        for seq, (event, link) in enumerate(
            zip(push.events, links, strict=True), start=push.first_seq
        )
    ]
    return ReadPush(push, links, arrivals)


def ingest(hub: Hub, read: ReadPush) -> Ingested:
    """Take a push; when this returns an `Ack`, its events are durable."""
    if read.refused is not None:
        return Ingested(read.refused)
    push, links = read.push, read.links
    last_seq, last_link = _end(push, links)
    with hub.store.write() as tx:
        # The head's lock comes first: two pushes of one device must not both see the same end.
        batch = Batch(hub, tx)
        device = tx.devices.get(push.device)
        if push.first_seq > device.seq + 1:
            return Ingested(_fault(Fault.CHAIN_GAP, f"log ends at {device.seq}", device.seq))
        if not _continues(tx, device, push, links):
            return _keep_fork(tx, batch, device, push, last_link)
        arrivals = read.arrivals[device.seq - push.first_seq + 1 :]
        if not arrivals:
            return Ingested(_ack(hub, tx, device, device.seq, device.link, push, {}))
        batch.take(arrivals)
        tx.devices.move_head(device.number, last_seq, last_link, batch.hlc(device.number))
        tx.signatures.add(device.number, last_seq, last_link, push.signature)
        batch.close()
        return Ingested(
            _ack(hub, tx, device, last_seq, last_link, push, batch.told),
            _warnings(batch.hub_ms, arrivals, last_seq),
            batch.growth,
            verdicts_of(batch, {(device.number, arrival.seq) for arrival in arrivals}),
        )


def runs_of(tolds: Iterable[Told]) -> list[Run]:
    """Tell of events by seq in as few runs as their positions and codes allow."""
    runs: list[Run] = []
    first, count = Told(0, 0, 0, ""), 0
    for told in tolds:
        step = count if first.position else 0
        if count and told == (first.seq + count, first.position + step, first.hub_ms, first.code):
            count += 1
            continue
        if count:
            runs.append(Run(first.seq, count, first.position, first.hub_ms, first.code))
        first, count = told, 1
    if count:
        runs.append(Run(first.seq, count, first.position, first.hub_ms, first.code))
    return runs


def _end(push: Push, links: list[bytes]) -> tuple[int, bytes]:
    """The place in the device's log where the push ends, and the link there."""
    return push.first_seq + len(push.events) - 1, links[-1] if links else push.base_link


def _continues(tx: Transaction, device: DeviceRow, push: Push, links: list[bytes]) -> bool:
    """Whether the push begins on this device's log and agrees with it where both have events."""
    if _link_at(tx, device, push.first_seq - 1) != push.base_link:
        return False
    shared = min(device.seq - push.first_seq + 1, len(links))
    return shared <= 0 or _link_at(tx, device, push.first_seq + shared - 1) == links[shared - 1]


def _link_at(tx: Transaction, device: DeviceRow, seq: int) -> bytes | None:
    if seq == device.seq:
        return device.link
    return chain.log_start(device.public_key) if seq == 0 else tx.ledger.link_at(device.number, seq)


def _keep_fork(
    tx: Transaction, batch: Batch, device: DeviceRow, push: Push, last_link: bytes
) -> Ingested:
    tx.devices.keep_fork(
        ForkRow(
            device=device.number,
            link=last_link,
            first_seq=push.first_seq,
            length=len(push.events),
            received_ms=batch.hub_ms,
            push=encode_message(push),
        )
    )
    return Ingested(_fault(Fault.CHAIN_FORK, "kept aside", device.seq))


def _ack(
    hub: Hub,
    tx: Transaction,
    device: DeviceRow,
    seq: int,
    link: bytes,
    push: Push,
    told: dict[tuple[int, int], Told],
) -> Ack:
    seqs = range(push.first_seq, push.first_seq + len(push.events))
    fresh = [told[key] for at in seqs if (key := (device.number, at)) in told]
    before = [at for at in seqs if (device.number, at) not in told]
    known = tx.ledger.told(device.number, before) if before else []
    runs = runs_of(sorted([*known, *fresh]))
    said = chain.ack_statement(hub.zone, hub.epoch, device.number, seq, link, sign_parts(runs))
    return Ack(device.number, seq, link, runs, hub.key.sign(said), hub.epoch)


def verdicts_of(
    batch: Batch, answered: AbstractSet[tuple[int, int]] = frozenset()
) -> dict[int, list[Run]]:
    """What became of parked events, by device, but for those (device, seq) whose author is answered anyway."""
    others: dict[int, list[Told]] = {}
    for key in sorted(batch.released - answered):
        others.setdefault(key[0], []).append(batch.told[key])
    return {number: runs_of(tolds) for number, tolds in others.items()}


def _warnings(hub_ms: int, arrivals: list[Arrival], seq: int) -> tuple[FaultMessage, ...]:
    last = arrivals[-1].known
    if isinstance(last, Known) and last.head.ms > hub_ms + CLOCK_AHEAD_MS_MAX:
        ahead = f"{last.head.ms - hub_ms} ms ahead"
        return (_fault(Fault.CLOCK_AHEAD, ahead, seq),)
    return ()


def _refused(push: Push, code: Fault, detail: str, seq: int) -> ReadPush:
    return ReadPush(push, [], [], _fault(code, detail, seq))


def _fault(code: Fault, detail: str, seq: int) -> FaultMessage:
    return FaultMessage(code, ABOUT, detail, seq)
