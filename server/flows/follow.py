"""Following a case without an account: receipt number and the last four characters of the ID number.

One answer for a wrong number and for wrong characters; wrong tries slow down, durably, the number and the address.
Refusals: follow-not-found, slow-down.
"""

import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import msgspec

from server.flows import throttle
from server.flows.hub import Hub
from server.flows.refusals import Code, Refusal
from server.store.cases import CaseRow
from server.store.store import Transaction
from sync.fold import CaseState, decode_state
from sync.lifecycle import LIFECYCLE, ROW_BY_TYPE
from sync.number import NumberRefusal, make_receipt_number, normalise_code, parse_receipt_number

ID_CHARS = 4
CORRECTION = "case.request_correction"


# What an item asks for, as far as a correction can name it: kind, list in the record, its key, its name.
_NAMED = (("material", "materials", "id", "name"), ("field", "formFields", "key", "label"))
_decoder = msgspec.msgpack.Decoder(dict[str, Any])


@dataclass(frozen=True, slots=True)
class Step:
    """What has happened, in the office's words; at_ms: when it was done, as the receipt says, not when it came."""

    type: str
    zh: str
    at_ms: int


@dataclass(frozen=True, slots=True)
class Wanted:
    """One thing that a correction asked for: its name, and what was said of it."""

    kind: str
    name: str
    note: str


@dataclass(frozen=True, slots=True)
class Followed:
    """What the applicant sees of the case: nothing personal. item: its id; photos_missing: not at the hub yet.

    wanted: what to bring, while a correction is pending; wanted_until: by which day, YYYY-MM-DD, "": not said.
    """

    receipt_no: str
    case_no: str
    item: str
    point: str
    state: str
    state_zh: str
    photos_missing: int
    steps: list[Step]
    wanted: list[Wanted]
    wanted_until: str


def follow(hub: Hub, receipt_no: str, id_last4: str, address: str) -> Followed | Refusal:
    """Where the case stands, if both fit."""
    number = _canonical(receipt_no)
    guards = throttle.follow_guards(number, address)
    # Whoever must wait is told so without a turn among those who write.
    with hub.store.read() as tx:
        refusal = throttle.refuse(tx, guards, hub.now_ms())
    if refusal is not None:
        return refusal
    with hub.store.write() as tx:
        # Asked again, one try after another: tries at once are not slowed down as one.
        now_ms = hub.now_ms()
        throttle.hold(tx, guards, now_ms)
        refusal = throttle.refuse(tx, guards, now_ms)
        if refusal is not None:
            return refusal
        row = tx.cases.find_by_receipt(number)
        given = normalise_code(id_last4)
        if row is None or not _fits(row, given):
            throttle.count_failure(tx, guards, now_ms)
            return Refusal(Code.FOLLOW_NOT_FOUND)
        throttle.forgive(tx, guards[0])
        state = decode_state(row.fold)
        names = _names(tx, state) if state.missing else {}
    return _tell(row, state, names)


def _canonical(receipt_no: str) -> str:
    match parse_receipt_number(receipt_no):
        case NumberRefusal():
            # Still counted under what was typed, so that misspelling is no way round.
            return normalise_code(receipt_no)[:64]
        case number:
            return make_receipt_number(number.point, number.device, number.date, number.counter)


def _fits(row: CaseRow, given: str) -> bool:
    return len(given) == ID_CHARS and hmac.compare_digest(given.encode(), row.id_last4.encode())


def _names(tx: Transaction, state: CaseState) -> dict[tuple[str, str], str]:
    """What materials and fields are called in the version of the item that the case keeps."""
    item = state.item
    assert item is not None, "a correction is asked for of a case that was received"
    records = [
        row.record for row in tx.records.versions_of([item.id]) if row.version == item.version
    ]
    return {key: name for record in records for key, name in read_names(record).items()}


def read_names(record: bytes) -> dict[tuple[str, str], str]:
    """(kind, key) to name, as far as an item's record says it: in these parts a record may say anything."""
    item = _decoder.decode(record)
    names: dict[tuple[str, str], str] = {}
    for kind, part, key, name in _NAMED:
        listed = item.get(part)
        for one in listed if isinstance(listed, list) else []:
            said = one if isinstance(one, dict) else {}
            if isinstance(said.get(key), str) and isinstance(said.get(name), str):
                names[kind, said[key]] = said[name]
    return names


def _until(state: CaseState) -> str:
    """The day that the correction in force named."""
    applied = [row for row in state.history if row[3] == CORRECTION and row[7] == "applied"]
    until_by_event = {(device, seq): until for device, seq, _, until, *_ in state.particulars}
    return until_by_event.get((applied[-1][1], applied[-1][2]), "") if applied else ""


def _tell(row: CaseRow, state: CaseState, names: Mapping[tuple[str, str], str]) -> Followed:
    steps = [
        Step(type_, ROW_BY_TYPE[type_].zh, ms)
        for _, _, _, type_, _, ms, _, effect, *_ in state.history
        if effect == "applied" and type_ in ROW_BY_TYPE
    ]
    return Followed(
        receipt_no=row.receipt_no,
        case_no=row.case_no,
        item=row.item,
        point=row.point,
        state=row.state,
        state_zh=LIFECYCLE.states[row.state].zh,
        photos_missing=row.photos_missing,
        steps=steps,
        wanted=[
            Wanted(kind, names.get((kind, id_), id_), note) for kind, id_, note in state.missing
        ],
        wanted_until=_until(state) if state.missing else "",
    )
