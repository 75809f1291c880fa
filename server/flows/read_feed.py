"""Reading feeds: signed heads, and pages encoded once for everybody who may have them as they are.

A page never changes once its entries are there, so its frame is kept in memory by (feed, after, n); only a reader who
wrote some of it gets a page of its own, without the bytes that it holds already.
"""

import threading
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass

from server.flows.hub import Hub
from server.store.feeds import Feed
from server.store.store import Transaction
from sync import chain
from sync.codec import encode_frame
from sync.errors import Fault
from sync.feed import Cursor, StoredEntry, build_page, check_subscribe, page_length
from sync.limits import PAGE_BYTES_MAX, PAGE_ENTRIES_MAX, PRINT_BYTES
from sync.messages import Compare, FeedHead, Page, Prints, encode_message

CACHE_BYTES_MAX = 64 * 1_048_576
ENTRY_BYTES = 300  # what an entry takes beside its event, as Python's own objects

PageKey = tuple[str, int, int, bool]
"""(feed, after, the feed's length, sealed)."""


@dataclass(frozen=True, slots=True)
class PageFrame:
    """A page, encoded once, and the devices that wrote of it."""

    page: Page
    frame: bytes
    authors: frozenset[int]
    ends: bool
    """Whether it reaches the feed's end as of now."""

    @property
    def size(self) -> int:
        """The bytes it takes to hold, about: the events stand in it too, not only their compressed frame."""
        events = sum(len(entry[4] or b"") for entry in self.page.entries)
        return len(self.frame) + events + ENTRY_BYTES * len(self.page.entries)


@dataclass(frozen=True, slots=True)
class RightsChanged:
    """Somebody's rights may have changed since the reader's were read: ask again first."""


@dataclass(frozen=True, slots=True)
class Asked:
    """Device `reader` stands at `cursor`. `even_empty`: a page with the head though all is read.

    `sealed`: with a signed head even where it does not reach the end, so that a relay can pass it on.
    """

    cursor: Cursor
    reader: int
    access: int
    even_empty: bool
    sealed: bool = False


class Pages:
    """The page frames of one process, and its signed feed heads."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub
        self._frames: OrderedDict[PageKey, PageFrame] = OrderedDict()
        self._bytes = 0
        self._lock = threading.Lock()

    def head(self, name: str, n: int, hash_: bytes) -> FeedHead:
        """A feed's head, signed."""
        hub = self._hub
        statement = chain.feed_statement(hub.zone, hub.epoch, name, n, hash_)
        return FeedHead(name, n, hash_, hub.key.sign(statement), hub.epoch)

    def heads(self, names: frozenset[str]) -> list[FeedHead]:
        """The signed heads of these feeds, by name; a feed that has nothing yet is at its start."""
        with self._hub.store.read() as tx:
            feeds = tx.feeds.by_names(names)
        ends = [feeds.get(name) or _empty(name) for name in sorted(names)]
        return [self.head(feed.name, feed.n, feed.hash) for feed in ends]

    def check(self, cursor: Cursor) -> Fault | None:
        """Why a subscription cannot begin where it asks: feed-ahead, feed-hash."""
        with self._hub.store.read() as tx:
            feed = tx.feeds.find(cursor.feed) or _empty(cursor.feed)
            at_n = chain.feed_start(cursor.feed)
            if cursor.n:
                at_n = tx.feeds.hash_at(feed.id, cursor.n) or b""
            return check_subscribe(cursor.subscribe(), feed.n, at_n)

    def compare(self, asked: Compare, access: int) -> Prints | RightsChanged:
        """The feed's chain at the places asked for. `access`: as in `Asked`."""
        after, step = asked.after, asked.step
        places = range(after + step, after + asked.count * step + 1, step)
        with self._hub.store.read() as tx:
            if tx.zone.get().access != access:
                return RightsChanged()
            feed = tx.feeds.find(asked.feed) or _empty(asked.feed)
            within = [place for place in places if place <= feed.n]
            hashes = tx.feeds.hashes_at(feed.id, within)
        prints = b"".join(hashes[place][:PRINT_BYTES] for place in within)
        return Prints(asked.feed, after, step, prints)

    def next(self, asked: Sequence[Asked]) -> list[PageFrame | RightsChanged]:
        """What each of these readers of one feed is to get, read in one transaction for all.

        `Asked.access` is the zone's number under which the reader was found entitled: it is compared
        in the transaction that reads, so that nothing is read after a revocation.
        """
        name = asked[0].cursor.feed
        unread: dict[int, list[StoredEntry]] = {}
        frames: dict[tuple[int, bool], PageFrame] = {}
        with self._hub.store.read() as tx:
            access = tx.zone.get().access
            feed = tx.feeds.find(name) or _empty(name)
            for one in asked:
                after = one.cursor.n
                if one.access != access or feed.n <= after or after in unread:
                    continue
                # Held here, since what is kept may be dropped before this reading is over.
                place = (after, one.sealed)
                frame = frames.get(place) or self._kept((name, after, feed.n, one.sealed))
                if frame is not None:
                    frames[place] = frame
                if frame is None or one.reader in frame.authors:
                    unread[after] = self._stored(tx, feed, one.cursor)
        return [
            RightsChanged() if one.access != access else self._page(feed, one, frames, unread)
            for one in asked
        ]

    def _page(
        self,
        feed: Feed,
        one: Asked,
        frames: dict[tuple[int, bool], PageFrame],
        unread: dict[int, list[StoredEntry]],
    ) -> PageFrame:
        cursor = one.cursor
        if feed.n <= cursor.n and not one.even_empty:
            nothing = Page(cursor.feed, cursor.n, [], cursor.hash, None)
            return PageFrame(nothing, b"", frozenset(), ends=True)
        # Everybody at this cursor gets the same entries until the feed grows.
        place = (cursor.n, one.sealed)
        frame = frames.get(place)
        if frame is not None and one.reader not in frame.authors:
            return frame
        page = self._encode(feed, cursor, unread.get(cursor.n, []), one.reader, one.sealed)
        if one.reader not in page.authors:
            frames[place] = page
            self._keep((cursor.feed, cursor.n, feed.n, one.sealed), page)
        return page

    def _stored(self, tx: Transaction, feed: Feed, cursor: Cursor) -> list[StoredEntry]:
        rows = tx.feeds.page(feed.id, cursor.n, PAGE_ENTRIES_MAX, PAGE_BYTES_MAX)
        length = page_length([len(row.event) for row in rows])
        return [
            StoredEntry(row.position, row.device, row.seq, row.hub_ms, row.event, row.hash)
            for row in rows[:length]
        ]

    def _encode(
        self, feed: Feed, cursor: Cursor, stored: list[StoredEntry], reader: int, sealed: bool
    ) -> PageFrame:
        n = cursor.n + len(stored)
        ends = n == feed.n
        head = None
        if ends or sealed:
            head = self.head(feed.name, n, stored[-1].hash if stored else cursor.hash)
        page = build_page(cursor, stored, reader, head)
        authors = frozenset(entry.device for entry in stored)
        return PageFrame(page, encode_frame(encode_message(page)), authors, ends)

    def _kept(self, key: PageKey) -> PageFrame | None:
        with self._lock:
            page = self._frames.get(key)
            if page is not None:
                self._frames.move_to_end(key)
            return page

    def _keep(self, key: PageKey, page: PageFrame) -> None:
        with self._lock:
            if key in self._frames:
                return
            self._frames[key] = page
            self._bytes += page.size
            while self._bytes > CACHE_BYTES_MAX:
                _, old = self._frames.popitem(last=False)
                self._bytes -= old.size


def _empty(name: str) -> Feed:
    return Feed(0, name, 0, chain.feed_start(name))
