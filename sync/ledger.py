"""The hub's rules, pure: what parks an event, what verdict it gets, who reads it.

docs/protocol.md, sections 6 and 7. The server looks up facts and keeps what is decided here; for
each event of a push, in order, under the lock of the zone's head:

    examine(event)        → Known (head and body), or the verdict of bytes that cannot be judged
    keep_time(…)          → the same, or clock-back: its log had a later time before
    park_reason(…)        → a reason to wait without a position, or None
    judge(…)              → the verdict, with which it gets the next position
    feeds_of(…)           → the feeds of its stream, after the fold has taken an `ok` event
"""

from collections.abc import Iterable
from functools import cache
from typing import Protocol

import msgspec
from msgspec import Struct

from sync.errors import Parked, Verdict
from sync.event import (
    BODY_BY_TYPE,
    OPENING_TYPES,
    RECORD_TYPES,
    Act,
    EventHead,
    Fetch,
    GrantShow,
    ItemFacts,
    Receive,
    Record,
    Role,
    decode_body,
    decode_head,
    has_trap_key,
)
from sync.fold import CaseState
from sync.lifecycle import LIFECYCLE, ROW_BY_TYPE, RowRole, roles_for
from sync.limits import EVENT_BYTES_MAX, EVENT_VERSION
from sync.messages import decode_pass
from sync.number import is_day, read_printed_receipt
from sync.records import is_readable

HUB_DEVICE = 1
ZONE_FEED = "zone"
RELAY_KIND = "relay"

# Who may write the zone's records from a device of their own; the hub may write them all.
_ROLES_BY_RECORD_TYPE = {
    **dict.fromkeys(RECORD_TYPES, frozenset({"catalogue_admin"})),
    "account.set": frozenset({"sys_admin", "security_admin"}),
}
_POINT_READERS = frozenset({"window_clerk", "issuing_clerk"})
_DEPT_READERS = frozenset({"reviewer", "approver", "organ_head", "seal_keeper"})
_ALL_READERS = frozenset({"supervisor"})
_OWN_READERS = frozenset({"applicant", "agent"})
# Those who act in cases of any point: they may fetch one that is not at theirs.
_FETCHERS = frozenset(
    asked.role for row in LIFECYCLE.transitions for asked in row.roles if asked.scope == "any"
)


class Known(Struct, frozen=True):
    """An event that can be judged."""

    head: EventHead
    body: Struct


class DeviceFacts(Struct, frozen=True):
    """The device that wrote the event. kind: hub | tablet | desk; point: "" for none.

    former: the devices that it was before; a receipt that one of them printed is its own.
    """

    number: int
    kind: str
    point: str
    revoked: bool = False
    former: frozenset[int] = frozenset()


class Span(Struct, frozen=True):
    """A span of time in milliseconds, both ends within."""

    from_ms: int
    until_ms: int

    def holds(self, at_ms: int) -> bool:
        """Whether the moment lies in it."""
        return self.from_ms <= at_ms <= self.until_ms


class AccountFacts(Struct, frozen=True):
    """The account that the event names, with its grants on the device that wrote it."""

    id: bytes
    roles: list[Role]
    grants: list[Span]
    closed: bool = False


class StreamFacts(Struct, frozen=True):
    """What the `ok` events of a stream made of it.

    family: that of the first (case, account, device, point …), "" when there is none yet.
    """

    family: str = ""
    state: CaseState | None = None


class PublishedItem(Struct, frozen=True):
    """One version of an item as it was published. `implementations`: (code, department)."""

    id: str
    version: str
    type_code: str
    case_type: str
    mode: str
    implementations: frozenset[tuple[str, str]]


class Registers(Protocol):
    """What the hub looks up while it judges a receipt or a transfer."""

    def find_item(self, item_id: str, version: str) -> PublishedItem | None:
        """The item in that version, in force or not: an offline tablet may hold an older one."""

    def find_receipt(self, receipt_no: str) -> bytes | None:
        """The stream that this receipt number was given to."""

    def has_point(self, point: str) -> bool:
        """Whether the zone has this point."""

    def is_hubs_pass(self, content: bytes, signature: bytes) -> bool:
        """Whether the hub itself signed this pass, in whichever epoch."""


class Seen(Protocol):
    """What the hub looks up to know whether an event must wait."""

    def has_stream(self, stream: bytes) -> bool:
        """Whether an `ok` event of the stream is in the ledger."""

    def refused_openings(self, stream: bytes) -> Iterable[tuple[int, int]]:
        """(device, seq) of each refused event in the ledger whose type would have opened it."""

    def has_event(self, device: int, seq: int) -> bool:
        """Whether this event is in the ledger, refused or not."""

    def in_service(self, device: int) -> bool:
        """Whether it is enrolled and not revoked: what it still sends may have an effect."""

    def has_parked(self, device: int, stream: bytes, before_seq: int) -> bool:
        """Whether an earlier event of the device in the stream is parked."""


def family_of(type_: str) -> str:
    """What a type is about: the word before its dot; a grant belongs to its account."""
    return _FAMILY_BY_TYPE.get(type_) or _read_family(type_)


def _read_family(type_: str) -> str:
    family = type_.partition(".")[0]
    return "account" if family == "grant" else family


# Asked several times of every event.
_FAMILY_BY_TYPE = {type_: _read_family(type_) for type_ in BODY_BY_TYPE}


def examine(event: bytes, device: int) -> Known | Verdict:
    """The event's head and body, or why it can only be kept: malformed, oversized, unknown-type."""
    if len(event) > EVENT_BYTES_MAX:
        return Verdict.OVERSIZED
    try:
        head = decode_head(event)
    except msgspec.DecodeError:
        return Verdict.MALFORMED
    if head.version != EVENT_VERSION or head.type not in BODY_BY_TYPE:
        return Verdict.UNKNOWN_TYPE
    # An author's own earlier events are its causes by their order in the log: naming one in `seen`
    # is an error, and naming a later one would make an event wait for itself.
    if len(head.actor) not in {0, 16} or any(author == device for author, _ in head.seen):
        return Verdict.MALFORMED
    try:
        known = Known(head, decode_body(head))
        if has_trap_key(event) or not _is_usable(head, known.body):
            return Verdict.MALFORMED
    except msgspec.DecodeError:
        return Verdict.MALFORMED
    return known


def _is_usable(head: EventHead, body: Struct) -> bool:
    return not isinstance(body, Record) or is_readable(head.type, body.id, body.record)


def keep_time(known: Known | Verdict, last_hlc: bytes) -> Known | Verdict:
    """The event as `examine` has it, or clock-back: rights are judged by its time, which must grow.

    `last_hlc` is the greatest time that the log before it carries: of every event of which at least
    the head can be read, whatever became of it. Asked once, when the event arrives behind all that
    precede it, since a parked one is taken up again after later ones.
    """
    if isinstance(known, Known) and known.head.hlc <= last_hlc:
        return Verdict.CLOCK_BACK
    return known


def park_reason(head: EventHead, device: int, seq: int, ledger: Seen) -> Parked | None:
    """Why the event must wait without a position; None: it is to be judged now."""
    if head.type not in OPENING_TYPES and not _has_its_stream(head, device, seq, ledger):
        return Parked.STREAM_MISSING
    # Nobody waits for a device that was revoked, or whose enrolment a lost hub took with it: nothing
    # of it will have an effect.
    if head.seen and any(
        not ledger.has_event(author, seen_seq) and ledger.in_service(author)
        for author, seen_seq in head.seen
    ):
        return Parked.CAUSE_MISSING
    if ledger.has_parked(device, head.stream, seq):
        return Parked.BEHIND_PARKED
    return None


def _has_its_stream(head: EventHead, device: int, seq: int, ledger: Seen) -> bool:
    """Whether the stream is there, or its author built on an opening that was refused.

    Refused bytes of anybody else say nothing of the stream: the opening that the author means may still come.
    """
    return ledger.has_stream(head.stream) or any(
        (author == device and opening < seq) or (author, opening) in head.seen
        for author, opening in ledger.refused_openings(head.stream)
    )


def judged_at_ms(head: EventHead, hub_ms: int) -> int:
    """The moment whose rights count: the event's own time, but never one yet to come."""
    return min(head.ms, hub_ms)


def judge(
    known: Known,
    device: DeviceFacts,
    account: AccountFacts | None,
    stream: StreamFacts,
    registers: Registers,
    at_ms: int,
) -> Verdict:
    """The verdict on an event at the moment `judged_at_ms`; the first rule that fails names it."""
    head, body = known.head, known.body
    if device.revoked:
        return Verdict.DEVICE_REVOKED
    if stream.family not in {"", family_of(head.type)}:
        return Verdict.NOT_ENTITLED
    # What only the hub writes it may write in a person's name; it has asked for their rights before.
    if device.kind == "hub" and (not head.actor or head.type in LIFECYCLE.hub):
        return Verdict.OK if _hub_may(head.type) else Verdict.NOT_ENTITLED
    if isinstance(body, GrantShow):
        return _judge_grant(head, body, device, registers)
    if _hub_alone(head.type) or account is None or account.closed:
        return Verdict.NOT_ENTITLED
    if device.kind != "hub" and not any(grant.holds(at_ms) for grant in account.grants):
        return Verdict.GRANT_EXPIRED
    held = [role for role in account.roles if holds_role(role, device, at_ms)]
    if not _may(head, body, held, stream.state):
        return Verdict.NOT_ENTITLED
    row = ROW_BY_TYPE.get(head.type)
    if row is not None and row.needs and not all(getattr(body, need) for need in row.needs):
        return Verdict.ACT_INCOMPLETE
    if isinstance(body, Act) and body.until and not is_day(body.until):
        return Verdict.ACT_INCOMPLETE
    if isinstance(body, Act) and body.point and not registers.has_point(body.point):
        return Verdict.CATALOGUE_MISMATCH
    if isinstance(body, Receive):
        return _judge_opening(head, body, device, registers)
    return Verdict.OK


def holds_role(role: Role, device: DeviceFacts, at_ms: int) -> bool:
    """Whether the role counts at this moment; one held at a point counts only on its devices."""
    in_time = role.from_ms <= at_ms and (role.until_ms == 0 or at_ms <= role.until_ms)
    return in_time and (not role.point or role.point == device.point)


def may_act(
    type_: str, roles: Iterable[Role], state: CaseState, account_id: bytes, device: DeviceFacts
) -> bool:
    """Whether one of these roles, held now, entitles to this type in this case.

    What a screen offers is asked here too, so that nobody is offered what the hub will refuse.
    """
    if state.item is None:
        return False
    held = [role for role in roles if role.point in {"", device.point}]
    scope = _Scope(state.point, state.dept, state.item.mode, state.person, account_id)
    return any(scope.allows(asked, role) for asked in roles_for(type_) for role in held)


def may_fetch(roles: Iterable[Role], device: DeviceFacts, at_ms: int) -> bool:
    """Whether one of these roles entitles to fetch a case of another point to this device's."""
    return device.point != "" and any(
        role.role in _FETCHERS and holds_role(role, device, at_ms) for role in roles
    )


def feeds_of(type_: str, state: CaseState | None, body: Struct | None = None) -> tuple[str, ...]:
    """The feeds that a stream enters with an `ok` event of this type; it never leaves one.

    The caller appends a stream's whole history to each feed that it was not in before.
    """
    if type_.startswith("grant."):
        return ()
    if family_of(type_) != "case":
        return (ZONE_FEED,)
    if state is None:
        return ()
    feeds = [f"point:{state.point}", f"dept:{state.dept}"]
    if state.person:
        feeds.append(f"person:{state.person}")
    if isinstance(body, Fetch):
        feeds.append(f"point:{body.point}")
    return tuple(feeds)


def readable_feeds(
    account_id: bytes,
    roles: Iterable[Role],
    device_point: str,
    points: Iterable[str],
    depts: Iterable[str],
    at_ms: int,
) -> frozenset[str]:
    """The feeds that the account may read on a device at this point (section 7)."""
    feeds = {ZONE_FEED}
    point_feeds = {f"point:{point}" for point in points}
    dept_feeds = {f"dept:{dept}" for dept in depts}
    device = DeviceFacts(number=0, kind="", point=device_point)
    for role in roles:
        if not holds_role(role, device, at_ms):
            continue
        if role.role in _POINT_READERS:
            feeds |= {f"point:{role.point}"} if role.point else point_feeds
        elif role.role in _DEPT_READERS:
            feeds |= {f"dept:{role.dept}"} if role.dept else dept_feeds
        elif role.role in _ALL_READERS:
            feeds |= point_feeds | dept_feeds
        elif role.role in _OWN_READERS:
            feeds.add(f"person:{account_id.hex()}")
    return frozenset(feeds)


class _Scope(Struct, frozen=True):
    """Where a case lies, and who asks."""

    point: str
    dept: str
    mode: str
    person: str
    account_id: bytes

    def allows(self, asked: RowRole, held: Role) -> bool:
        if held.role != asked.role or not asked.modes.allow(self.mode):
            return False
        match asked.scope:
            case "point":
                return not held.point or held.point == self.point
            case "dept":
                return not held.dept or held.dept == self.dept
            case "person":
                return self.person == self.account_id.hex()
            case "any":
                return True
            case "hub":
                return False


@cache  # of the known types alone: nothing else is judged
def _hub_alone(type_: str) -> bool:
    if type_ in _ROLES_BY_RECORD_TYPE:
        return False
    return all(role.scope == "hub" for role in roles_for(type_))


def _hub_may(type_: str) -> bool:
    if family_of(type_) != "case":
        return True
    roles = roles_for(type_)
    return not roles or any(role.scope == "hub" for role in roles)


def _may(head: EventHead, body: Struct, held: list[Role], state: CaseState | None) -> bool:
    administrators = _ROLES_BY_RECORD_TYPE.get(head.type)
    if administrators is not None:
        return any(role.role in administrators for role in held)
    # What opens a case says itself where the case lies; all else is judged by the case it meets. A
    # stream whose opening was refused lies nowhere: nobody is entitled there.
    match body:
        case Receive():
            scope = _Scope(body.point, body.dept, body.item.mode, body.person, head.actor)
        case _ if state is not None and state.item is not None:
            scope = _Scope(state.point, state.dept, state.item.mode, state.person, head.actor)
        case _:
            return False
    asked = roles_for(head.type)
    for role in held:
        for one in asked:
            if scope.allows(one, role):
                return True
    return False


def _judge_grant(
    head: EventHead, body: GrantShow, device: DeviceFacts, registers: Registers
) -> Verdict:
    """What the hub has signed holds, also where it has lost its own record of it."""
    if head.actor or not registers.is_hubs_pass(body.content, body.signature):
        return Verdict.NOT_ENTITLED
    said = decode_pass(body.content)
    own = (said.device, said.account) == (device.number, head.stream)
    return Verdict.OK if own else Verdict.NOT_ENTITLED


def _judge_opening(
    head: EventHead, body: Receive, device: DeviceFacts, registers: Registers
) -> Verdict:
    item = registers.find_item(body.item.id, body.item.version)
    if item is None or not _as_published(body.item, body.dept, item):
        return Verdict.CATALOGUE_MISMATCH
    if head.type == "case.submit_online":
        # Only a window gives receipt numbers.
        return Verdict.RECEIPT_INVALID if body.receipt_no else Verdict.OK
    number = read_printed_receipt(body.receipt_no)
    if number is None or number.point != body.point:
        return Verdict.RECEIPT_INVALID
    if number.device != device.number and number.device not in device.former:
        return Verdict.RECEIPT_INVALID
    given_to = registers.find_receipt(body.receipt_no)
    return Verdict.OK if given_to is None or given_to == head.stream else Verdict.RECEIPT_INVALID


def _as_published(facts: ItemFacts, dept: str, item: PublishedItem) -> bool:
    return (facts.type_code, facts.case_type, facts.mode) == (
        item.type_code,
        item.case_type,
        item.mode,
    ) and (facts.code, dept) in item.implementations
