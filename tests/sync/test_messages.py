"""Messages: every one survives its bytes; hostile bytes are decode errors."""

from contextlib import suppress

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync.messages import (
    Ack,
    ClientMessage,
    FaultMessage,
    FeedHead,
    Hello,
    HubMessage,
    Page,
    Ping,
    Pong,
    Push,
    Report,
    Run,
    Subscribe,
    Verdicts,
    Welcome,
    decode_client_message,
    decode_hub_message,
    encode_message,
)
from tests.sync.strategies import digests, lines, streams, uints

runs = st.lists(st.builds(Run, uints, uints, uints, uints, lines), max_size=3)
heads = st.builds(FeedHead, lines, uints, digests, st.binary(max_size=64), uints)
entries = st.lists(
    st.tuples(uints, uints, uints, uints, st.none() | st.binary(max_size=20)), max_size=3
)
client_messages = st.one_of(
    st.builds(
        Hello,
        uints,
        uints,
        streams,
        uints,
        streams,
        lines,
        uints,
        digests,
        st.lists(uints, max_size=3),
    ),
    st.builds(Push, uints, uints, digests, st.lists(st.binary(max_size=9)), st.binary(max_size=64)),
    st.builds(Subscribe, lines, uints, digests),
    st.builds(Report, digests, uints, uints, uints, uints, st.binary(max_size=64)),
    st.builds(Ping, uints),
)
hub_messages = st.one_of(
    st.builds(
        Welcome,
        uints,
        uints,
        uints,
        st.booleans(),
        uints,
        digests,
        st.lists(heads, max_size=2),
        lines,
        st.binary(max_size=64),
        digests,
        epoch_proof=st.binary(max_size=64),
    ),
    st.builds(Ack, uints, uints, digests, runs, st.binary(max_size=64), uints),
    st.builds(Verdicts, uints, runs),
    st.builds(Page, lines, uints, entries, digests, st.none() | heads),
    st.builds(Pong, uints, uints),
    st.builds(FaultMessage, lines, lines, lines, uints),
)


@given(client_messages)
def test_a_device_message_survives(message: ClientMessage) -> None:
    assert decode_client_message(encode_message(message)) == message


def test_what_was_kept_before_there_were_epochs_is_of_none() -> None:
    """A tablet keeps pages, a relay acks, as they came: they can be read for ever, and confirm nothing now."""
    ack = msgspec.msgpack.encode(["ack", 12, 1, bytes(32), [], b"s"])
    head = ["zone", 0, bytes(32), b"s"]
    page = msgspec.msgpack.encode(["page", "zone", 0, [], bytes(32), head])
    assert decode_hub_message(ack) == Ack(12, 1, bytes(32), [], b"s", 0)
    assert decode_hub_message(page).head == FeedHead("zone", 0, bytes(32), b"s", 0)  # type: ignore[union-attr]


@given(hub_messages)
def test_a_hub_message_survives(message: HubMessage) -> None:
    assert decode_hub_message(encode_message(message)) == message


@given(st.one_of(client_messages, hub_messages), st.data())
def test_cut_or_flipped_bytes_raise_decode_errors_only(
    message: ClientMessage | HubMessage, data: st.DataObject
) -> None:
    payload = encode_message(message)
    cut = data.draw(st.integers(0, len(payload) - 1))
    at = data.draw(st.integers(0, len(payload) * 8 - 1))
    flipped = bytearray(payload)
    flipped[at // 8] ^= 1 << at % 8
    for decode in (decode_client_message, decode_hub_message):
        with pytest.raises(msgspec.DecodeError):
            decode(payload[:cut])
        with suppress(msgspec.DecodeError):
            decode(bytes(flipped))


@pytest.mark.parametrize("payload", [b"", b"\xc0", b"\x90", b"\x91\xa6nobody", b"\x92\xa4ping\xff"])
def test_what_is_no_message_is_a_decode_error(payload: bytes) -> None:
    with pytest.raises(msgspec.DecodeError):
        decode_client_message(payload)
