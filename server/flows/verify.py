"""Checking a whole database: every chain, signature, position, feed, projection, photo and upload.

The first difference is named by where it is and what is wrong; nothing is changed.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

import msgspec

from server.flows.facts import hlc_of
from server.flows.hub import LEDGER_CHAIN, Hub, enrolment_of
from server.flows.replay import Replay
from server.keys import verify as verify_signature
from server.store.devices import HUB_DEVICE, DeviceRow
from server.store.ledger import LedgerRow
from server.store.store import Transaction
from server.store.zone import ZoneHead
from sync import chain, clock
from sync.epoch import first_position
from sync.errors import Parked, Verdict
from sync.event import EpochBegin, decode_body, decode_head


@dataclass(frozen=True, slots=True)
class Report:
    """What was checked; `difference` names the first one, None: there is none."""

    events: int
    feeds: int
    cases: int
    difference: str | None


class DifferenceError(Exception):
    """Found; the text says where and what."""


def verify(hub: Hub) -> Report:
    """Check everything against the ledger, and the ledger against its chain."""
    replay = Replay()
    difference: str | None = None
    with hub.store.read() as tx:
        try:
            head = tx.zone.get()
            for row in _chained(tx.ledger.walk_all(), head):
                _take(replay, row)
            _check_positions(tx, head, replay)
            forked = tx.devices.fork_counts().keys()
            for device in tx.devices.all():
                _check_log(hub, tx, device, replay)
                _check_enrolment(device, replay)
                if (device.forked_ms > 0) != (device.number in forked):
                    raise DifferenceError(
                        f"device {device.number}: its branches and its mark differ"
                    )
            _check_parked(tx)
            _check_feeds(tx, replay)
            _check_projections(tx, replay)
            _check_files(hub, tx)
            _check_uploads(tx)
        except DifferenceError as error:
            difference = str(error)
    return Report(replay.events, len(replay.feeds), len(replay.states), difference)


def _chained(rows: Iterable[LedgerRow], head: ZoneHead) -> Iterator[LedgerRow]:
    """The ledger's entries, each checked before it is passed on."""
    position, chained = 0, chain.feed_start(LEDGER_CHAIN)
    for row in rows:
        position = _position_after(position, row)
        if row.position != position:
            raise DifferenceError(f"ledger position {position}: missing, next is {row.position}")
        entry = chain.entry_hash(position, row.device, row.seq, row.hub_ms, row.verdict, row.event)
        chained = chain.next_hash(chained, entry)
        if row.chain != chained:
            raise DifferenceError(f"ledger position {position}: chain")
        if (row.stream, row.type) != _named_by(row.event):
            raise DifferenceError(f"ledger position {position}: stream or type not as in its event")
        yield row
    if (position, chained) != (head.position, head.chain):
        raise DifferenceError(f"zone head: says {head.position}, the ledger ends at {position}")


def _take(replay: Replay, row: LedgerRow) -> None:
    try:
        replay.take(row)
    except (msgspec.DecodeError, KeyError) as error:
        text = f"ledger position {row.position}: an `ok` event that cannot be read"
        raise DifferenceError(text) from error


def _position_after(position: int, row: LedgerRow) -> int:
    """The position that this entry must have, behind that one: the next, or the first of an epoch."""
    if row.type != "epoch.begin" or row.verdict != Verdict.OK:
        return position + 1
    try:
        body = decode_body(decode_head(row.event))
    except (msgspec.DecodeError, KeyError):
        body = None
    if not isinstance(body, EpochBegin):
        raise DifferenceError(f"ledger position {row.position}: no epoch begins in its event")
    if body.after != position:
        raise DifferenceError(f"ledger position {row.position}: an epoch after {body.after}")
    return first_position(position, body.restored_ms)


def _named_by(event: bytes) -> tuple[bytes, str]:
    """The stream and the type that an event itself names; neither, where it cannot be read."""
    try:
        head = decode_head(event)
    except msgspec.DecodeError:
        return b"", ""
    return head.stream, head.type


def _check_positions(tx: Transaction, head: ZoneHead, replay: Replay) -> None:
    counted = tx.ledger.count_before(head.position)
    if counted != replay.events:
        raise DifferenceError(f"zone head: {head.position}, {counted} of {replay.events} entries")


def _check_log(hub: Hub, tx: Transaction, device: DeviceRow, replay: Replay) -> None:
    """The device's log is whole, chained from its key, and signed to its end."""
    name = f"device {device.number}"
    signatures = {seq: (link, made) for seq, link, made in tx.signatures.of(device.number)}
    seq, link = 0, chain.log_start(device.public_key)
    signed = 0
    # In a new epoch the hub's own log goes on with the epoch's first number.
    jumps = {epoch.first for epoch in replay.epochs} if device.number == HUB_DEVICE else set()
    hlc = clock.ZERO
    for at, event, kept in tx.ledger.whole_log(device.number):
        seq = at if at in jumps and at > seq else seq + 1
        if at != seq:
            raise DifferenceError(f"{name} seq {seq}: missing, next is {at}")
        link = chain.next_link(link, event)
        if kept != link:
            raise DifferenceError(f"{name} seq {seq}: link")
        if seq in signatures:
            _check_signature(hub, device, seq, link, signatures[seq])
            signed = seq
        hlc = max(hlc, hlc_of(event))
    if (seq, link) != (device.seq, device.link):
        raise DifferenceError(f"{name}: head says {device.seq}, the log ends at {seq}")
    if hlc != device.hlc:
        raise DifferenceError(f"{name}: another clock than that of its log")
    if signed != seq:
        raise DifferenceError(f"{name} seq {seq}: no signature over the end of the log")


def _check_signature(
    hub: Hub, device: DeviceRow, seq: int, link: bytes, kept: tuple[bytes, bytes]
) -> None:
    statement = chain.push_statement(hub.zone, device.number, seq, link)
    if kept[0] != link or not verify_signature(device.public_key, kept[1], statement):
        raise DifferenceError(f"device {device.number} seq {seq}: signature")


def _check_enrolment(device: DeviceRow, replay: Replay) -> None:
    enrolled = (device.stream, enrolment_of(device))
    if replay.events and replay.enrolments.get(device.number) != enrolled:
        raise DifferenceError(f"device {device.number}: not as it was enrolled")
    revoked = (device.revoked_ms, device.revoked_reason)
    if replay.revocations.get(device.number, (0, "")) != revoked:
        raise DifferenceError(f"device {device.number}: not as it was revoked, or was not")


def _check_parked(tx: Transaction) -> None:
    """What waits is found by its stream and its causes, which must be those of its event."""
    expected: list[tuple[int, int, int, int]] = []
    for row in tx.parking.all():
        if (row.stream, row.type) != _named_by(row.event) or row.reason not in set(Parked):
            raise DifferenceError(f"device {row.device} seq {row.seq}: not parked as its event is")
        seen = set(decode_head(row.event).seen)
        expected += [(*cause, row.device, row.seq) for cause in seen]
    if sorted(expected) != sorted(tx.parking.all_causes()):
        raise DifferenceError("parked: causes not as their events name them")


def _check_feeds(tx: Transaction, replay: Replay) -> None:
    standing = {feed.name: feed for feed in tx.feeds.all()}
    for name in sorted(standing.keys() | replay.feeds.keys()):
        expected = replay.feeds.get(name, [])
        feed = standing.get(name)
        if feed is None:
            raise DifferenceError(f"feed {name}: missing")
        hash_ = chain.feed_start(name)
        entries = tx.feeds.entries(feed.id)
        for n, (position, entry) in enumerate(expected, start=1):
            hash_ = chain.next_hash(hash_, entry)
            if n > len(entries) or entries[n - 1] != (feed.id, n, position, hash_):
                raise DifferenceError(f"feed {name} entry {n}: not position {position}")
        if len(entries) != len(expected) or (feed.n, feed.hash) != (len(expected), hash_):
            raise DifferenceError(f"feed {name}: head says {feed.n} of {len(expected)}")
    names = {feed.id: feed.name for feed in standing.values()}
    joined = {(stream, names.get(feed, str(feed))) for stream, feed in tx.feeds.all_joined()}
    expected_joins = {(stream, name) for stream, all_ in replay.joined.items() for name in all_}
    _compare("stream in feed", sorted(expected_joins), sorted(joined))


def _check_projections(tx: Transaction, replay: Replay) -> None:
    cases = list(tx.cases.walk_all())
    _compare("case", replay.case_rows(), cases)
    _compare("void event", sorted(replay.voids), sorted(tx.cases.all_voids()))
    _compare("record", sorted(replay.records.values()), sorted(tx.records.all()))
    _compare("item version", sorted(replay.versions.values()), sorted(tx.records.all_versions()))
    _compare("account", sorted(replay.accounts.values()), sorted(tx.accounts.all()))
    _compare("grant", sorted(replay.grants), sorted(tx.accounts.all_grants()))
    uses = sorted(replay.attachment_uses())
    _compare("use of photo", uses, sorted(tx.attachments.all_uses()))


def _compare(what: str, expected: Sequence[Any], standing: Sequence[Any]) -> None:
    for want, have in zip(expected, standing, strict=False):
        if want != have:
            raise DifferenceError(f"{what} {_key(min(want, have))}: not as the ledger says")
    if len(expected) != len(standing):
        more = max(expected, standing, key=len)[min(len(expected), len(standing))]
        missing = "missing" if len(expected) > len(standing) else "not in the ledger"
        raise DifferenceError(f"{what} {_key(more)}: {missing}")


def _key(row: Sequence[Any]) -> str:
    return row[0].hex() if isinstance(row[0], bytes) else str(row[0])


def _check_files(hub: Hub, tx: Transaction) -> None:
    for row in sorted(tx.attachments.all()):
        content = hub.files.read(row.sha256)
        if content is None or len(content) != row.size or sha256(content).digest() != row.sha256:
            raise DifferenceError(f"photo {row.sha256.hex()}: bytes")


def _check_uploads(tx: Transaction) -> None:
    for row in sorted(tx.uploads.all()):
        if len(tx.uploads.content(row.device, row.sha256)) != row.received:
            raise DifferenceError(f"upload {row.device} {row.sha256.hex()}: bytes")
