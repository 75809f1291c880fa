"""Which feeds grow in a transaction: entries chained in memory, written in bulk when it ends."""

from collections.abc import Callable, Iterable

from server.store.feeds import Feed, FeedEntry
from server.store.store import Transaction
from sync import chain

Placed = tuple[int, bytes]
"""(position, entry hash) of an event."""


class FeedBook:
    """The feeds that this transaction has to do with."""

    def __init__(self, tx: Transaction, joined: dict[bytes, set[int]]) -> None:
        self._tx = tx
        self._joined = joined  # shared with Facts: feed ids by stream, fetched there
        self._by_name: dict[str, Feed] = {}
        self._by_id: dict[int, Feed] = {}
        self._created: list[Feed] = []
        self._grown: dict[int, Feed] = {}
        self._entries: list[FeedEntry] = []
        self._joins: list[tuple[bytes, int]] = []

    @property
    def grown(self) -> frozenset[str]:
        """The names of the feeds that have new entries."""
        return frozenset(feed.name for feed in self._grown.values())

    def put(
        self,
        stream: bytes,
        names: Iterable[str],
        placed: Placed,
        history: Callable[[], list[Placed]],
    ) -> None:
        """Append an event to the feeds of its stream, first its history to those that it enters."""
        joined = self._joined.setdefault(stream, set())
        earlier: list[Placed] | None = None if joined else []
        for name in names:
            feed = self._get(name)
            if feed.id not in joined:
                earlier = history() if earlier is None else earlier
                for past in earlier:
                    self._append(feed, past)
                joined.add(feed.id)
                self._joins.append((stream, feed.id))
        for feed_id in joined:
            self._append(self._get_by_id(feed_id), placed)

    def flush(self) -> None:
        """Write what changed."""
        self._tx.feeds.create(self._created)
        created = {feed.id for feed in self._created}
        self._tx.feeds.advance([f for f in self._grown.values() if f.id not in created])
        self._tx.feeds.join(self._joins)
        self._tx.feeds.append(self._entries)

    def _append(self, feed: Feed, placed: Placed) -> None:
        position, entry = placed
        feed.n += 1
        feed.hash = chain.next_hash(feed.hash, entry)
        self._grown[feed.id] = feed
        self._entries.append(FeedEntry(feed.id, feed.n, position, feed.hash))

    def _get(self, name: str) -> Feed:
        feed = self._by_name.get(name)
        if feed is None:
            feed = self._tx.feeds.find(name)
            if feed is None:
                feed = Feed(self._tx.feeds.last_id() + len(self._created) + 1, name, 0, b"")
                feed.hash = chain.feed_start(name)
                self._created.append(feed)
            self._by_name[name] = self._by_id[feed.id] = feed
        return feed

    def _get_by_id(self, feed_id: int) -> Feed:
        feed = self._by_id.get(feed_id)
        if feed is None:
            feed = self._tx.feeds.get(feed_id)
            self._by_name[feed.name] = self._by_id[feed.id] = feed
        return feed
