"""Branches of a forked device's log that were kept aside: what is in them, and which cases have come since.

What a branch did in a case that the hub had before cannot be told from here: who brings it writes it anew.
"""

from dataclasses import dataclass

import msgspec

from server.flows.problems import TYPE_ZH
from server.store.devices import DeviceRow, ForkRow
from server.store.store import Transaction
from sync.event import EventHead, Receive, decode_body, decode_head
from sync.messages import Push, decode_client_message

OPENED_MAX = 10  # branches of a device that are looked into
CASES_MAX = 50  # of one branch


@dataclass(frozen=True, slots=True)
class BranchCase:
    """What a branch did in one case. steps: what was done there, in order, in the office's words.

    received: the branch took it in, under `receipt_no`; here: the hub has the case.
    """

    stream: str
    receipt_no: str
    steps: list[str]
    received: bool
    here: bool


@dataclass(frozen=True, slots=True)
class Branch:
    """A branch that is not the device's log and was kept aside: events from `first_seq`, as pushed.

    cases: the first CASES_MAX of the newest OPENED_MAX branches; cases_all: how many there are.
    """

    first_seq: int
    events: int
    received_ms: int
    cases: list[BranchCase]
    cases_all: int


def branches_of(tx: Transaction, row: DeviceRow, limit: int) -> list[Branch]:
    """The newest branches of a device."""
    marks = tx.devices.forks(limit, [row.number])
    opened = [_branch(tx, fork) for fork in tx.devices.branches(row.number, OPENED_MAX)]
    rest = [
        Branch(one.first_seq, one.length, one.received_ms, [], 0) for one in marks[len(opened) :]
    ]
    return [*opened, *rest]


def _branch(tx: Transaction, fork: ForkRow) -> Branch:
    push = decode_client_message(fork.push)
    assert isinstance(push, Push), "what was kept is what was pushed"
    in_log = {event for _, event, _ in tx.ledger.log(fork.device, fork.first_seq - 1, fork.length)}
    heads: dict[bytes, list[EventHead]] = {}
    for event in push.events:
        head = None if event in in_log else _head(event)
        if head is not None and head.type.startswith("case."):
            heads.setdefault(head.stream, []).append(head)
    shown = dict(list(heads.items())[:CASES_MAX])
    there = tx.cases.by_streams(shown)
    cases = [
        BranchCase(
            stream=stream.hex(),
            receipt_no=_receipt_no(done) or (there[stream].receipt_no if stream in there else ""),
            steps=[TYPE_ZH.get(one.type, one.type) for one in done],
            received=bool(_receipt_no(done)),
            here=stream in there,
        )
        for stream, done in shown.items()
    ]
    return Branch(fork.first_seq, fork.length, fork.received_ms, cases, len(heads))


def _head(event: bytes) -> EventHead | None:
    """None: bytes of a branch are checked by nobody."""
    try:
        return decode_head(event)
    except msgspec.DecodeError:
        return None


def _receipt_no(done: list[EventHead]) -> str:
    for head in done:
        if head.type == "case.receive":
            try:
                body = decode_body(head)
            except msgspec.DecodeError:
                continue
            if isinstance(body, Receive):
                return body.receipt_no
    return ""
