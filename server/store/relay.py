"""What a point's relay keeps: who it is, the feeds it mirrors, and the journal of what was pushed to it.

Feeds are kept as they came, with the hub's signature over them at the end of every page. The journal
numbers what devices pushed and what the hub said of it; its places are never given twice.
"""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from sqlalchemy import Connection, delete, exists, func, insert, select, update

from server.store.bulk import insert_rows, rows_within
from server.store.tables import (
    relay_entry,
    relay_feed,
    relay_head,
    relay_identity,
    relay_journal,
)

PUSH, ACK, FORK = "push", "ack", "fork"


class RelayIdentity(NamedTuple):
    """A relay, as the hub enrolled it."""

    device: int
    zone: bytes
    point: str
    hub_key: bytes
    private_key: bytes
    journal: bytes
    epoch: int
    epoch_proof: bytes
    hub_ms: int
    last_n: int


class MirrorEntry(NamedTuple):
    """One entry of a mirrored feed; `hash` is the feed's chain after it."""

    feed: str
    n: int
    position: int
    device: int
    seq: int
    hub_ms: int
    event: bytes
    hash: bytes


class MirrorHead(NamedTuple):
    """The hub's signature over a feed of `n` entries."""

    feed: str
    n: int
    hash: bytes
    signature: bytes


class JournalRow(NamedTuple):
    """One place of the journal. kind: push | ack | fork; settled_ms 0: the hub's word is not here."""

    n: int
    kind: str
    device: int
    first_seq: int
    last_seq: int
    link: bytes
    message: bytes
    at_ms: int
    settled_ms: int = 0


class SettledPlace(NamedTuple):
    """One place of the journal that the hub has answered, without its message."""

    n: int
    kind: str
    device: int
    first_seq: int
    last_seq: int
    settled_ms: int


class RelayStore:
    """A relay's own tables."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    # --- who it is ---------------------------------------------------------------------------

    def find_identity(self) -> RelayIdentity | None:
        row = self._connection.execute(select(relay_identity)).first()
        return None if row is None else RelayIdentity(*row[1:])

    def create(self, identity: RelayIdentity) -> None:
        self._connection.execute(insert(relay_identity).values(id=1, **identity._asdict()))

    def note_hub(self, hub_ms: int) -> None:
        """The hub was greeted."""
        self._connection.execute(update(relay_identity).values(hub_ms=hub_ms))

    def begin_epoch(self, epoch: int, proof: bytes) -> None:
        """The hub was restored: what it said before, and every head that it signed, is worth nothing now."""
        said = update(relay_identity).values(epoch=epoch, epoch_proof=proof)
        self._connection.execute(said)
        self.unsettle()
        self._connection.execute(delete(relay_journal).where(relay_journal.c.kind == ACK))
        for table in (relay_entry, relay_head, relay_feed):
            self._connection.execute(delete(table))

    # --- the mirror ----------------------------------------------------------------------------

    def ends(self) -> dict[str, tuple[int, bytes]]:
        """How far each mirrored feed goes: its length and chain."""
        rows = self._connection.execute(select(relay_feed))
        return {name: (n, hash_) for name, n, hash_ in rows}

    def append(self, entries: Sequence[MirrorEntry], head: MirrorHead) -> None:
        """Append a page that the head vouches for, and move the feed's end."""
        insert_rows(self._connection, relay_entry, entries)
        self._connection.execute(delete(relay_feed).where(relay_feed.c.name == head.feed))
        feed = insert(relay_feed).values(name=head.feed, n=head.n, hash=head.hash)
        self._connection.execute(feed)
        at_n = (relay_head.c.feed == head.feed, relay_head.c.n == head.n)
        self._connection.execute(delete(relay_head).where(*at_n))
        self._connection.execute(insert(relay_head).values(**head._asdict()))

    def forget(self, feed: str) -> None:
        """Drop a mirrored feed: the hub has another history."""
        self._connection.execute(delete(relay_entry).where(relay_entry.c.feed == feed))
        self._connection.execute(delete(relay_head).where(relay_head.c.feed == feed))
        self._connection.execute(delete(relay_feed).where(relay_feed.c.name == feed))

    def hash_at(self, feed: str, n: int) -> bytes | None:
        """The chain after entry `n`; None past the end."""
        at_n = (relay_entry.c.feed == feed, relay_entry.c.n == n)
        return self._connection.execute(select(relay_entry.c.hash).where(*at_n)).scalar()

    def next_head(self, feed: str, after: int) -> MirrorHead | None:
        """The first signed head past entry `after`: a page may end there."""
        query = (
            select(relay_head)
            .where(relay_head.c.feed == feed, relay_head.c.n > after)
            .order_by(relay_head.c.n)
            .limit(1)
        )
        row = self._connection.execute(query).first()
        return None if row is None else MirrorHead(*row)

    def entries(self, feed: str, after: int, until: int) -> list[MirrorEntry]:
        """Entries after `after` up to `until`, in order."""
        query = (
            select(relay_entry)
            .where(relay_entry.c.feed == feed, relay_entry.c.n > after, relay_entry.c.n <= until)
            .order_by(relay_entry.c.n)
        )
        return [MirrorEntry(*row) for row in self._connection.execute(query)]

    def mirrors(self, device: int, first_seq: int, last_seq: int) -> set[int]:
        """Which of these events of a device are in a mirrored feed."""
        query = select(relay_entry.c.seq).where(
            relay_entry.c.device == device,
            relay_entry.c.seq >= first_seq,
            relay_entry.c.seq <= last_seq,
        )
        return {row[0] for row in self._connection.execute(query)}

    # --- the journal ---------------------------------------------------------------------------

    def add(self, row: JournalRow) -> int:
        """Append to the journal; the place it got. `row.n` is not looked at."""
        last = select(relay_identity.c.last_n)
        n = int(self._connection.execute(last).scalar_one()) + 1
        self._connection.execute(update(relay_identity).values(last_n=n))
        self._connection.execute(insert(relay_journal).values(**row._replace(n=n)._asdict()))
        return n

    def bytes_of(self, device: int) -> int:
        """How much there is of a device, pushes, branches and the hub's word on them."""
        size = func.coalesce(func.sum(func.length(relay_journal.c.message)), 0)
        query = select(size).where(relay_journal.c.device == device)
        return int(self._connection.execute(query).scalar_one())

    def end_of(self, device: int) -> JournalRow | None:
        """The push that goes furthest in a device's log."""
        query = (
            select(relay_journal)
            .where(relay_journal.c.device == device, relay_journal.c.kind == PUSH)
            .order_by(relay_journal.c.last_seq.desc(), relay_journal.c.n.desc())
            .limit(1)
        )
        row = self._connection.execute(query).first()
        return None if row is None else JournalRow(*row)

    def of_log(self, kind: str, device: int, first_seq: int, last_seq: int) -> list[JournalRow]:
        """What of this kind touches these events of a device, in journal order."""
        query = (
            select(relay_journal)
            .where(
                relay_journal.c.device == device,
                relay_journal.c.last_seq >= first_seq,
                relay_journal.c.first_seq <= last_seq,
                relay_journal.c.kind == kind,
            )
            .order_by(relay_journal.c.n)
        )
        return [JournalRow(*row) for row in self._connection.execute(query)]

    def next_unsettled(self, after: int, but: Iterable[int] = ()) -> JournalRow | None:
        """The next push or fork past place `after` that the hub has not answered, by other devices than `but`.

        What a device pushed later, and that comes earlier in its log, goes first.
        """
        first = relay_journal.alias()
        waits = exists().where(
            first.c.device == relay_journal.c.device,
            first.c.first_seq < relay_journal.c.first_seq,
            first.c.n > relay_journal.c.n,
            first.c.kind == PUSH,
            first.c.settled_ms == 0,
        )
        query = (
            select(relay_journal)
            .where(
                relay_journal.c.n > after,
                relay_journal.c.kind != ACK,
                relay_journal.c.settled_ms == 0,
                relay_journal.c.device.not_in(list(but)),
                ~waits,
            )
            .order_by(relay_journal.c.n)
            .limit(1)
        )
        row = self._connection.execute(query).first()
        return None if row is None else JournalRow(*row)

    def find(self, n: int) -> JournalRow | None:
        """What stands at this place, unless it was dropped."""
        row = self._connection.execute(select(relay_journal).where(relay_journal.c.n == n)).first()
        return None if row is None else JournalRow(*row)

    def waits_behind(self, row: JournalRow) -> bool:
        """Whether something of this device that came before the row has not been answered."""
        query = select(relay_journal.c.n).where(
            relay_journal.c.device == row.device,
            relay_journal.c.n < row.n,
            relay_journal.c.kind != ACK,
            relay_journal.c.settled_ms == 0,
        )
        return self._connection.execute(query.limit(1)).first() is not None

    def settle(self, n: int, now_ms: int) -> None:
        """The hub's word on the push at this place is here."""
        self._connection.execute(
            update(relay_journal).where(relay_journal.c.n == n).values(settled_ms=now_ms)
        )

    def unsettle(self, device: int | None = None, after_seq: int = 0) -> int:
        """What the hub has lost is offered again; how many pushes. None: of every device."""
        where = [relay_journal.c.kind == PUSH, relay_journal.c.last_seq > after_seq]
        if device is not None:
            where.append(relay_journal.c.device == device)
        changed = self._connection.execute(update(relay_journal).where(*where).values(settled_ms=0))
        return int(changed.rowcount)

    def journal(self, after: int, limit: int, bytes_max: int) -> list[JournalRow]:
        """Pushes and acks past place `after`, in order; no more are read than fill `bytes_max` bytes of messages."""
        query = (
            select(relay_journal)
            .where(relay_journal.c.n > after, relay_journal.c.kind != FORK)
            .order_by(relay_journal.c.n)
            .limit(limit)
        )
        rows = rows_within(self._connection, query, lambda row: len(row.message), bytes_max)
        return [JournalRow(*row) for row in rows]

    def settled_before(self, before_ms: int) -> list[SettledPlace]:
        """Places that the hub answered before this time."""
        columns = (relay_journal.c[name] for name in SettledPlace._fields)
        query = select(*columns).where(
            relay_journal.c.settled_ms > 0, relay_journal.c.settled_ms < before_ms
        )
        return [SettledPlace(*row) for row in self._connection.execute(query)]

    def drop(self, places: Iterable[int]) -> None:
        """Take these places out of the journal; their numbers are not given again."""
        self._connection.execute(delete(relay_journal).where(relay_journal.c.n.in_(list(places))))

    def drop_acks_before(self, before_ms: int) -> None:
        """Forget what the hub said long ago."""
        self._connection.execute(
            delete(relay_journal).where(
                relay_journal.c.kind == ACK, relay_journal.c.at_ms < before_ms
            )
        )

    def waiting(self) -> tuple[int, int]:
        """How many pushes wait for the hub's word, and how many events they hold."""
        held = relay_journal.c.last_seq - relay_journal.c.first_seq + 1
        query = select(func.count(), func.coalesce(func.sum(held), 0)).where(
            relay_journal.c.kind == PUSH, relay_journal.c.settled_ms == 0
        )
        pushes, events = self._connection.execute(query).one()
        return int(pushes), int(events)
