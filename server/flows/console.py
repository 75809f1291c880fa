"""What the console shows and does: points and devices, problems with their reasons, codes, revocations.

Who may: administrators of the zone everything, a point's manager what is of that point, supervisors read.
Refusals: not-entitled, device-unknown, point-unknown.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import msgspec

from server.flows.batch import Batch, Growth
from server.flows.enrol import MadeCode, make_code
from server.flows.facts import account_decoder
from server.flows.hub import Hub
from server.flows.project import name_of
from server.flows.reader import Reader
from server.flows.refusals import Code, Refusal
from server.store.devices import HUB_DEVICE, DeviceRow
from server.store.ledger import LedgerRow
from server.store.store import Transaction
from sync.event import DeviceRevoke, Receive, Role, decode_body, decode_head
from sync.ledger import RELAY_KIND, DeviceFacts, holds_role
from sync.lifecycle import LIFECYCLE

PROBLEMS_MAX = 500
READERS = frozenset(
    {"sys_admin", "security_admin", "sync_admin", "audit_admin", "supervisor", "point_manager"}
)
ADMINISTRATORS = frozenset({"sys_admin", "security_admin", "sync_admin", "point_manager"})
# A relay reads all of its point's cases: only who may give people that right anyway may make one.
RELAY_ADMINISTRATORS = frozenset({"sys_admin", "security_admin"})


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
    """The console's first page."""

    hub_ms: int
    position: int
    cases: int
    attachments: int
    cases_photos_missing: int
    cases_by_state: dict[str, int]
    cases_by_dept: dict[str, int]
    points: list[PointView]
    problems: dict[str, int]


@dataclass(frozen=True, slots=True)
class Problem:
    """Something that needs a person. kind: refused | void | unknown | parked | forked.

    author: the name of the person; empty: the device itself, or nobody that the hub knows.
    """

    kind: str
    code: str
    position: int
    device: int
    device_name: str
    author: str
    point: str
    seq: int
    type: str
    type_zh: str
    stream: str
    receipt_no: str
    at_ms: int


def overview(hub: Hub, reader: Reader) -> Overview | Refusal:
    """Points and devices, and how much needs somebody."""
    if not _held(hub, reader, READERS):
        return Refusal(Code.NOT_ENTITLED)
    own = _points_of(hub, reader, READERS)
    with hub.store.read() as tx:
        refused = tx.ledger.refused_counts()
        devices = [row for row in tx.devices.all() if row.number != HUB_DEVICE]
        by_point = tx.cases.counts_by("point", own)
        points = [
            PointView(
                id=record.id,
                name=name_of(record),
                cases=by_point.get(record.id, 0),
                devices=[
                    _device_view(row, refused.get(row.number, 0))
                    for row in devices
                    if row.point == record.id
                ],
            )
            for record in tx.records.of_type("point.set")
            if own is None or record.id in own
        ]
        counts: dict[str, int] = {}
        for problem in _problems(tx, own):
            counts[problem.kind] = counts.get(problem.kind, 0) + 1
        return Overview(
            hub_ms=hub.now_ms(),
            position=tx.zone.get().position,
            cases=sum(by_point.values()),
            attachments=tx.attachments.count(),
            cases_photos_missing=tx.cases.count_photos_missing(own),
            cases_by_state=tx.cases.counts_by("state", own),
            cases_by_dept=tx.cases.counts_by("dept", own),
            points=points,
            problems=counts,
        )


def problems(hub: Hub, reader: Reader) -> list[Problem] | Refusal:
    """Refused, void, unknown and parked events and forked devices, newest first."""
    if not _held(hub, reader, READERS):
        return Refusal(Code.NOT_ENTITLED)
    with hub.store.read() as tx:
        found = _problems(tx, _points_of(hub, reader, READERS))
    return sorted(found, key=lambda problem: problem.at_ms, reverse=True)


def create_code(hub: Hub, reader: Reader, point: str, kind: str) -> MadeCode | Refusal:
    """A one-time enrolment code."""
    own = _points_of(hub, reader, RELAY_ADMINISTRATORS if kind == RELAY_KIND else ADMINISTRATORS)
    if own is not None and point not in own:
        return Refusal(Code.NOT_ENTITLED)
    return make_code(hub, point, kind, reader.account)


def revoke_device(hub: Hub, reader: Reader, number: int, reason: str) -> Growth | Refusal:
    """Take a device's rights; what it pushes from now on is kept and refused. What that added."""
    own = _points_of(hub, reader, ADMINISTRATORS)
    with hub.store.write() as tx:
        row = tx.devices.find(number)
        if row is None or number == HUB_DEVICE:
            return Refusal(Code.DEVICE_UNKNOWN)
        if own is not None and row.point not in own:
            return Refusal(Code.NOT_ENTITLED)
        if row.revoked_ms:
            return Growth()
        batch = Batch(hub, tx)
        batch.author("device.revoke", row.stream, DeviceRevoke(number, reason[:200]))
        batch.close()
        return batch.growth


def _held(hub: Hub, reader: Reader, names: frozenset[str]) -> list[Role]:
    """The reader's roles among these that are in force now.

    A browser that is no device stands at no point: there a role of a point reaches that point, since
    the console shows and switches devices but moves no case. On a device the rule of the cases holds.
    """
    now_ms = hub.now_ms()

    def counts(role: Role) -> bool:
        point = reader.point if reader.device else role.point
        return holds_role(role, DeviceFacts(reader.device, "", point), now_ms)

    return [role for role in reader.body.roles if role.role in names and counts(role)]


def _points_of(hub: Hub, reader: Reader, names: frozenset[str]) -> frozenset[str] | None:
    """The points where the reader has one of these roles; None: everywhere."""
    held = _held(hub, reader, names)
    if any(not role.point for role in held):
        return None
    return frozenset(role.point for role in held)


def _device_view(row: DeviceRow, refused_here: int) -> DeviceView:
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


def _problems(tx: Transaction, own: frozenset[str] | None) -> list[Problem]:
    devices = {row.number: row for row in tx.devices.all()}
    refused = tx.ledger.refused(PROBLEMS_MAX)
    voids = {void.position: void for void in tx.cases.voids(PROBLEMS_MAX)}
    entries = [*refused, *tx.ledger.at(voids)]
    waiting = tx.parking.all()[:PROBLEMS_MAX]
    cases = tx.cases.by_streams({row.stream for row in entries} | {row.stream for row in waiting})
    events = [row.event for row in entries] + [row.event for row in waiting]
    name_by_event = _names_of_authors(tx, events)

    def make(
        kind: str, code: str, position: int, row: tuple[int, int, str, bytes, bytes], at_ms: int
    ) -> Problem:
        device, seq, type_, stream, event = row
        writer, case = devices.get(device), cases.get(stream)
        return Problem(
            kind=kind,
            code=code,
            position=position,
            device=device,
            device_name=writer.name if writer else "",
            author=name_by_event.get(event, ""),
            point=writer.point if writer else "",
            seq=seq,
            type=type_,
            type_zh=_TYPE_ZH.get(type_, ""),
            stream=stream.hex(),
            receipt_no=case.receipt_no if case else _receipt_of(event),
            at_ms=at_ms,
        )

    def of(row: LedgerRow) -> tuple[int, int, str, bytes, bytes]:
        return row.device, row.seq, row.type, row.stream, row.event

    found = [make("refused", row.verdict, row.position, of(row), row.hub_ms) for row in refused]
    for row in entries[len(refused) :]:
        void = voids[row.position]
        found.append(make(void.effect, void.code, row.position, of(row), row.hub_ms))
    for parked in waiting:
        place = (parked.device, parked.seq, parked.type, parked.stream, parked.event)
        found.append(make("parked", parked.reason, 0, place, parked.received_ms))
    for fork in tx.devices.forks():
        place = (fork.device, fork.first_seq, "", b"", b"")
        found.append(make("forked", "chain-fork", 0, place, fork.received_ms))
    return [problem for problem in found if own is None or problem.point in own]


def _receipt_of(event: bytes) -> str:
    """The receipt number in an opening that made no case: its paper is in somebody's hands all the same."""
    try:
        body = decode_body(decode_head(event))
    except (KeyError, msgspec.DecodeError):
        return ""
    return body.receipt_no if isinstance(body, Receive) else ""


def _names_of_authors(tx: Transaction, events: Iterable[bytes]) -> dict[bytes, str]:
    """Who wrote each event, where it can be read and its author has an account."""
    actors: dict[bytes, bytes] = {}
    for event in events:
        try:
            actors[event] = decode_head(event).actor
        except msgspec.DecodeError:
            continue  # refused as malformed: nobody can be named
    accounts = tx.accounts.by_streams({actor for actor in actors.values() if actor})
    names = {row.stream: account_decoder.decode(row.body).name for row in accounts.values()}
    return {event: names[actor] for event, actor in actors.items() if actor in names}


_TYPE_ZH = {
    **{row.type: row.zh for row in LIFECYCLE.transitions},
    LIFECYCLE.edits.type: LIFECYCLE.edits.zh,
}


def accounts_of(hub: Hub) -> list[tuple[str, str, list[str]]]:
    """(username, name, roles) of every open account, for the command line."""
    with hub.store.read() as tx:
        bodies = [account_decoder.decode(row.body) for row in tx.accounts.all()]
    return [
        (body.username, body.name, [role.role for role in body.roles])
        for body in bodies
        if not body.closed
    ]
