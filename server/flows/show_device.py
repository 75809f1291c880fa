"""The console's page of one device: the ends of its log, what needs somebody, branches, storage, replica.

Refusals: not-entitled, device-unknown.
"""

from dataclasses import dataclass

from server.flows.branches import Branch, branches_of
from server.flows.console import DeviceView, view_device
from server.flows.console_rights import READERS, held, points_of
from server.flows.hub import Hub
from server.flows.problems import Problem, problems_of
from server.flows.project import name_of
from server.flows.reader import Reader
from server.flows.refusals import Code, Refusal
from server.flows.show_replicas import title_of
from server.flows.standings import Loss, Reading, compare, losses, standing_of
from server.store.devices import HUB_DEVICE, DeviceRow
from server.store.store import Transaction
from sync.messages import Standing

LISTED_MAX = 100  # of each kind of problem, and of branches


@dataclass(frozen=True, slots=True)
class Stand:
    """What the device last reported of itself; see sync.messages.Standing."""

    last_seq: int
    known_seq: int
    epoch: int
    storage: str
    used_bytes: int
    quota_bytes: int


@dataclass(frozen=True, slots=True)
class DevicePage:
    """All that the hub knows of one device. Times in ms.

    former: the numbers that it had before, newest first; successor: the one that it has now, 0: none.
    titles: of the feeds in `readings`. uploads: photographs that it has begun to send and not ended.
    """

    hub_ms: int
    epoch: int
    device: DeviceView
    point_name: str
    former: list[int]
    successor: int
    stand: Stand | None
    counts: dict[str, int]
    problems: list[Problem]
    branches: list[Branch]
    losses: list[Loss]
    readings: list[Reading]
    titles: dict[str, str]
    uploads: int


def show_device(hub: Hub, reader: Reader, number: int) -> DevicePage | Refusal:
    """One device, to whoever may look at its point."""
    if not held(hub, reader, READERS):
        return Refusal(Code.NOT_ENTITLED)
    own = points_of(hub, reader, READERS)
    with hub.store.read() as tx:
        row = tx.devices.find(number)
        if row is None or number == HUB_DEVICE:
            return Refusal(Code.DEVICE_UNKNOWN)
        if own is not None and row.point not in own:
            return Refusal(Code.NOT_ENTITLED)
        return _page(hub, tx, row, own)


def _page(hub: Hub, tx: Transaction, row: DeviceRow, own: frozenset[str] | None) -> DevicePage:
    refused = tx.ledger.refused_counts().get(row.number, 0)
    rows = tx.devices.all()
    by_number = {one.number: one for one in rows}
    seen = [one.number for one in rows if own is None or one.point in own]
    readings = compare(tx, [row])
    point, said = tx.records.find("point.set", row.point), standing_of(row)
    voids = [many for device, _, many in tx.cases.void_counts() if device == row.number]
    return DevicePage(
        hub_ms=hub.now_ms(),
        epoch=hub.epoch,
        device=view_device(row, refused),
        point_name=name_of(point) if point else row.point,
        former=[
            one for one in _former(row, {one.number: one.former for one in rows}) if one in seen
        ],
        successor=next((one for one in seen if by_number[one].former == row.number), 0),
        stand=_stand(said) if said else None,
        counts={
            "refused": refused,
            "parked": tx.parking.counts().get(row.number, 0),
            "void": sum(voids),
            "forked": tx.devices.fork_counts().get(row.number, 0),
        },
        problems=[
            one
            for one in problems_of(tx, frozenset({row.number}), own, LISTED_MAX)
            if one.kind != "forked"
        ],
        branches=branches_of(tx, row, LISTED_MAX),
        losses=losses(tx, [row]),
        readings=readings,
        titles={one.feed: title_of(tx, one.feed) for one in readings},
        uploads=len(tx.uploads.of_device(row.number)),
    )


def _stand(said: Standing) -> Stand:
    return Stand(
        said.last_seq,
        said.known_seq,
        said.epoch,
        said.storage,
        said.used_bytes,
        said.quota_bytes,
    )


def _former(row: DeviceRow, former_by_number: dict[int, int]) -> list[int]:
    numbers: list[int] = []
    number = row.former
    while number:
        numbers.append(number)
        number = former_by_number.get(number, 0)
    return numbers
