"""What the console shows and does: points and devices, codes, revocations.

Who may: server/flows/console_rights.py; the problems with their reasons: server/flows/problems.py.
Refusals: not-entitled, device-unknown, point-unknown.
"""

from dataclasses import dataclass

from server.flows.batch import Batch, Growth
from server.flows.console_rights import (
    ADMINISTRATORS,
    READERS,
    RELAY_ADMINISTRATORS,
    held,
    points_of,
)
from server.flows.enrol import MadeCode, make_code
from server.flows.hub import Hub
from server.flows.ingest import verdicts_of
from server.flows.problems import count_problems
from server.flows.project import name_of
from server.flows.reader import Reader
from server.flows.refusals import Code, Refusal
from server.flows.standings import DIFFERING, LOST, compare, losses
from server.flows.watermark import watermark
from server.store.devices import HUB_DEVICE, DeviceRow
from sync.event import DeviceRevoke
from sync.ledger import RELAY_KIND
from sync.messages import Run


@dataclass(frozen=True, slots=True)
class DeviceView:
    """A device as the console lists it; times in ms, 0: never."""

    number: int
    name: str
    kind: str
    point: str
    last_seq: int
    last_contact_ms: int
    unsent: int
    refused: int
    unsent_attachments: int
    refused_here: int
    app_version: str
    clock_offset_ms: int
    revoked_ms: int
    revoked_reason: str
    forked_ms: int


@dataclass(frozen=True, slots=True)
class PointView:
    """A point with its devices."""

    id: str
    name: str
    cases: int
    devices: list[DeviceView]


@dataclass(frozen=True, slots=True)
class Overview:
    """The console's first page.

    unbacked, unbacked_since_ms, backed_ms (its taken_ms): as in Watermark; 0 to whoever may not see it. lost:
    devices of which something is known to be lost; differing: devices whose copy of a feed is not the hub's.
    """

    hub_ms: int
    position: int
    cases: int
    attachments: int
    cases_photos_missing: int
    cases_by_state: dict[str, int]
    cases_by_dept: dict[str, int]
    points: list[PointView]
    problems: dict[str, int]
    unbacked: int
    unbacked_since_ms: int
    backed_ms: int
    lost: int
    differing: int


def overview(hub: Hub, reader: Reader) -> Overview | Refusal:
    """Points and devices, and how much needs somebody."""
    if not held(hub, reader, READERS):
        return Refusal(Code.NOT_ENTITLED)
    own = points_of(hub, reader, READERS)
    with hub.store.read() as tx:
        refused = tx.ledger.refused_counts()
        devices = [row for row in tx.devices.all() if row.number != HUB_DEVICE]
        by_point = tx.cases.counts_by("point", own)
        shown = [row for row in devices if own is None or row.point in own]
        serving = [row for row in shown if not row.revoked_ms]
        backed = watermark(hub, tx) if own is None else None
        points = [
            PointView(
                id=record.id,
                name=name_of(record),
                cases=by_point.get(record.id, 0),
                devices=[
                    view_device(row, refused.get(row.number, 0))
                    for row in devices
                    if row.point == record.id
                ],
            )
            for record in tx.records.of_type("point.set")
            if own is None or record.id in own
        ]
        return Overview(
            hub_ms=hub.now_ms(),
            position=tx.zone.get().position,
            cases=sum(by_point.values()),
            attachments=tx.attachments.count(),
            cases_photos_missing=tx.cases.count_photos_missing(own),
            cases_by_state=tx.cases.counts_by("state", own),
            cases_by_dept=tx.cases.counts_by("dept", own),
            points=points,
            problems=count_problems(tx, own),
            unbacked=backed.unbacked if backed else 0,
            unbacked_since_ms=backed.unbacked_since_ms if backed else 0,
            backed_ms=backed.taken_ms if backed else 0,
            lost=len({one.device for one in losses(tx, shown) if one.kind in LOST}),
            differing=len({one.device for one in compare(tx, serving) if one.state in DIFFERING}),
        )


def create_code(hub: Hub, reader: Reader, point: str, kind: str) -> MadeCode | Refusal:
    """A one-time enrolment code."""
    own = points_of(hub, reader, RELAY_ADMINISTRATORS if kind == RELAY_KIND else ADMINISTRATORS)
    if own is not None and point not in own:
        return Refusal(Code.NOT_ENTITLED)
    return make_code(hub, point, kind, reader.account)


def revoke_device(
    hub: Hub, reader: Reader, number: int, reason: str
) -> tuple[Growth, dict[int, list[Run]]] | Refusal:
    """Take a device's rights; what it pushes from now on is kept and refused.

    What that added, and by device the verdicts on what had waited for it.
    """
    own = points_of(hub, reader, ADMINISTRATORS)
    with hub.store.write() as tx:
        row = tx.devices.find(number)
        if row is None or number == HUB_DEVICE:
            return Refusal(Code.DEVICE_UNKNOWN)
        if own is not None and row.point not in own:
            return Refusal(Code.NOT_ENTITLED)
        if row.revoked_ms:
            return Growth(), {}
        batch = Batch(hub, tx)
        batch.author("device.revoke", row.stream, DeviceRevoke(number, reason))
        batch.close()
        return batch.growth, verdicts_of(batch)


def view_device(row: DeviceRow, refused_here: int) -> DeviceView:
    """A device as the console shows it everywhere."""
    return DeviceView(
        number=row.number,
        name=row.name,
        kind=row.kind,
        point=row.point,
        last_seq=row.seq,
        last_contact_ms=row.last_contact_ms,
        unsent=row.unsent,
        refused=row.refused,
        unsent_attachments=row.unsent_attachments,
        refused_here=refused_here,
        app_version=row.app_version,
        clock_offset_ms=row.clock_offset_ms,
        revoked_ms=row.revoked_ms,
        revoked_reason=row.revoked_reason,
        forked_ms=row.forked_ms,
    )
