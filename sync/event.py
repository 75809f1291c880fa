"""The event: what is in a device's log, and the bodies of all types (docs/protocol.md, "Events").

An event's bytes are encoded once, by its author, and never again by anyone: a reader decodes them, keeps them, hashes
them and hands on the same bytes. So the structs below may grow: unknown keys of a body are ignored by an older reader
and survive in the bytes.
"""

from collections.abc import Mapping
from typing import Annotated, TypeVar

import msgspec
from msgspec import Meta, Struct

from sync.limits import (
    EVENT_BYTES_MAX,
    EVENT_SEEN_COUNT_MAX,
    EVENT_VERSION,
    FIELD_CHARS_MAX,
    FIELD_COUNT_MAX,
    MATERIAL_COUNT_MAX,
    MATERIAL_PHOTO_COUNT_MAX,
)

StreamId = Annotated[bytes, Meta(min_length=16, max_length=16)]  # a UUIDv7
Actor = Annotated[bytes, Meta(max_length=16)]  # the account's stream, or empty: the device itself
Hlc = Annotated[
    bytes, Meta(min_length=8, max_length=8)
]  # 48 bits of milliseconds, 16 of counter, big-endian
Digest = Annotated[bytes, Meta(min_length=32, max_length=32)]  # SHA-256
Uint = Annotated[int, Meta(ge=0, le=2**53 - 1)]  # what a JavaScript number holds exactly
# \Z, not $: Python's $ would let a newline through at the end, and JavaScript's would not. No leading underscore:
# "__proto__" as a key is a trap in JavaScript.
Key = Annotated[str, Meta(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.:-]{0,63}\Z")]
Line = Annotated[str, Meta(max_length=200)]
Text = Annotated[str, Meta(max_length=FIELD_CHARS_MAX)]
Value = Text | Annotated[list[Line], Meta(max_length=64)]
Fields = Annotated[dict[Key, Value], Meta(max_length=FIELD_COUNT_MAX)]
AccountHex = Annotated[str, Meta(pattern=r"^([0-9a-f]{32})?\Z")]
# As a key anywhere in an event this breaks what reads it in JavaScript, so no event has it.
TRAP_KEY = "__proto__"
_TRAP_BYTES = TRAP_KEY.encode()


class EventHead(Struct, array_like=True, frozen=True):
    """An event with its body still encoded: what every node can read of any event, known type or not."""

    version: Uint
    type: Annotated[str, Meta(pattern=r"^[a-z]+\.[a-z_]{1,40}\Z")]
    stream: StreamId
    hlc: Hlc
    actor: Actor
    base: Uint
    seen: Annotated[list[tuple[Uint, Uint]], Meta(max_length=EVENT_SEEN_COUNT_MAX)]
    body: msgspec.Raw

    @property
    def ms(self) -> int:
        """The author's time in milliseconds since 1970, UTC."""
        return int.from_bytes(self.hlc[:6], "big")


# --- bodies: the case ----------------------------------------------------------------------------------------------


class ItemFacts(Struct, frozen=True):
    """What the case must know of its item; copied when it is received, since a case keeps the version in force."""

    id: Key
    version: Line
    code: Line  # implementation code, 31 characters
    type_code: Line  # "01" administrative licence …
    case_type: Line  # instant | commitment
    mode: Line  # acceptance mode


class Applicant(Struct, frozen=True):
    """Who asks: a person or an organisation."""

    name: Line
    id_type: Line  # idcard | uscc
    id_no: Line
    phone: Line = ""


class Photo(Struct, frozen=True):
    """A scan of a material: its bytes travel apart from the event, named by their SHA-256."""

    sha256: Digest
    size: Uint
    mime: Line


class Material(Struct, frozen=True):
    """One line of the checklist. status: provided | exempt | deferred | missing."""

    id: Key
    status: Annotated[str, Meta(pattern=r"^(provided|exempt|deferred|missing)\Z")]
    photos: Annotated[list[Photo], Meta(max_length=MATERIAL_PHOTO_COUNT_MAX)] = []
    note: Line = ""


Materials = Annotated[list[Material], Meta(max_length=MATERIAL_COUNT_MAX)]


class Missing(Struct, frozen=True):
    """One defect of a one-time correction notice. kind: material | field."""

    kind: Annotated[str, Meta(pattern=r"^(material|field)\Z")]
    id: Key
    note: Line = ""


class Receive(Struct, frozen=True):
    """case.receive, case.submit_online: opens a case; from `prereview_passed` it carries the same again."""

    item: ItemFacts
    point: Key
    dept: Key
    applicant: Applicant
    fields: Fields
    materials: Materials
    window: Line = ""
    receipt_no: Line = ""
    person: AccountHex = ""  # hex of the applicant's account, when there is one


class Act(Struct, frozen=True):
    """Every other act of the lifecycle table; which of these it must carry is said there (`needs`)."""

    opinion: Text = ""
    reason: Text = ""
    ground: Line = ""
    missing: Annotated[list[Missing], Meta(max_length=FIELD_COUNT_MAX)] = []
    deferred: Annotated[list[Key], Meta(max_length=MATERIAL_COUNT_MAX)] = []
    fields: Fields = {}
    materials: Materials = []
    manner: Line = ""  # of delivery: in_person | post | electronic
    recipient: Line = ""
    until: Line = ""  # of a correction: the day by which to bring what is missing, YYYY-MM-DD
    point: Line = ""  # where a transfer moves the case


class Edit(Struct, frozen=True):
    """case.edit: changed fields and materials, outside any transition."""

    fields: Fields = {}
    materials: Materials = []


class Numbered(Struct, frozen=True):
    """case.number: the hub gives the official case number when an acceptance is confirmed."""

    case_no: Line


class AttachmentStored(Struct, frozen=True):
    """case.attachment: the hub says that it holds the bytes of a photo, durably."""

    sha256: Digest
    size: Uint
    mime: Line


class Fetch(Struct, frozen=True):
    """case.fetch, by the hub in a person's name: from now on the case is read at this point as well.

    reason: why that person needs it there; device: the one on which they asked for it.
    """

    point: Key
    reason: Line
    device: Uint


# --- bodies: the zone's reference data -------------------------------------------------------------------------------


class Record(Struct, frozen=True):
    """point.set, window.set, department.set, item.publish, bundle.set, resource.set, duty.set: the last one stands."""

    id: Key
    record: dict[str, msgspec.Raw]


class Role(Struct, frozen=True):
    """A role held at a point or in a department (neither: in the whole zone) for a span of time; until 0: open."""

    role: Key
    point: Line = ""
    dept: Line = ""
    from_ms: Uint = 0
    until_ms: Uint = 0


class AccountSet(Struct, frozen=True):
    """account.set: who a person is and what the person may do. Secrets are never in an event."""

    username: Line
    name: Line
    roles: list[Role]
    closed: bool = False


class GrantIssue(Struct, frozen=True):
    """grant.issue, in the account's stream and in no feed: this account may work on this device for this span."""

    device: Uint
    from_ms: Uint
    until_ms: Uint


class GrantShow(Struct, frozen=True):
    """grant.show, by the device in the account's stream and in no feed: what the hub signed at the sign-in (a Pass).

    It goes before the work done under it, wherever the log goes: a restored hub that has lost the grant has it again.
    """

    content: bytes
    signature: bytes


class SessionEnd(Struct, frozen=True):
    """session.end, in a stream of its own: what was signed for this account on this device up to `at_ms` is over."""

    account: StreamId
    device: Uint
    at_ms: Uint


class DeviceEnrol(Struct, frozen=True):
    """device.enrol: a device's number, key, point. kind: hub | tablet | desk | relay; of a relay, its address.

    former: the device that it was before, whose key has vouched for it; 0: none.
    """

    number: Uint
    suite: Uint
    public_key: bytes
    point: Line
    name: Line
    kind: Line
    address: Line = ""
    former: Uint = 0


class DeviceRevoke(Struct, frozen=True):
    """device.revoke: from now on the hub refuses what this device pushes, and keeps it."""

    number: Uint
    reason: Line


class EpochBegin(Struct, frozen=True):
    """epoch.begin: the hub was restored; its own positions and numbers go on from that moment (sync/epoch.py).

    after: the last position that the backup had · backed_up_ms, restored_ms: when it was made and when restored.
    """

    after: Uint
    backed_up_ms: Uint
    restored_ms: Uint


class BackupMade(Struct, frozen=True):
    """backup.made: all up to this position is in a backup, too, taken at that time: it can be lost no more."""

    position: Uint
    taken_ms: Uint


Body = (
    Receive | Act | Edit | Numbered | AttachmentStored | Fetch
    | Record | AccountSet | GrantIssue | GrantShow | SessionEnd
    | DeviceEnrol | DeviceRevoke | EpochBegin | BackupMade
)  # fmt: skip

RECORD_TYPES = (
    "point.set",
    "window.set",
    "department.set",
    "item.publish",
    "bundle.set",
    "resource.set",
    "duty.set",
)
ACT_TYPES = (
    "case.prereview_return",
    "case.resubmit_online",
    "case.prereview_pass",
    "case.request_correction",
    "case.supplement",
    "case.lapse",
    "case.refuse_acceptance",
    "case.accept",
    "case.accept_with_deferral",
    "case.deem_accepted",
    "case.supply_deferred",
    "case.transfer",
    "case.decide_on_the_spot",
    "case.assign_review",
    "case.suspend",
    "case.resume",
    "case.extend",
    "case.review_opinion",
    "case.send_back",
    "case.approve",
    "case.deny",
    "case.seal_and_make",
    "case.deliver",
    "case.deliver_denial",
    "case.archive",
    "case.withdraw",
    "case.terminate",
)
BODY_BY_TYPE: Mapping[str, type[Struct]] = {
    "case.receive": Receive,
    "case.submit_online": Receive,
    **dict.fromkeys(ACT_TYPES, Act),
    "case.edit": Edit,
    "case.number": Numbered,
    "case.attachment": AttachmentStored,
    "case.fetch": Fetch,
    **dict.fromkeys(RECORD_TYPES, Record),
    "account.set": AccountSet,
    "grant.issue": GrantIssue,
    "grant.show": GrantShow,
    "session.end": SessionEnd,
    "device.enrol": DeviceEnrol,
    "device.revoke": DeviceRevoke,
    "epoch.begin": EpochBegin,
    "backup.made": BackupMade,
}
# Types that may be the first of their stream; any other waits until its stream is there.
OPENING_TYPES = frozenset(
    {
        "case.receive",
        "case.submit_online",
        *RECORD_TYPES,
        "account.set",
        "session.end",
        "device.enrol",
        "epoch.begin",
        "backup.made",
    }
)

T = TypeVar("T")


def strictly(decoder: msgspec.msgpack.Decoder[T], data: bytes) -> T:
    """What `decoder` reads in `data`. Raises msgspec.DecodeError, also for text not in UTF-8 and for deep nesting."""
    try:
        return decoder.decode(data)
    except (UnicodeDecodeError, RecursionError) as error:
        raise msgspec.DecodeError(str(error)) from error


def has_trap_key(event: bytes) -> bool:
    """Whether a map in a decodable event has TRAP_KEY as a key, however deep. Raises msgspec.DecodeError."""
    if _TRAP_BYTES not in event:
        return False
    todo: list[object] = [strictly(_any_decoder, event)]
    while todo:
        match todo.pop():
            case dict() as fields:
                if TRAP_KEY in fields:
                    return True
                todo += fields.values()
            case list() as items:
                todo += items
            case _:
                pass
    return False


_any_decoder = msgspec.msgpack.Decoder()
_head_decoder = msgspec.msgpack.Decoder(EventHead)
_body_decoders = {type_: msgspec.msgpack.Decoder(body) for type_, body in BODY_BY_TYPE.items()}
_encoder = msgspec.msgpack.Encoder()


def encode_event(
    type_: str,
    stream: bytes,
    hlc: bytes,
    actor: bytes,
    base: int,
    seen: list[tuple[int, int]],
    body: Struct,
) -> bytes:
    """An event's bytes, as its author fixes them for ever. Raises ValueError past EVENT_BYTES_MAX."""
    assert isinstance(body, BODY_BY_TYPE[type_])
    raw = msgspec.Raw(_encoder.encode(body))
    data = _encoder.encode(EventHead(EVENT_VERSION, type_, stream, hlc, actor, base, seen, raw))
    if len(data) > EVENT_BYTES_MAX:
        raise ValueError(f"event of {len(data)} bytes exceeds {EVENT_BYTES_MAX}")
    return data


def decode_head(data: bytes) -> EventHead:
    """The event without its body. Raises msgspec.DecodeError (or its child ValidationError) when malformed."""
    return strictly(_head_decoder, data)


def decode_body(head: EventHead) -> Struct:
    """The typed body. Raises KeyError for a type unknown to this version, msgspec.DecodeError when malformed."""
    body: Struct = strictly(_body_decoders[head.type], head.body)
    return body
