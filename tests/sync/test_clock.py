"""The clock never goes back, never loses an order, and never follows one that is far ahead."""

from hypothesis import given
from hypothesis import strategies as st

from sync import clock
from sync.limits import CLOCK_AHEAD_MS_MAX

walls = st.integers(0, 2**47)
readings = st.builds(clock.pack, walls, st.integers(0, 0xFFFF))


@given(walls, st.integers(0, 0xFFFF))
def test_a_reading_unpacks(ms: int, counter: int) -> None:
    assert clock.unpack(clock.pack(ms, counter)) == (ms, counter)


@given(readings, walls)
def test_a_tick_is_always_later_and_as_bytes_too(last: bytes, wall: int) -> None:
    following = clock.tick(last, wall)
    assert following > last
    assert clock.unpack(following)[0] >= clock.unpack(last)[0]


@given(readings, readings, walls)
def test_merging_keeps_the_bound(last: bytes, seen: bytes, wall: int) -> None:
    merged = clock.merge(last, seen, wall)
    assert merged >= last
    assert merged in {last, seen}
    if clock.unpack(seen)[0] > wall + CLOCK_AHEAD_MS_MAX:
        assert merged == last
    else:
        assert merged >= seen


def test_a_full_counter_borrows_a_millisecond() -> None:
    assert clock.tick(clock.pack(5, 0xFFFF), 0) == clock.pack(6, 0)
