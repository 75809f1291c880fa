"""Frames: a message as it travels, compressed where that helps (docs/protocol.md, "Frames").

    byte 0-1   "ZC"          what is not ours (a captive portal's page) is found at once
    byte 2     flags         bit 0: the payload is raw deflate (RFC 1951); all others 0
    byte 3-    payload       one MessagePack message

An HTTP body is a sequence of frames, each behind its length as 4 big-endian bytes.
"""

import zlib
from collections.abc import Iterable, Iterator

from sync.errors import Fault, FrameError
from sync.limits import FRAME_BYTES_MAX, FRAME_DEFLATE_BYTES_MIN, FRAME_INFLATED_BYTES_MAX

MAGIC = b"ZC"
CONTENT_TYPE = "application/vnd.zongchuang.sync"
_DEFLATED = 1


def encode_frame(payload: bytes) -> bytes:
    """One frame around an encoded message."""
    if len(payload) < FRAME_DEFLATE_BYTES_MIN:
        return MAGIC + b"\x00" + payload
    # wbits -15: raw deflate. Level 6 is where the ratio flattens for event batches.
    compressor = zlib.compressobj(level=6, wbits=-15)
    return MAGIC + bytes([_DEFLATED]) + compressor.compress(payload) + compressor.flush()


def decode_frame(frame: bytes, inflated_bytes_max: int = FRAME_INFLATED_BYTES_MAX) -> bytes:
    """The payload of one frame. Raises FrameError (frame-malformed, frame-oversized)."""
    if len(frame) > FRAME_BYTES_MAX:
        raise FrameError(Fault.FRAME_OVERSIZED, f"{len(frame)} bytes")
    if len(frame) < 4 or frame[:2] != MAGIC or frame[2] & ~_DEFLATED:
        raise FrameError(Fault.FRAME_MALFORMED, "not a frame")
    if not frame[2] & _DEFLATED:
        return frame[3:]
    inflater = zlib.decompressobj(wbits=-15)
    try:
        payload = inflater.decompress(frame[3:], inflated_bytes_max + 1)
    except zlib.error as error:
        raise FrameError(Fault.FRAME_MALFORMED, str(error)) from error
    if len(payload) > inflated_bytes_max:
        raise FrameError(Fault.FRAME_OVERSIZED, "inflates past the limit")
    if not inflater.eof or inflater.unused_data:
        raise FrameError(Fault.FRAME_MALFORMED, "truncated or trailing bytes")
    return payload


def join_frames(frames: Iterable[bytes]) -> bytes:
    """An HTTP body of several frames."""
    return b"".join(len(frame).to_bytes(4, "big") + frame for frame in frames)


def split_frames(body: bytes) -> Iterator[bytes]:
    """The frames of an HTTP body. Raises FrameError when it is truncated."""
    at = 0
    while at < len(body):
        size = int.from_bytes(body[at : at + 4], "big")
        if at + 4 + size > len(body):
            raise FrameError(Fault.FRAME_MALFORMED, "truncated body")
        yield body[at + 4 : at + 4 + size]
        at += 4 + size
