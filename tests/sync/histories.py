"""Random histories of one case from a seed: what the fold of both languages must agree on.

Concurrent edits with every kind of base and seen, acts in and out of order, unknown types,
malformed bodies, unconfirmed tails, texts that print differently in careless hands.
"""

import random
from collections.abc import Callable

import msgspec
from msgspec import Struct

from sync import clock
from sync.event import (
    ACT_TYPES,
    Act,
    AttachmentStored,
    Edit,
    Fetch,
    Material,
    Missing,
    Numbered,
    Photo,
    Value,
    encode_event,
)
from sync.lifecycle import LIFECYCLE, find_row
from sync.messages import Entry
from sync.vectors_wire import HUB_MS, ITEM, RECEIVE, STREAM, digest

ACTORS = [bytes([7] * 15 + [i]) for i in range(2)]
DEVICES = [2, 3, 12, 300, 70_000]
KEYS = ["name", "scope", "a", "Z", "constructor", "k-9", "x.y:z", "0", "10", "toString"]
TEXTS = ["", "甲", "𠮷野家", "a" * 40, "\u2028", "é", "e\u0301", "0", "null", "\x00"]
ENTRIES_MAX = 40


def history(rng: random.Random) -> list[Entry]:
    """The entries of one case in the order in which they were written."""
    entries: list[Entry] = []
    seqs = dict.fromkeys(DEVICES, 0)
    length = rng.randint(0, ENTRIES_MAX)
    confirmed = rng.randint(0, length) if rng.random() < 0.6 else length
    position, state = 0, "draft"
    for i in range(length):
        device = rng.choice(DEVICES)
        seqs[device] += rng.randint(1, 3)
        if i < confirmed:
            position += rng.choice([1, 1, 1, 2, 90])
        place = (position, HUB_MS + i) if i < confirmed else (0, 0)
        type_, body = _typed(rng, state)
        row = find_row(type_, state)
        state = row.to if row else state
        hlc = clock.pack(HUB_MS + rng.randint(-5, 5), rng.randint(0, 2))
        base = rng.choice([0, position, rng.randint(0, position), max(0, position - 1)])
        others = [(e[1], e[2]) for e in entries if e[1] != device]
        seen = rng.sample(others, min(len(others), rng.randint(0, 2)))
        event = _encode(type_, hlc, rng.choice([*ACTORS, b""]), base, seen, body)
        entries.append((place[0], device, seqs[device], place[1], event))
    return entries


def _encode(
    type_: str,
    hlc: bytes,
    actor: bytes,
    base: int,
    seen: list[tuple[int, int]],
    body: Struct | dict[str, object],
) -> bytes:
    if isinstance(body, Struct):
        return encode_event(type_, STREAM, hlc, actor, base, seen, body)
    return msgspec.msgpack.encode([1, type_, STREAM, hlc, actor, base, seen, body])


def _typed(rng: random.Random, state: str) -> tuple[str, Struct | dict[str, object]]:
    # Mostly acts that something can follow: the guards stand late in a case's life.
    rows = [row for row in LIFECYCLE.transitions if state in row.from_]
    onward = [row for row in rows if not LIFECYCLE.states[row.to].terminal]
    fitting = [row.type for row in (onward if rng.random() < 0.9 else rows)]
    if fitting and rng.random() < 0.55:
        type_ = rng.choice(fitting)
        return type_, _receive(rng) if type_ in {"case.receive", "case.submit_online"} else _act(
            rng
        )
    makers: list[Callable[[random.Random], tuple[str, Struct | dict[str, object]]]] = [
        lambda r: ("case.edit", Edit(_fields(r), _materials(r))),
        lambda r: ("case.edit", Edit({"name": r.choice(TEXTS)})),
        lambda r: ("case.edit", Edit({"name": r.choice(TEXTS)})),
        lambda r: (r.choice(ACT_TYPES), _act(r)),
        lambda r: (r.choice(["case.receive", "case.submit_online"]), _receive(r)),
        lambda r: ("case.number", Numbered(r.choice(TEXTS))),
        lambda r: ("case.attachment", AttachmentStored(_digest(r), 5, "image/png")),
        lambda r: ("case.fetch", Fetch("JZ", r.choice(TEXTS), 21)),
        _odd,
    ]
    return rng.choice(makers)(rng)


def _odd(rng: random.Random) -> tuple[str, dict[str, object]]:
    odd: list[tuple[str, dict[str, object]]] = [
        ("case.of_the_future", {"fields": {"name": "x"}, "deep": [[{"a": [None, True, 1.5]}]]}),
        ("case.accept", {"opinion": 5}),
        ("case.accept", {"opinion": None}),
        ("case.edit", {"fields": {"no spaces": "x"}}),
        ("case.edit", {"fields": {"name": ["a", 1]}}),
        ("case.edit", {"fields": {"name": "n"}, "unknown": {"x": 1}}),
        ("case.edit", {"materials": [{"id": "M1", "status": "odd"}]}),
        ("case.edit", {"materials": [{"id": "M1", "status": "missing", "extra": 1}]}),
        ("case.attachment", {"sha256": b"short", "size": 5, "mime": "x"}),
        ("case.attachment", {"sha256": bytes(32), "size": -1, "mime": "x"}),
        ("case.number", {}),
        ("zone.future", {}),
    ]
    return rng.choice(odd)


def _receive(rng: random.Random) -> Struct:
    item = msgspec.structs.replace(
        ITEM,
        type_code=rng.choice(["01", "20"]),
        case_type=rng.choice(["instant", "commitment"]),
    )
    return msgspec.structs.replace(
        RECEIVE,
        item=item,
        point=rng.choice(["HALL", "JZ"]),
        dept=rng.choice(["SCJG", "SBJ"]),
        fields=_fields(rng),
        materials=_materials(rng),
        window=rng.choice(["", "W1"]),
        receipt_no=rng.choice(["", "JK-1"]),
        person=rng.choice(["", "ab" * 16]),
    )


def _act(rng: random.Random) -> Struct:
    return Act(
        opinion=rng.choice(["", "同意"]),
        reason=rng.choice(["", "理由"]),
        missing=[Missing("field", "name", rng.choice(TEXTS))] * rng.randint(0, 2),
        deferred=[rng.choice(["M1", "M2", "M10", "a"]) for _ in range(rng.randint(0, 3))],
        fields=_fields(rng) if rng.random() < 0.4 else {},
        materials=_materials(rng) if rng.random() < 0.5 else [],
        manner=rng.choice(["", "", "post"]),
        recipient=rng.choice(["", "", "某某"]),
        until=rng.choice(["", "", "2026-12-07"]),
        point=rng.choice(["", "JZ"]),
    )


def _fields(rng: random.Random) -> dict[str, Value]:
    def value() -> Value:
        if rng.random() < 0.7:
            return rng.choice(TEXTS)
        return [rng.choice(TEXTS) for _ in range(rng.randint(0, 3))]

    return {rng.choice(KEYS): value() for _ in range(rng.randint(0, 4))}


def _materials(rng: random.Random) -> list[Material]:
    statuses = ["provided", "exempt", "deferred", "missing"]
    return [
        Material(
            rng.choice(["M1", "M2", "M10"]),
            rng.choice(statuses),
            [Photo(_digest(rng), rng.randint(0, 2**40), "image/jpeg")] * rng.randint(0, 2),
            rng.choice(TEXTS),
        )
        for _ in range(rng.randint(0, 3))
    ]


def _digest(rng: random.Random) -> bytes:
    return digest(f"photo {rng.randint(0, 5)}")
