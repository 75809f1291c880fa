"""Test vectors of the fold: histories of one case and the state bytes that they must give.

One walk for every row of the lifecycle, every guard failing, an act in a state that has no row for
it, two values and their choice, unconfirmed events, unknown and malformed ones.
"""

from collections.abc import Iterator

import msgspec
from msgspec import Struct

from sync import clock
from sync.event import (
    Act,
    AttachmentStored,
    Edit,
    Fetch,
    Material,
    Missing,
    Numbered,
    Photo,
    Receive,
    encode_event,
)
from sync.fold import fold_case, state_bytes
from sync.lifecycle import DRAFT, LIFECYCLE, Row
from sync.messages import Entry
from sync.vectors_wire import HUB_MS, ITEM, RECEIVE, STREAM, digest

CLERK, REVIEWER, APPROVER = (bytes([15] * 15 + [i]) for i in range(3))
FULL = Act(
    opinion="同意",
    reason="理由",
    ground="听证",
    missing=[Missing("field", "name", "不清")],
    deferred=["M02", "M01", "M02"],
    fields={"name": "改"},
    materials=[Material("M01", "provided", [Photo(digest("late"), 9, "image/png")], "补")],
    manner="post",
    recipient="某某",
    until="2026-12-07",
    point="JZ",
)
# A plain act changes no material, so that a deferral stays open until a vector closes it.
PLAIN = Act(opinion="同意", reason="理由", ground="g", manner="post", recipient="r")


class Script:
    """Writes a history of one case, one event after another."""

    def __init__(self) -> None:
        self.entries: list[Entry] = []

    def add(
        self, type_: str, body: Struct, *, actor: bytes = CLERK, device: int = 12, **place: object
    ) -> "Script":
        """Appends an event; `base`, `seen` and `confirmed` may be given."""
        seq = len(self.entries) + 1
        base = place.get("base", seq - 1)
        seen = place.get("seen", [])
        assert isinstance(base, int)
        assert isinstance(seen, list)
        hlc = clock.pack(HUB_MS + seq, seq)
        event = encode_event(type_, STREAM, hlc, actor, base, seen, body)
        confirmed = place.get("confirmed", True)
        self.raw(event, device=device, confirmed=bool(confirmed))
        return self

    def raw(self, event: bytes, *, device: int = 12, confirmed: bool = True) -> None:
        """Appends bytes as they are."""
        seq = len(self.entries) + 1
        self.entries.append(
            (seq if confirmed else 0, device, seq, HUB_MS + seq if confirmed else 0, event)
        )

    def vector(self, name: str) -> dict[str, object]:
        """The history with its state bytes."""
        return {
            "name": name,
            "entries": [
                [position, device, seq, hub_ms, (event or b"").hex()]
                for position, device, seq, hub_ms, event in self.entries
            ],
            "state": state_bytes(fold_case(self.entries)).hex(),
        }


def fold_vectors() -> list[dict[str, object]]:
    """Every vector; the same on every run."""
    return [
        Script().vector("empty"),
        *_rows(),
        *_voids(),
        *_guards(),
        *_values(),
        *_oddities(),
    ]


def path_to(state: str) -> list[Row]:
    """The shortest way of acts from draft to a state."""
    paths: dict[str, list[Row]] = {DRAFT: []}
    queue = [DRAFT]
    for here in queue:
        for row in LIFECYCLE.transitions:
            if here in row.from_ and row.to not in paths:
                paths[row.to] = [*paths[here], row]
                queue.append(row.to)
    return paths[state]


def walk(rows: list[Row]) -> Script:
    """A history that takes these rows in order, by people whom no guard stops."""
    script = Script()
    for row in rows:
        script.add(row.type, _body(row), actor=_actor(row))
    return script


def _body(row: Row) -> Receive | Act:
    if row.type in {"case.receive", "case.submit_online"}:
        return RECEIVE
    return FULL if row.needs or row.effects else PLAIN


def _actor(row: Row) -> bytes:
    return REVIEWER if "keep_reviewer" in row.effects else APPROVER


def _rows() -> Iterator[dict[str, object]]:
    for row in LIFECYCLE.transitions:
        for state in row.from_:
            script = walk(path_to(state))
            if "deferral_open" in row.guards:
                script = walk([*path_to("received"), _row("case.accept_with_deferral")])
                if state == "under_review":
                    script.add("case.assign_review", PLAIN)
            yield script.add(row.type, _body(row), actor=_actor(row)).vector(
                f"{row.type} from {state}"
            )


def _voids() -> Iterator[dict[str, object]]:
    for state in LIFECYCLE.states:
        script = walk(path_to(state))
        for row in LIFECYCLE.transitions:
            if all(state not in other.from_ for other in LIFECYCLE.transitions
                   if other.type == row.type):  # fmt: skip
                script.add(row.type, _body(row))
        script.add("case.edit", Edit({"name": "后改"}, [Material("M09", "missing")]))
        yield script.vector(f"all that has no row in {state}, then an edit")


def _guards() -> Iterator[dict[str, object]]:
    again = [_row("case.supplement"), _row("case.request_correction")]
    yield walk([*path_to("correction_pending"), *again]).vector("a second correction")
    extended = walk(path_to("under_review"))
    yield extended.add("case.extend", PLAIN).add("case.extend", PLAIN).vector("a second extension")
    other = msgspec.structs.replace(
        RECEIVE, item=msgspec.structs.replace(ITEM, type_code="20", case_type="commitment")
    )
    script = Script().add("case.receive", other).add("case.deem_accepted", Act())
    script.add("case.accept", PLAIN).add("case.decide_on_the_spot", PLAIN)
    yield script.vector("neither a licence nor instant")
    script = walk(path_to("decision_pending"))
    for type_ in ("case.approve", "case.deny"):
        script.add(type_, PLAIN, actor=REVIEWER)
    script.add("case.approve", PLAIN, actor=APPROVER)
    yield script.vector("one's own review")
    script = walk(path_to("received")).add("case.accept_with_deferral", FULL)
    script.add("case.decide_on_the_spot", PLAIN)
    late = Act(materials=[Material("M01", "provided"), Material("M02", "deferred")])
    script.add("case.supply_deferred", late).add("case.decide_on_the_spot", PLAIN)
    script.add("case.supply_deferred", Act(materials=[Material("M02", "exempt")]))
    script.add("case.supply_deferred", Act()).add("case.decide_on_the_spot", PLAIN)
    yield script.vector("a deferral opened and closed")


def _values() -> Iterator[dict[str, object]]:
    def edit(value: str) -> Edit:
        return Edit({"name": value}, [Material("SCJG-001-M01", "missing", [], value)])

    script = walk(path_to("received"))
    script.add("case.edit", edit("甲"), device=21, base=1).add(
        "case.edit", edit("乙"), device=22, base=1
    )
    yield script.vector("two values")
    script.add("case.edit", edit("甲"), device=23, base=3)
    yield script.vector("a choice after both")
    script.add("case.edit", edit("丙"), device=24, base=2).add(
        "case.edit", edit("丙"), device=25, base=2
    )
    yield script.vector("equal values beside another")
    script.add("case.edit", edit("丁"), device=24, base=2)
    yield script.vector("one's own earlier value is seen")
    script = walk(path_to("received"))
    script.add("case.edit", edit("戊"), device=21, base=1, confirmed=False)
    script.add("case.edit", edit("己"), device=22, base=1, seen=[(21, 2)], confirmed=False)
    script.add("case.edit", edit("庚"), device=23, base=1, confirmed=False)
    yield script.vector("unconfirmed, one seen and one not")
    script = walk(path_to("received"))
    script.add("case.edit", edit(""), device=21, base=0).add(
        "case.edit", Edit({"constructor": "x", "toString": ["y"]}), base=2
    )
    yield script.vector("empty text and keys that JavaScript knows")
    script = walk(path_to("received"))
    script.add("case.edit", edit("辛"), device=21, base=1)
    script.add("case.edit", edit("壬"), device=22, base=900)
    yield script.vector("a base of positions that the hub has lost")


def _oddities() -> Iterator[dict[str, object]]:
    script = walk(path_to("received"))
    hlc = clock.pack(HUB_MS + 99, 1)
    shapes: list[tuple[str, object]] = [
        ("case.future_act", {"whatever": [1, 2.5, None, True, {"a": b"b"}]}),
        ("case.accept", {"opinion": 7}),
        ("case.accept", []),
        ("case.edit", {"fields": {"bad key": "x"}}),
        ("case.edit", {"fields": {"k\n": "x"}}),
        ("case.edit", {"fields": {"k": "长" * 4_001}}),
        ("case.edit", {"fields": {"k": None}}),
        ("case.edit", {"materials": [{"id": "M1", "status": "lost"}]}),
        ("case.edit", {5: 1, "fields": {"k": "x"}}),
        ("case.edit", {"fields": {5: "x"}}),
        ("case.receive", {"item": {}}),
        ("case.attachment", {"sha256": b"short", "size": 1, "mime": "image/png"}),
    ]
    for type_, body in shapes:
        script.raw(msgspec.msgpack.encode([1, type_, STREAM, hlc, CLERK, 1, [], body]))
    yield script.vector("unknown types and malformed bodies")
    script = walk(path_to("received"))
    fine: list[tuple[str, object]] = [
        ("case.edit", {"fields": {"k": "𠮷" * 4_000}, "later": {"unknown": 1}}),
        ("case.edit", {}),
        # What nobody reads may be anything: a number as a key, an extension, one of a wrong size.
        ("case.edit", {"fields": {"k": "x"}, "later": [{5: 1}, {None: {}}]}),
        ("case.edit", {"later": [msgspec.msgpack.Ext(5, b"x"), msgspec.msgpack.Ext(-1, b"x")]}),
        ("account.set", {"username": "u", "name": "n", "roles": []}),
    ]
    for type_, body in fine:
        script.raw(msgspec.msgpack.encode([1, type_, STREAM, hlc, CLERK, 1, [], body, "more"]))
    yield script.vector("more than this version knows")
    script = walk(path_to("accepted"))
    script.add("case.number", Numbered("N1"), actor=b"", device=1)
    script.add("case.number", Numbered("N2"), actor=b"", device=1)
    script.add("case.fetch", Fetch("JZ", "领取", 21), device=1)
    for name in ("p1", "late", "never seen"):
        stored = AttachmentStored(digest(name), 5, "image/png")
        script.add("case.attachment", stored, actor=b"", device=1)
    yield script.vector("numbers and stored photos")


def _row(type_: str) -> Row:
    return next(row for row in LIFECYCLE.transitions if row.type == type_)
