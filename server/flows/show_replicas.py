"""The console's pages of what is held where: the backup, the feeds and who reads them, what differs, what is lost.

Whoever administers a point sees the zone's feed and that point's, and that point's devices.
Refusals: not-entitled, not-found.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from server.flows.console_rights import READERS, held, points_of
from server.flows.hub import Hub
from server.flows.project import name_of
from server.flows.reader import Reader
from server.flows.refusals import Code, Refusal
from server.flows.standings import DIFFERING, Loss, Reading, compare, losses, standing_of
from server.flows.watermark import Watermark, watermark
from server.store.devices import HUB_DEVICE, DeviceRow
from server.store.feeds import Feed
from server.store.store import Transaction
from sync.ledger import ZONE_FEED

FEEDS_MAX = 200
LOSSES_MAX = 200
_PERSON = "person:"
_TITLED = {"point": "point.set", "dept": "department.set"}
_ORDER = ("zone", "point", "dept")


@dataclass(frozen=True, slots=True)
class FeedView:
    """A feed: its length and hash, and how many devices reported it in which state.

    title: the name of its point or department, empty where it has none. hash: as hex.
    """

    name: str
    title: str
    n: int
    hash: str
    readers: int
    behind: int
    differs: int


@dataclass(frozen=True, slots=True)
class ReplicaView:
    """A device's replica: how many feeds it reported, how many entries it lacks, how many feeds differ.

    reported: whether it says at all what it reads. old_epoch: it has not heard of the last restore.
    """

    device: int
    device_name: str
    point: str
    last_contact_ms: int
    reported: bool
    old_epoch: bool
    feeds: int
    behind: int
    differs: int


@dataclass(frozen=True, slots=True)
class Replicas:
    """What is held where; watermark None: it is not the reader's to see. losses: the first LOSSES_MAX."""

    hub_ms: int
    watermark: Watermark | None
    losses: list[Loss]
    replicas: list[ReplicaView]
    feeds: list[FeedView]
    feeds_all: int


@dataclass(frozen=True, slots=True)
class FeedReader:
    """A device that reads the feed, as it last reported; see Reading."""

    device: int
    device_name: str
    point: str
    last_contact_ms: int
    n: int
    state: str
    parted_n: int
    parted_ms: int


@dataclass(frozen=True, slots=True)
class FeedPage:
    """One feed and everybody who reported to read it."""

    hub_ms: int
    feed: FeedView
    readers: list[FeedReader]


def show_replicas(hub: Hub, reader: Reader) -> Replicas | Refusal:
    """The backup, what is lost, every replica, every feed that is not one applicant's."""
    if not held(hub, reader, READERS):
        return Refusal(Code.NOT_ENTITLED)
    own = points_of(hub, reader, READERS)
    with hub.store.read() as tx:
        devices = devices_of(tx, own)
        readings = compare(tx, devices)
        feeds = _feeds_of(tx, own)
        return Replicas(
            hub_ms=hub.now_ms(),
            watermark=watermark(hub, tx) if own is None else None,
            losses=losses(tx, devices)[:LOSSES_MAX],
            replicas=[_replica(hub, row, readings) for row in devices if not row.revoked_ms],
            feeds=[_view(tx, feed, readings) for feed in feeds[:FEEDS_MAX]],
            feeds_all=len(feeds),
        )


def show_feed(hub: Hub, reader: Reader, name: str) -> FeedPage | Refusal:
    """One feed, and how far each of its readers is."""
    if not held(hub, reader, READERS):
        return Refusal(Code.NOT_ENTITLED)
    own = points_of(hub, reader, READERS)
    with hub.store.read() as tx:
        feed = tx.feeds.find(name)
        if feed is None:
            return Refusal(Code.NOT_FOUND)
        if not _may_see(name, own):
            return Refusal(Code.NOT_ENTITLED)
        devices = {row.number: row for row in devices_of(tx, own) if not row.revoked_ms}
        readings = [one for one in compare(tx, devices.values()) if one.feed == name]
        return FeedPage(
            hub_ms=hub.now_ms(),
            feed=_view(tx, feed, readings),
            readers=[_reader(devices[one.device], one) for one in readings],
        )


def devices_of(tx: Transaction, own: frozenset[str] | None) -> list[DeviceRow]:
    """The devices at these points, None: everywhere."""
    return [
        row
        for row in tx.devices.all()
        if row.number != HUB_DEVICE and (own is None or row.point in own)
    ]


def title_of(tx: Transaction, feed: str) -> str:
    """The name of the point or department whose feed it is; empty where it is nobody's."""
    kind, _, id_ = feed.partition(":")
    record = tx.records.find(_TITLED[kind], id_) if kind in _TITLED else None
    return name_of(record) if record else ""


def _may_see(name: str, own: frozenset[str] | None) -> bool:
    return own is None or name == ZONE_FEED or name in {f"point:{point}" for point in own}


def _feeds_of(tx: Transaction, own: frozenset[str] | None) -> list[Feed]:
    """The zone's, the points', the departments', then what this version does not know."""
    seen = [
        feed
        for feed in tx.feeds.all()
        if _may_see(feed.name, own) and not feed.name.startswith(_PERSON)
    ]
    kinds = [feed.name.partition(":")[0] for feed in seen]
    rank = [_ORDER.index(kind) if kind in _ORDER else len(_ORDER) for kind in kinds]
    return [feed for _, feed in sorted(zip(rank, seen, strict=True), key=lambda one: one[0])]


def _view(tx: Transaction, feed: Feed, readings: Sequence[Reading]) -> FeedView:
    read = [one for one in readings if one.feed == feed.name]
    return FeedView(
        name=feed.name,
        title=title_of(tx, feed.name),
        n=feed.n,
        hash=feed.hash.hex(),
        readers=len(read),
        behind=sum(one.state == "behind" for one in read),
        differs=sum(one.state in DIFFERING for one in read),
    )


def _replica(hub: Hub, row: DeviceRow, readings: Sequence[Reading]) -> ReplicaView:
    read = [one for one in readings if one.device == row.number]
    standing = standing_of(row)
    return ReplicaView(
        device=row.number,
        device_name=row.name,
        point=row.point,
        last_contact_ms=row.last_contact_ms,
        reported=standing is not None,
        old_epoch=standing is not None and standing.epoch < hub.epoch,
        feeds=len(read),
        behind=sum(one.head_n - one.n for one in read if one.state == "behind"),
        differs=sum(one.state in DIFFERING for one in read),
    )


def _reader(row: DeviceRow, reading: Reading) -> FeedReader:
    return FeedReader(
        device=row.number,
        device_name=row.name,
        point=row.point,
        last_contact_ms=row.last_contact_ms,
        n=reading.n,
        state=reading.state,
        parted_n=reading.parted_n,
        parted_ms=reading.parted_ms,
    )
