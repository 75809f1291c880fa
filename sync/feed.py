"""Feeds: a reader's cursor, the check of a page against it, and the pages that the hub builds.

Twin of pwa/src/sync/feed.ts (docs/protocol.md, section 7). A reader keeps the new cursor in the
transaction that stores the page. Positions need not grow along a feed, since a stream that enters
late brings its whole history; within one stream they do, and every feed that a stream is in has
its history from the first event on.
"""

from collections.abc import Callable, Sequence

from msgspec import Struct

from sync import chain
from sync.errors import Fault, Verdict
from sync.limits import PAGE_BYTES_MAX, PAGE_ENTRIES_MAX
from sync.messages import Entry, FeedHead, Page, Subscribe

_ENTRY_OVERHEAD_BYTES = 48  # the integers and the array around an event


class Cursor(Struct, frozen=True):
    """How far a reader is in a feed: `n` entries, whose chain is `hash`."""

    feed: str
    n: int
    hash: bytes

    def subscribe(self) -> Subscribe:
        """The message that asks for what follows."""
        return Subscribe(self.feed, self.n, self.hash)


def start(feed: str) -> Cursor:
    """The cursor of a reader that has nothing of this feed."""
    return Cursor(feed, 0, chain.feed_start(feed))


class Taken(Struct, frozen=True):
    """A page that fits: store `entries`, all with their bytes, and `cursor` in one transaction."""

    cursor: Cursor
    entries: list[Entry]


class NotNext(Struct, frozen=True):
    """The page does not begin where the cursor stands: drop it; subscribe again if it is ahead."""

    ahead: bool


class NotChained(Struct, frozen=True):
    """The page is not what the hub's chain says: drop it and subscribe again."""

    n: int


def take_page(
    cursor: Cursor, page: Page, device: int, own_event: Callable[[int], bytes | None]
) -> Taken | NotNext | NotChained:
    """Checks a page against the cursor. `own_event(seq)` gives the bytes that the hub left out."""
    assert page.feed == cursor.feed
    if page.after != cursor.n:
        return NotNext(ahead=page.after > cursor.n)
    n, hash_ = cursor.n, cursor.hash
    entries: list[Entry] = []
    for position, author, seq, hub_ms, sent in page.entries:
        event = own_event(seq) if sent is None and author == device else sent
        if event is None:
            return NotChained(n)
        digest = chain.entry_hash(position, author, seq, hub_ms, Verdict.OK, event)
        hash_ = chain.next_hash(hash_, digest)
        n += 1
        entries.append((position, author, seq, hub_ms, event))
    if hash_ != page.hash:
        return NotChained(cursor.n)
    return Taken(Cursor(cursor.feed, n, hash_), entries)


class StoredEntry(Struct, frozen=True):
    """One entry of a feed as the hub keeps it; `hash` is the feed's chain after it."""

    position: int
    device: int
    seq: int
    hub_ms: int
    event: bytes
    hash: bytes


def page_length(sizes: Sequence[int]) -> int:
    """How many entries with events of these sizes in bytes make the next page; at least one."""
    total = 0
    for count, size in enumerate(sizes[:PAGE_ENTRIES_MAX]):
        total += size + _ENTRY_OVERHEAD_BYTES
        if total > PAGE_BYTES_MAX and count:
            return count
    return min(len(sizes), PAGE_ENTRIES_MAX)


def build_page(
    cursor: Cursor, stored: Sequence[StoredEntry], reader: int, head: FeedHead | None
) -> Page:
    """A page of `stored`, which follow `cursor`; what device `reader` wrote goes without bytes.

    `head` is the feed's signed head; it is sent only with the page that reaches it.
    """
    entries: list[Entry] = [
        (
            entry.position,
            entry.device,
            entry.seq,
            entry.hub_ms,
            None if entry.device == reader else entry.event,
        )
        for entry in stored
    ]
    hash_ = stored[-1].hash if stored else cursor.hash
    reached = head is not None and head.n == cursor.n + len(stored)
    assert not reached or head is None or head.hash == hash_
    return Page(cursor.feed, cursor.n, entries, hash_, head if reached else None)


def check_subscribe(asked: Subscribe, head_n: int, hash_at_n: bytes | None) -> Fault | None:
    """Why a subscription cannot begin where it asks; `hash_at_n` is the hub's own chain there."""
    if asked.n > head_n:
        return Fault.FEED_AHEAD
    if hash_at_n != asked.hash:
        return Fault.FEED_HASH
    return None


def has_parted(cursor: Cursor, head: FeedHead) -> bool:
    """Whether the hub's head shows already that it cannot go on from this cursor."""
    return head.n < cursor.n or (head.n == cursor.n > 0 and head.hash != cursor.hash)


def extend(hash_: bytes, entries: Sequence[tuple[int, int, int, int, bytes]]) -> list[bytes]:
    """The chain of a feed after each of these (position, device, seq, hub_ms, event)."""
    chains: list[bytes] = []
    for position, device, seq, hub_ms, event in entries:
        digest = chain.entry_hash(position, device, seq, hub_ms, Verdict.OK, event)
        hash_ = chain.next_hash(hash_, digest)
        chains.append(hash_)
    return chains
