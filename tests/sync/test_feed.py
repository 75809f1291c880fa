"""Feeds: pages that fit are taken, any other leaves the reader where it was."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync import feed
from sync.errors import Fault
from sync.feed import Cursor, NotChained, NotNext, StoredEntry, Taken
from sync.limits import PAGE_BYTES_MAX, PAGE_ENTRIES_MAX
from sync.messages import Entry, FeedHead, Page

NAME, READER = "point:HALL", 12
rows = st.lists(
    st.tuples(
        st.integers(1, 99), st.sampled_from([2, READER]), st.integers(1, 9), st.integers(0, 9),
        st.binary(min_size=1, max_size=9),
    ),
    min_size=1,
    max_size=12,
    unique_by=lambda row: (row[1], row[2]),
)  # fmt: skip
Rows = list[tuple[int, int, int, int, bytes]]


def stored(entries: Rows) -> list[StoredEntry]:
    chains = feed.extend(feed.start(NAME).hash, entries)
    return [StoredEntry(*entry, hash_) for entry, hash_ in zip(entries, chains, strict=True)]


def own_events(entries: Rows) -> dict[int, bytes]:
    return {seq: event for _, device, seq, _, event in entries if device == READER}


@given(rows, st.integers(1, 5))
def test_a_feed_read_in_pages_comes_whole(entries: Rows, size: int) -> None:
    kept, cursor, read = stored(entries), feed.start(NAME), list[Entry]()
    head = FeedHead(NAME, len(kept), kept[-1].hash, b"")
    own = own_events(entries)
    while cursor.n < len(kept):
        page = feed.build_page(cursor, kept[cursor.n : cursor.n + size], READER, head)
        assert all((event is None) == (device == READER) for _, device, _, _, event in page.entries)
        taken = feed.take_page(cursor, page, READER, own.get)
        assert isinstance(taken, Taken)
        cursor = taken.cursor
        read += taken.entries
        assert (page.head is not None) == (cursor.n == len(kept))
    assert read == entries
    assert cursor.hash == kept[-1].hash


@given(rows, st.data())
def test_any_change_of_a_page_is_found(entries: Rows, data: st.DataObject) -> None:
    kept, start = stored(entries), feed.start(NAME)
    page = feed.build_page(start, kept, 0, None)
    at = data.draw(st.integers(0, len(entries) - 1))
    position, device, seq, hub_ms, event = page.entries[at]
    assert event is not None
    changed: list[list[Entry]] = [
        [*page.entries[:at], *page.entries[at + 1 :]],
        [*page.entries[: at + 1], *page.entries[at:]],
        [*page.entries[:at], (position + 1, device, seq, hub_ms, event), *page.entries[at + 1 :]],
        [
            *page.entries[:at],
            (position, device, seq, hub_ms, event + b"!"),
            *page.entries[at + 1 :],
        ],
        list(reversed(page.entries)) if len(entries) > 1 else [],
    ]
    for entries_ in changed:
        forged = Page(NAME, 0, entries_, page.hash, None)
        assert feed.take_page(start, forged, 0, lambda _: None) == NotChained(0)


def test_a_page_that_is_not_the_next_is_told_apart() -> None:
    page = Page(NAME, 5, [], feed.start(NAME).hash, None)
    ahead = feed.take_page(feed.start(NAME), page, 0, lambda _: None)
    assert ahead == NotNext(ahead=True)
    behind = feed.take_page(Cursor(NAME, 9, bytes(32)), page, 0, lambda _: None)
    assert behind == NotNext(ahead=False)


def test_an_own_event_that_is_no_longer_here_is_no_page() -> None:
    kept = stored([(1, READER, 1, 0, b"mine")])
    page = feed.build_page(feed.start(NAME), kept, READER, None)
    assert feed.take_page(feed.start(NAME), page, READER, lambda _: None) == NotChained(0)
    assert feed.take_page(feed.start(NAME), page, READER, lambda _: b"other") == NotChained(0)


@pytest.mark.parametrize(
    ("sizes", "length"),
    [
        ([], 0),
        ([PAGE_BYTES_MAX * 2, 1], 1),
        ([PAGE_BYTES_MAX // 2, PAGE_BYTES_MAX // 2, 1], 1),
        ([PAGE_BYTES_MAX // 3] * 4, 2),
        ([1] * (PAGE_ENTRIES_MAX + 5), PAGE_ENTRIES_MAX),
    ],
)
def test_a_page_is_bounded_and_never_empty(sizes: list[int], length: int) -> None:
    assert feed.page_length(sizes) == length


@pytest.mark.parametrize(
    ("n", "hash_at_n", "fault"),
    [(3, b"h" * 32, None), (4, b"h" * 32, Fault.FEED_AHEAD), (2, b"x" * 32, Fault.FEED_HASH)],
)
def test_where_a_subscription_may_begin(n: int, hash_at_n: bytes, fault: Fault | None) -> None:
    asked = Cursor(NAME, n, b"h" * 32).subscribe()
    assert feed.check_subscribe(asked, 3, hash_at_n) is fault
