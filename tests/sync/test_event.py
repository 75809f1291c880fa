"""Events: bytes fixed once, hostile bytes told apart, the author's own rules."""

from contextlib import suppress

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync.event import (
    ACT_TYPES,
    BODY_BY_TYPE,
    OPENING_TYPES,
    Act,
    Edit,
    Value,
    decode_body,
    decode_head,
    encode_event,
)
from sync.limits import EVENT_BYTES_MAX
from tests.sync.strategies import bodies, events, hlcs, streams, uints

HLC, STREAM = bytes(8), bytes(16)


@given(bodies, streams, hlcs, uints)
def test_an_event_gives_back_what_its_author_put_in(
    typed: tuple[str, msgspec.Struct], stream: bytes, hlc: bytes, base: int
) -> None:
    type_, body = typed
    head = decode_head(encode_event(type_, stream, hlc, b"", base, [(3, 4)], body))
    assert (head.type, head.stream, head.hlc, head.base, head.seen) == (
        type_,
        stream,
        hlc,
        base,
        [(3, 4)],
    )
    assert decode_body(head) == body
    assert head.ms == int.from_bytes(hlc[:6], "big")


@given(events(), st.data())
def test_every_prefix_and_flipped_bit_is_a_decode_error_or_an_event(
    event: bytes, data: st.DataObject
) -> None:
    cut = data.draw(st.integers(0, len(event) - 1))
    at = data.draw(st.integers(0, len(event) * 8 - 1))
    flipped = bytearray(event)
    flipped[at // 8] ^= 1 << at % 8
    with pytest.raises(msgspec.DecodeError):
        decode_body(decode_head(event[:cut]))
    with suppress(msgspec.DecodeError, KeyError):
        decode_body(decode_head(bytes(flipped)))


@given(st.binary(max_size=300))
def test_noise_is_a_decode_error(noise: bytes) -> None:
    with suppress(msgspec.DecodeError):
        decode_head(noise)


def test_deep_nesting_is_a_decode_error_not_a_stack_overflow() -> None:
    head = msgspec.msgpack.encode([1, "case.edit", STREAM, HLC, b"", 0, []])
    deep = b"\x98" + head[1:] + b"\x91" * 60_000 + b"\xc0"
    with pytest.raises(msgspec.DecodeError):
        decode_body(decode_head(deep))


def test_text_that_is_no_utf8_is_a_decode_error() -> None:
    body = b"\x81\xa7opinion\xa3\xff\xfe\xfd"
    head = msgspec.msgpack.encode([1, "case.accept", STREAM, HLC, b"", 0, []])
    with pytest.raises(msgspec.DecodeError):
        decode_body(decode_head(b"\x98" + head[1:] + body))


def test_what_a_newer_version_adds_is_ignored_and_survives() -> None:
    fields = [1, "case.edit", STREAM, HLC, b"", 0, [], {"fields": {"k": "v"}, "new": 1}, "added"]
    event = msgspec.msgpack.encode(fields)
    assert decode_body(decode_head(event)) == Edit({"k": "v"})


@pytest.mark.parametrize("key", ["", "a b", "键", "_a", "__proto__", "a\n", "a" * 65])
def test_a_bad_key_is_malformed(key: str) -> None:
    event = [1, "case.edit", STREAM, HLC, b"", 0, [], {"fields": {key: "v"}}]
    with pytest.raises(msgspec.DecodeError):
        decode_body(decode_head(msgspec.msgpack.encode(event)))


def test_an_author_cannot_write_an_oversized_event() -> None:
    fields: dict[str, Value] = {f"k{i}": "长" * 4_000 for i in range(6)}
    with pytest.raises(ValueError, match=str(EVENT_BYTES_MAX)):
        encode_event("case.edit", STREAM, HLC, b"", 0, [], Edit(fields))


def test_only_what_opens_a_stream_opens_it() -> None:
    assert not OPENING_TYPES - BODY_BY_TYPE.keys()
    assert not OPENING_TYPES & set(ACT_TYPES)
    assert {"case.edit", "grant.issue", "device.revoke", "case.number"}.isdisjoint(OPENING_TYPES)
    assert BODY_BY_TYPE["case.accept"] is Act
