"""The hybrid logical clock: 48 bits of milliseconds, 16 of counter, kept as 8 big-endian bytes.

Kulkarni et al., "Logical Physical Clocks" (OPODIS 2014). A pure value: the wall's reading is always an argument.
"""

from sync.limits import CLOCK_AHEAD_MS_MAX

ZERO = bytes(8)


def pack(ms: int, counter: int) -> bytes:
    """`ms` since 1970 UTC and `counter` as one clock reading."""
    assert 0 <= ms < 1 << 48 and 0 <= counter < 1 << 16
    return (ms << 16 | counter).to_bytes(8, "big")


def unpack(hlc: bytes) -> tuple[int, int]:
    """(milliseconds, counter) of a reading."""
    value = int.from_bytes(hlc, "big")
    return value >> 16, value & 0xFFFF


def tick(last: bytes, wall_ms: int) -> bytes:
    """The next reading for an event of one's own; never goes back. A full counter borrows a millisecond."""
    ms, counter = unpack(last)
    if wall_ms > ms:
        return pack(wall_ms, 0)
    return pack(ms, counter + 1) if counter < 0xFFFF else pack(ms + 1, 0)


def merge(last: bytes, seen: bytes, wall_ms: int) -> bytes:
    """`last` after reading an event of time `seen`; a reading too far ahead of `wall_ms` is not merged."""
    ms, _ = unpack(seen)
    if ms > wall_ms + CLOCK_AHEAD_MS_MAX:
        return last
    return max(last, seen)
