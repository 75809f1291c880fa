"""A replica: what a device knows of other people's work, from pages of feeds and its own log.

Twin of what pwa/src/store and pwa/src/cases keep (docs/protocol.md, sections 7 and 8). Pure and in
memory: the caller stores each `Taken` page with its cursor in one transaction, then calls `accept`;
after a restart it hands the stored pages back through `accept`.

Confirmed state comes from feeds alone: an acknowledged event has a position, but what others wrote
before it may not be here yet. Until its own feed brings it, it is folded after all that is
confirmed, like every other unconfirmed event.
"""

from collections.abc import Callable, Iterable

import msgspec
from msgspec import Struct

from sync import chain, feed
from sync.event import BackupMade, EpochBegin, EventHead, decode_body, decode_head
from sync.fold import CaseState, Source, apply, copy_state, source_of
from sync.ledger import HUB_DEVICE, family_of
from sync.limits import EVENT_SEEN_COUNT_MAX
from sync.messages import Entry, Page
from sync.outbox import Refused, Settled


class OwnEvent(Struct, frozen=True):
    """An event of the device's own log, with what the hub has said of it."""

    seq: int
    event: bytes
    settled: Settled | None = None


class StreamView(Struct):
    """The confirmed part of one stream. `position` is that of the newest entry taken."""

    position: int = 0
    state: CaseState = msgspec.field(default_factory=CaseState)
    newest: Entry | None = None  # of a record, an account, a device: the last one stands


class Replica:
    """The feeds that one device follows, and the streams in them."""

    def __init__(self, device: int) -> None:
        self._device = device
        self._cursors: dict[str, feed.Cursor] = {}
        self._entries: dict[str, list[Entry]] = {}
        self._views: dict[bytes, StreamView] = {}
        self._taken: set[tuple[int, int]] = set()
        self._durable = 0

    @property
    def cursors(self) -> list[feed.Cursor]:
        """Where the device stands in each feed."""
        return list(self._cursors.values())

    @property
    def streams(self) -> frozenset[bytes]:
        """Every stream of which something confirmed is here."""
        return frozenset(self._views)

    def check(
        self, page: Page, own_event: Callable[[int], bytes | None]
    ) -> feed.Taken | feed.NotNext | feed.NotChained:
        """Checks a page; when it is `Taken`, store it and then `accept` it."""
        cursor = self._cursors.get(page.feed) or feed.start(page.feed)
        return feed.take_page(cursor, page, self._device, own_event)

    def accept(self, taken: feed.Taken) -> set[bytes]:
        """Takes a stored page; the streams that changed. Entries that came before are repeats."""
        self._cursors[taken.cursor.feed] = taken.cursor
        self._entries.setdefault(taken.cursor.feed, []).extend(taken.entries)
        return {stream for entry in taken.entries if (stream := self._take(entry)) is not None}

    def forget(self, name: str) -> None:
        """Forgets a feed; what other feeds brought of its streams stays."""
        self._cursors.pop(name, None)
        self._entries.pop(name, None)
        self._fold_anew()

    def rewind(self, cursor: feed.Cursor) -> None:
        """Forgets what a feed brought after this place, where it was once."""
        self._cursors[cursor.feed] = cursor
        del self._entries[cursor.feed][cursor.n :]
        self._fold_anew()

    def chain(self, name: str) -> list[bytes]:
        """The chain of a feed over what is here of it: at its start, and after each entry."""
        entries = [(*entry[:4], entry[4] or b"") for entry in self._entries.get(name, [])]
        start = chain.feed_start(name)
        return [start, *feed.extend(start, entries)]

    def _fold_anew(self) -> None:
        self._views.clear()
        self._taken.clear()
        self._durable = 0
        for entries in self._entries.values():
            for entry in entries:
                self._take(entry)

    def find(self, stream: bytes) -> StreamView | None:
        """The confirmed part of a stream."""
        return self._views.get(stream)

    def base(self, stream: bytes) -> int:
        """What the author of a new event in this stream has seen of it: its `base`."""
        view = self._views.get(stream)
        return view.position if view else 0

    def present(
        self, stream: bytes, own: Iterable[OwnEvent], heard: Iterable[Entry] = ()
    ) -> CaseState:
        """The case as its author sees it: confirmed events, then those that are not yet.

        `own` are the device's events of this stream, of which refused ones say nothing; `heard`
        are events of other devices that came by another way than the hub's feeds.
        """
        view = self._views.get(stream)
        state = copy_state(view.state) if view else CaseState()
        waiting = [
            Source(0, self._device, mine.seq, 0, decode_head(mine.event))
            for mine in own
            if (self._device, mine.seq) not in self._taken and not isinstance(mine.settled, Refused)
        ]
        others = [self._unconfirmed(entry) for entry in heard]
        waiting += [one for one in others if one is not None and one.head.stream == stream]
        waiting.sort(key=lambda source: (source.head.hlc, source.device, source.seq))
        for source in waiting:
            apply(state, source)
        return state

    def seen(self, heard: Iterable[Entry], stream: bytes) -> list[tuple[int, int]]:
        """What the author of a new event in this stream names: others' events there that may yet be lost.

        Those are the unconfirmed ones among `heard`, and confirmed ones that are in no backup. What the
        hub itself wrote nobody else could offer again.
        """
        sources = [source for entry in heard if (source := self._unconfirmed(entry)) is not None]
        named = [(one.device, one.seq) for one in sources if one.head.stream == stream]
        view = self._views.get(stream)
        for position, device, seq, *_ in reversed(view.state.history if view else []):
            if position > self._durable and device not in {self._device, HUB_DEVICE}:
                named.append((device, seq))
        return named[:EVENT_SEEN_COUNT_MAX]

    def _unconfirmed(self, entry: Entry) -> Source | None:
        _, author, seq, _, event = entry
        if event is None or (author, seq) in self._taken:
            return None
        return Source(0, author, seq, 0, decode_head(event))

    def _take(self, entry: Entry) -> bytes | None:
        position, author, seq, _, _ = entry
        self._taken.add((author, seq))
        source = source_of(entry)
        head: EventHead = source.head
        view = self._views.setdefault(head.stream, StreamView())
        if position <= view.position:
            return None
        view.position = position
        view.newest = entry
        if family_of(head.type) == "case":
            apply(view.state, source)
        elif head.type in {"backup.made", "epoch.begin"}:
            self._take_backup(head)
        return head.stream

    def _take_backup(self, head: EventHead) -> None:
        match decode_body(head):
            case BackupMade(position=position) | EpochBegin(after=position):
                self._durable = max(self._durable, position)
            case _:
                raise AssertionError(f"{head.type} has another body")
