"""Mutation that knows MessagePack: most random bytes are no message, and a reader must be met deeper than at its door.

The decoders are native code, which coverage does not see; so half of the inputs stay well-formed MessagePack with one
value in it changed, dropped, doubled or replaced by one that readers are known to stumble over.
"""

import random
from collections.abc import Callable, Iterator, Sequence

import msgspec

SPOILERS: tuple[object, ...] = (
    None, True, 0, 1, -1, 2**53 - 1, 2**53, 2**63, 2**64 - 1, 0.5, float("nan"), "", "\0", "x" * 300, "__proto__",
    "case.receive", "case.edit", "applied", "\n", "吉", "𠮷", b"", bytes(8), bytes(16), bytes(32), b"hub", [], [[]], {},
    {"__proto__": 1}, {1: 1}, [0, 0, 0, 0, None], msgspec.msgpack.Ext(1, b"x"),
)  # fmt: skip
# Text that is no UTF-8, and a map with a doubled key, cannot be written from values.
SPOILT_BYTES = (b"\xa1\xff", b"\x82\xa1a\x01\xa1a\x02", b"\xc1", b"\x91" * 1_500)
DEPTH_MAX = 40


def mutate(data: bytes, rng: random.Random) -> bytes | None:
    """One change of one value in a MessagePack message; None where the bytes are none."""
    try:
        value: object = msgspec.msgpack.decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError, ValueError, TypeError):
        return None
    changed = _change(value, rng, 0)
    try:
        encoded = msgspec.msgpack.encode(changed)
    except (OverflowError, TypeError, RecursionError, UnicodeEncodeError):
        return None
    if rng.random() < 0.1:
        at = rng.randint(0, len(encoded))
        encoded = encoded[:at] + rng.choice(SPOILT_BYTES) + encoded[at:]
    return encoded


def _change(value: object, rng: random.Random, depth: int) -> object:
    match value:
        case list() if value and depth < DEPTH_MAX and rng.random() < 0.9:
            return _change_list(value, rng, depth)
        case dict() if value and depth < DEPTH_MAX and rng.random() < 0.9:
            key = rng.choice(list(value))
            changed = {**value, key: _change(value[key], rng, depth + 1)}
            if rng.random() < 0.1:
                del changed[key]
            return changed
        case int() if rng.random() < 0.5:
            return value + rng.choice((-1, 1, 1 << 32))
        case bytes() | str() if value and rng.random() < 0.5:
            return value[: rng.randint(0, len(value))]
        case _:
            return rng.choice(SPOILERS)


def _change_list(items: list[object], rng: random.Random, depth: int) -> list[object]:
    at = rng.randrange(len(items))
    doing = rng.random()
    if doing < 0.06:
        return [*items[:at], *items[at + 1 :]]
    if doing < 0.12:
        return [*items[:at], items[at], *items[at:]]
    return [*items[:at], _change(items[at], rng, depth + 1), *items[at + 1 :]]


def mutator(
    vectors: Sequence[bytes], lead_bytes: int, plain: Callable[[bytes, int], bytes]
) -> Callable[[bytes, int, int], bytes]:
    """The fuzzer's mutator: half the time one value changes, otherwise any bytes do (`plain`).

    The fuzzer forgets inputs that reach nothing new in what it sees, so it is given a vector back now and then.
    `lead_bytes` at the front say which target is meant and stay as they are.
    """

    def change(data: bytes, size_max: int, seed: int) -> bytes:
        rng = random.Random(seed)
        if rng.random() < 0.3:
            data = rng.choice(vectors)
        if rng.random() < 0.5:
            changed = change_value(data[lead_bytes:], rng)
            if changed is not None and lead_bytes + len(changed) <= size_max:
                return data[:lead_bytes] + changed
        return plain(data[:size_max], size_max)

    return change


def change_value(data: bytes, rng: random.Random) -> bytes | None:
    """One change in a message, or in a row of messages; None where the bytes are neither."""
    return mutate(data, rng) or _mutate_chunk(data, rng)


def _mutate_chunk(data: bytes, rng: random.Random) -> bytes | None:
    """Of messages behind their lengths, one is changed, doubled or dropped."""
    parts = list(chunks(data))
    if not parts:
        return None
    at = rng.randrange(len(parts))
    changed = mutate(parts[at], rng)
    middle = rng.choice([[], [parts[at]] * 2, [changed], [changed]]) if changed else []
    parts = [*parts[:at], *middle, *parts[at + 1 :]]
    return b"".join(len(part).to_bytes(2, "big") + part for part in parts)


def chunks(data: bytes) -> Iterator[bytes]:
    """Frames or messages one after another, each behind its length in two bytes."""
    while len(data) > 1:
        size = int.from_bytes(data[:2], "big")
        yield data[2 : 2 + size]
        data = data[2 + size :]
