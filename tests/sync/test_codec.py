"""Frames: what goes in comes out; what is no frame is found, whatever it is."""

import zlib
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync.codec import MAGIC, decode_frame, encode_frame, join_frames, split_frames
from sync.errors import Fault, FrameError
from sync.limits import FRAME_BYTES_MAX, FRAME_DEFLATE_BYTES_MIN, FRAME_INFLATED_BYTES_MAX

PAYLOAD = b"\x93\xa4ping" + bytes(range(256)) * 4


@given(st.binary(min_size=1, max_size=2_000))
def test_a_payload_survives_its_frame(payload: bytes) -> None:
    assert decode_frame(encode_frame(payload)) == payload


@pytest.mark.parametrize("size", [FRAME_DEFLATE_BYTES_MIN - 1, FRAME_DEFLATE_BYTES_MIN])
def test_only_larger_payloads_are_deflated(size: int) -> None:
    assert encode_frame(bytes(size))[2] == int(size >= FRAME_DEFLATE_BYTES_MIN)


def test_every_prefix_of_a_deflated_frame_is_malformed() -> None:
    frame = encode_frame(PAYLOAD)
    for end in range(len(frame)):
        with pytest.raises(FrameError) as caught:
            decode_frame(frame[:end])
        assert caught.value.fault is Fault.FRAME_MALFORMED


@given(st.data())
def test_a_flipped_bit_is_a_frame_error_or_another_payload(data: st.DataObject) -> None:
    frame = bytearray(encode_frame(PAYLOAD))
    at = data.draw(st.integers(0, len(frame) * 8 - 1))
    frame[at // 8] ^= 1 << at % 8
    try:
        decode_frame(bytes(frame))
    except FrameError:
        return
    # Bit 16 says whether the payload is deflated; all else of magic and flags is checked.
    assert at // 8 >= 3 or at == 16


@given(st.binary(max_size=400))
def test_hostile_bytes_raise_nothing_but_frame_errors(noise: bytes) -> None:
    for frame in (noise, MAGIC + noise, MAGIC + b"\x01" + noise):
        with suppress(FrameError):
            decode_frame(frame)


def test_an_oversized_frame_is_refused_before_it_is_read() -> None:
    with pytest.raises(FrameError) as caught:
        decode_frame(MAGIC + b"\x00" + bytes(FRAME_BYTES_MAX))
    assert caught.value.fault is Fault.FRAME_OVERSIZED


@pytest.mark.parametrize(("extra", "fits"), [(0, True), (1, False)])
def test_inflating_stops_at_the_limit(extra: int, fits: bool) -> None:
    packer = zlib.compressobj(level=9, wbits=-15)
    frame = MAGIC + b"\x01" + packer.compress(bytes(FRAME_INFLATED_BYTES_MAX + extra))
    frame += packer.flush()
    if fits:
        assert len(decode_frame(frame)) == FRAME_INFLATED_BYTES_MAX
        return
    with pytest.raises(FrameError) as caught:
        decode_frame(frame)
    assert caught.value.fault is Fault.FRAME_OVERSIZED


@given(st.lists(st.binary(max_size=50), max_size=5))
def test_a_body_gives_its_frames_back(frames: list[bytes]) -> None:
    assert list(split_frames(join_frames(frames))) == frames


def test_a_body_cut_anywhere_but_between_frames_is_malformed() -> None:
    body = join_frames([b"ZC\x00\xc0", b"ZC\x00\xc2"])
    for end in range(1, len(body)):
        if end == 8:
            continue
        with pytest.raises(FrameError):
            list(split_frames(body[:end]))
