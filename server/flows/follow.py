"""Following a case without an account: receipt number and the last four characters of the ID number.

One answer for a wrong number and for wrong characters; wrong tries slow down, durably, the number and the address.
Refusals: follow-not-found, slow-down.
"""

import hmac
from dataclasses import dataclass

from server.flows import throttle
from server.flows.hub import Hub
from server.flows.refusals import Code, Refusal
from server.store.cases import CaseRow
from sync.fold import CaseState, decode_state
from sync.lifecycle import LIFECYCLE, ROW_BY_TYPE
from sync.number import NumberRefusal, make_receipt_number, normalise_code, parse_receipt_number

ID_CHARS = 4


@dataclass(frozen=True, slots=True)
class Step:
    """What has happened, in the office's words; at_ms: when it was done, as the receipt says, not when it came."""

    type: str
    zh: str
    at_ms: int


@dataclass(frozen=True, slots=True)
class Followed:
    """What the applicant sees of the case: nothing personal. item: its id; photos_missing: not at the hub yet."""

    receipt_no: str
    case_no: str
    item: str
    point: str
    state: str
    state_zh: str
    photos_missing: int
    steps: list[Step]


def follow(hub: Hub, receipt_no: str, id_last4: str, address: str) -> Followed | Refusal:
    """Where the case stands, if both fit."""
    number = _canonical(receipt_no)
    guards = throttle.follow_guards(number, address)
    with hub.store.write() as tx:
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
    return _tell(row, decode_state(row.fold))


def _canonical(receipt_no: str) -> str:
    match parse_receipt_number(receipt_no):
        case NumberRefusal():
            # Still counted under what was typed, so that misspelling is no way round.
            return normalise_code(receipt_no)[:64]
        case number:
            return make_receipt_number(number.point, number.device, number.date, number.counter)


def _fits(row: CaseRow, given: str) -> bool:
    return len(given) == ID_CHARS and hmac.compare_digest(given.encode(), row.id_last4.encode())


def _tell(row: CaseRow, state: CaseState) -> Followed:
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
    )
