"""Histories for tests: a short way to write events of one case."""

from msgspec import Struct

from sync import clock
from sync.event import Act, Edit, Material, Value, encode_event
from sync.fold import CaseState, fold_case
from sync.messages import Entry
from sync.vectors_fold import APPROVER, CLERK, REVIEWER
from sync.vectors_wire import HUB_MS, RECEIVE, STREAM

__all__ = ["APPROVER", "CLERK", "HUB_MS", "RECEIVE", "REVIEWER", "STREAM"]


def entry(
    type_: str,
    body: Struct,
    *,
    position: int = 0,
    device: int = 12,
    seq: int = 1,
    base: int = 0,
    seen: list[tuple[int, int]] | None = None,
    actor: bytes = CLERK,
    ms: int = HUB_MS,
) -> Entry:
    """One entry of the case STREAM; position 0: unconfirmed."""
    event = encode_event(type_, STREAM, clock.pack(ms, seq), actor, base, seen or [], body)
    return (position, device, seq, HUB_MS if position else 0, event)


def edit(
    value: Value,
    *,
    position: int = 0,
    device: int = 12,
    seq: int = 2,
    base: int = 1,
    seen: list[tuple[int, int]] | None = None,
    ms: int = HUB_MS,
) -> Entry:
    """An edit of the field `name`."""
    return entry(
        "case.edit",
        Edit({"name": value}),
        position=position,
        device=device,
        seq=seq,
        base=base,
        seen=seen,
        ms=ms,
    )


RECEIVED = entry("case.receive", RECEIVE, position=1)


def held(entries: list[Entry]) -> list[object]:
    """What `name` holds after the receipt and these entries."""
    return [holder[0] for holder in fold_case([RECEIVED, *entries]).values["f:name"]]


def received() -> CaseState:
    """A case just received."""
    return fold_case([RECEIVED])


FULL_ACT = Act(
    opinion="o",
    reason="r",
    ground="g",
    deferred=["M1"],
    manner="post",
    recipient="r",
    point="JZ",
    materials=[Material("M1", "deferred")],
)
