"""Feeds: numbered, hash-chained lists of ledger positions, and which streams are in which."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from sqlalchemy import Connection, func, select

from server.store.bulk import insert_rows, rows_within, select_in, update_rows
from server.store.tables import feed, feed_entry, ledger, stream_feed
from server.store.text import storable


@dataclass(slots=True)
class Feed:
    """A feed's end: `n` entries, chain hash `hash`."""

    id: int
    name: str
    n: int
    hash: bytes


class FeedEntry(NamedTuple):
    """Entry `n` of a feed is the event at `position`; `hash` is the chain after it."""

    feed: int
    n: int
    position: int
    hash: bytes


class PageRow(NamedTuple):
    """What a reader gets of one entry, and the feed's chain after it."""

    n: int
    position: int
    device: int
    seq: int
    hub_ms: int
    event: bytes
    hash: bytes


class Feeds:
    """What replicas read."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def find(self, name: str) -> Feed | None:
        row = self._connection.execute(select(feed).where(feed.c.name == storable(name))).first()
        return None if row is None else Feed(*row)

    def get(self, feed_id: int) -> Feed:
        return Feed(*self._connection.execute(select(feed).where(feed.c.id == feed_id)).one())

    def by_names(self, names: Iterable[str]) -> dict[str, Feed]:
        rows = select_in(self._connection, select(feed), feed.c.name, names)
        return {row.name: Feed(*row) for row in rows}

    def all(self) -> list[Feed]:
        return [Feed(*row) for row in self._connection.execute(select(feed).order_by(feed.c.id))]

    def last_id(self) -> int:
        return int(
            self._connection.execute(select(func.coalesce(func.max(feed.c.id), 0))).scalar_one()
        )

    def create(self, feeds: Sequence[Feed]) -> None:
        insert_rows(self._connection, feed, [(f.id, f.name, f.n, f.hash) for f in feeds])

    def advance(self, feeds: Sequence[Feed]) -> None:
        """Write how far these feeds go now."""
        rows = [(f.n, f.hash, f.id) for f in feeds]
        update_rows(self._connection, feed, ("id",), ("n", "hash"), rows)

    def append(self, entries: Sequence[FeedEntry]) -> None:
        insert_rows(self._connection, feed_entry, entries)

    def joined(self, streams: Iterable[bytes]) -> dict[bytes, set[int]]:
        """The feeds (by id) that each of these streams is in."""
        found: dict[bytes, set[int]] = {}
        query = select(stream_feed)
        for stream, feed_id in select_in(self._connection, query, stream_feed.c.stream, streams):
            found.setdefault(stream, set()).add(feed_id)
        return found

    def all_joined(self) -> set[tuple[bytes, int]]:
        return {(row[0], row[1]) for row in self._connection.execute(select(stream_feed))}

    def join(self, rows: Sequence[tuple[bytes, int]]) -> None:
        """Put streams into feeds: (stream, feed id)."""
        insert_rows(self._connection, stream_feed, rows)

    def hash_at(self, feed_id: int, n: int) -> bytes | None:
        """The chain after entry `n`; None past the end (and at 0, which no entry has)."""
        query = select(feed_entry.c.hash).where(feed_entry.c.feed == feed_id, feed_entry.c.n == n)
        return self._connection.execute(query).scalar()

    def hashes_at(self, feed_id: int, places: Iterable[int]) -> dict[int, bytes]:
        """The chain after each of these entries; without those past the end."""
        query = select(feed_entry.c.n, feed_entry.c.hash).where(feed_entry.c.feed == feed_id)
        rows = select_in(self._connection, query, feed_entry.c.n, places)
        return {row.n: row.hash for row in rows}

    def page(self, feed_id: int, after: int, limit: int, bytes_max: int) -> list[PageRow]:
        """Entries after `after`, in order; no more are read than fill `bytes_max` bytes of events."""
        query = (
            select(
                feed_entry.c.n,
                ledger.c.position,
                ledger.c.device,
                ledger.c.seq,
                ledger.c.hub_ms,
                ledger.c.event,
                feed_entry.c.hash,
            )
            .join(ledger, ledger.c.position == feed_entry.c.position)
            .where(feed_entry.c.feed == feed_id, feed_entry.c.n > after)
            .order_by(feed_entry.c.n)
            .limit(limit)
        )
        rows = rows_within(self._connection, query, lambda row: len(row.event), bytes_max)
        return [PageRow(*row) for row in rows]

    def entries(self, feed_id: int) -> list[FeedEntry]:
        """Every entry of a feed in order."""
        query = select(feed_entry).where(feed_entry.c.feed == feed_id).order_by(feed_entry.c.n)
        return [FeedEntry(*row) for row in self._connection.execute(query)]
