"""A case's state as the fold of its events (docs/protocol.md, section 8).

Twin of pwa/src/sync/fold.ts. Every replica that has the same events says the same, byte for byte.
A state is changed in place by `apply`, since the hub folds every event that it takes; `copy_state`
makes one to try things on.
"""

from collections.abc import Iterable, Mapping
from typing import Literal

import msgspec
from msgspec import Struct

from sync.errors import Void
from sync.event import (
    Act,
    AttachmentStored,
    Edit,
    EventHead,
    Fetch,
    ItemFacts,
    Material,
    Numbered,
    Receive,
    Value,
    decode_body,
    decode_head,
    strictly,
)
from sync.lifecycle import DRAFT, LIFECYCLE, Guard, Row, find_row
from sync.messages import Entry

Effect = Literal["applied", "void", "unknown"]
Holder = tuple[object, int, int, int]
"""[value, position, device, seq]: a value and the event that set it. A value is text, an array of
text, or [status, note, [sha256 …]] of a material."""
Said = tuple[str, object]
"""A key of the state's values and what an event says of it."""
HistoryRow = tuple[int, int, int, str, bytes, int, int, Effect, str, str, str, str]
"""[position, device, seq, type, actor, ms, hub_ms, effect, code, from, to, text]"""
HISTORY_EFFECT, HISTORY_CODE = 7, 8
Particulars = tuple[int, int, list[tuple[str, str, str]], str, str, str]
"""[device, seq, missing, until, recipient, manner]: what an act said beside its text, if it said any of these."""

LICENCE_TYPE_CODE = "01"  # 行政许可


class CaseState(Struct):
    """Where a case stands and all that its history left. `values` by key, see `_set_values`."""

    state: str = DRAFT
    item: ItemFacts | None = None
    point: str = ""
    dept: str = ""
    person: str = ""
    window: str = ""
    receipt_no: str = ""
    case_no: str = ""
    values: dict[str, list[Holder]] = {}
    attachments: dict[str, tuple[int, str, bool]] = {}
    corrections: int = 0
    extensions: int = 0
    unknown: int = 0
    deferred: list[str] = []
    missing: list[tuple[str, str, str]] = []
    reviewer: bytes = b""
    history: list[HistoryRow] = []
    particulars: list[Particulars] = []


class Source(Struct, frozen=True):
    """An event with its place: position and hub_ms are 0 while the hub has not confirmed it."""

    position: int
    device: int
    seq: int
    hub_ms: int
    head: EventHead


_encoder = msgspec.msgpack.Encoder(order="sorted")
_decoder = msgspec.msgpack.Decoder(CaseState)

_VOID_BY_GUARD: Mapping[Guard, Void] = {
    "correction_once": Void.CORRECTION_ONCE,
    "extension_once": Void.EXTENSION_ONCE,
    "licence_only": Void.LICENCE_ONLY,
    "instant_only": Void.INSTANT_ONLY,
    "not_own_review": Void.OWN_REVIEW,
    "no_deferral_open": Void.DEFERRAL_OPEN,
    "deferral_open": Void.NO_DEFERRAL_OPEN,
}


def state_bytes(state: CaseState) -> bytes:
    """The state as bytes that are the same on every replica that has the same events."""
    return _encoder.encode(state)


def decode_state(data: bytes) -> CaseState:
    """The state back from its bytes. Raises msgspec.DecodeError."""
    return strictly(_decoder, data)


def copy_state(state: CaseState) -> CaseState:
    """A state that can be changed without changing this one."""
    return _decoder.decode(_encoder.encode(state))


def source_of(entry: Entry) -> Source:
    """An entry with its event's head. Raises ValueError when the bytes are not filled in."""
    position, device, seq, hub_ms, event = entry
    if event is None:
        raise ValueError(f"entry of device {device}, seq {seq} without its bytes")
    return Source(position, device, seq, hub_ms, decode_head(event))


def fold_case(entries: Iterable[Entry]) -> CaseState:
    """The state after these events of one case, given in any order, each once.

    Confirmed ones by position, then unconfirmed ones (position 0) by (hlc, device, seq). Every
    entry must hold its bytes: fill in one's own first (sync/replica.py).
    """
    sources = [source_of(entry) for entry in entries]
    confirmed = [source for source in sources if source.position]
    unconfirmed = [source for source in sources if not source.position]
    confirmed.sort(key=lambda source: source.position)
    unconfirmed.sort(key=lambda source: (source.head.hlc, source.device, source.seq))
    state = CaseState()
    for source in confirmed:
        apply(state, source)
    for source in unconfirmed:
        apply(state, source)
    return state


def apply(state: CaseState, source: Source, body: Struct | None = None) -> Void | None:
    """Changes `state` by one event; the void code when it had no effect in the state it met.

    `body` is the event's, where the caller has read it already.
    """
    head, before = source.head, state.state
    effect: Effect = "applied"
    void: Void | None = None
    text = ""
    try:
        body = decode_body(head) if body is None else body
    except (KeyError, msgspec.DecodeError):
        state.unknown += 1
        effect = "unknown"
    else:
        match body:
            case Receive():
                void = _transit(state, source, body)
            case Act():
                void = _transit(state, source, body)
                text = _words(body)
                _keep_particulars(state, source, body)
            case Edit():
                void = None if before in LIFECYCLE.edits.from_ else Void.STATE
                if void is None:
                    _set_parts(state, source, body.fields, body.materials)
            case Numbered():
                void = Void.STATE if state.case_no else None
                state.case_no = state.case_no or body.case_no
            case AttachmentStored():
                _set_stored(state, body)
            case Fetch():
                # Who reads it is no part of where it stands; the history says who fetched it, and why.
                text = body.reason
            case _:
                # A type of another family in a case's stream: the hub refuses it; it says nothing.
                void = Void.STATE
    if void is not None:
        effect = "void"
    row: HistoryRow = (
        source.position,
        source.device,
        source.seq,
        head.type,
        head.actor,
        head.ms,
        source.hub_ms,
        effect,
        void or "",
        before,
        state.state,
        text,
    )
    state.history.append(row)
    return void


def conflicts(state: CaseState) -> list[str]:
    """The keys that hold more than one value until somebody who has seen them all chooses."""
    return sorted(key for key, holders in state.values.items() if len(holders) > 1)


def guard_void(guard: Guard, state: CaseState, actor: bytes) -> Void | None:
    """The void code when the guard does not hold for this actor's act in this state."""
    item = state.item
    match guard:
        case "correction_once":
            holds = state.corrections == 0
        case "extension_once":
            holds = state.extensions == 0
        case "licence_only":
            holds = item is not None and item.type_code == LICENCE_TYPE_CODE
        case "instant_only":
            holds = item is not None and item.case_type == "instant"
        case "not_own_review":
            holds = actor != state.reviewer
        case "no_deferral_open":
            holds = not state.deferred
        case "deferral_open":
            holds = bool(state.deferred)
    return None if holds else _VOID_BY_GUARD[guard]


def _transit(state: CaseState, source: Source, body: Receive | Act) -> Void | None:
    row = find_row(source.head.type, state.state)
    if row is None:
        return Void.STATE
    for guard in row.guards:
        void = guard_void(guard, state, source.head.actor)
        if void is not None:
            return void
    if isinstance(body, Receive):
        _open(state, source, body)
    _set_parts(state, source, body.fields, body.materials)
    if isinstance(body, Act):
        _do_effects(state, row, source, body)
    state.state = row.to
    return None


def _open(state: CaseState, source: Source, body: Receive) -> None:
    state.item = body.item
    state.point = body.point
    state.dept = body.dept
    # A receipt at the window does not undo what the applicant's own submission said.
    state.person = body.person or state.person
    state.window = body.window or state.window
    state.receipt_no = body.receipt_no or state.receipt_no
    applicant = body.applicant
    said = [
        ("a:name", applicant.name),
        ("a:id_type", applicant.id_type),
        ("a:id_no", applicant.id_no),
        ("a:phone", applicant.phone),
    ]
    _set_values(state, source, said)


def _set_parts(
    state: CaseState, source: Source, fields: Mapping[str, Value], materials: list[Material]
) -> None:
    said: list[Said] = [("f:" + key, value) for key, value in fields.items()]
    for material in materials:
        digests = [photo.sha256 for photo in material.photos]
        said.append(("m:" + material.id, [material.status, material.note, digests]))
        for photo in material.photos:
            state.attachments.setdefault(photo.sha256.hex(), (photo.size, photo.mime, False))
    _set_values(state, source, said)


def _set_values(state: CaseState, source: Source, said: Iterable[Said]) -> None:
    """Sets each `values[key]` as `source` saw it: what its author had not seen stays beside it."""
    # Names at hand: this runs for every field of every event.
    values, position, device, seq = state.values, source.position, source.device, source.seq
    for key, value in said:
        holders = values.get(key)
        if holders is None:
            values[key] = [(value, position, device, seq)]
            continue
        kept = [holder for holder in holders if not _replaces(source, holder)]
        if all(holder[0] != value for holder in kept):
            kept.append((value, position, device, seq))
        values[key] = kept


def _replaces(source: Source, holder: Holder) -> bool:
    """Whether the author of `source` had seen this value, so that another one takes its place."""
    _, position, device, seq = holder
    if device == source.device and seq < source.seq:
        return True
    # A base past the event's own place was said of a history that the hub has lost.
    base = source.head.base
    lost = 0 < source.position <= base
    return (not lost and 0 < position <= base) or (device, seq) in source.head.seen


def _set_stored(state: CaseState, body: AttachmentStored) -> None:
    key = body.sha256.hex()
    size, mime, _ = state.attachments.get(key, (body.size, body.mime, False))
    state.attachments[key] = (size, mime, True)


def _defects(body: Act) -> list[tuple[str, str, str]]:
    return [(defect.kind, defect.id, defect.note) for defect in body.missing]


def _words(body: Act) -> str:
    return "\n".join(filter(None, (body.ground, body.opinion, body.reason)))


def _keep_particulars(state: CaseState, source: Source, body: Act) -> None:
    if body.missing or body.until or body.recipient or body.manner:
        said = (_defects(body), body.until, body.recipient, body.manner)
        state.particulars.append((source.device, source.seq, *said))


def _do_effects(state: CaseState, row: Row, source: Source, body: Act) -> None:
    for effect in row.effects:
        match effect:
            case "count_correction":
                state.corrections += 1
            case "count_extension":
                state.extensions += 1
            case "keep_missing":
                state.missing = _defects(body)
            case "clear_missing":
                state.missing = []
            case "open_deferral":
                state.deferred = sorted(set(body.deferred))
            case "close_deferral":
                here = {m.id for m in body.materials if m.status in {"provided", "exempt"}}
                state.deferred = [id_ for id_ in state.deferred if id_ not in here]
            case "keep_reviewer":
                state.reviewer = source.head.actor
            case "move_point":
                state.point = body.point
