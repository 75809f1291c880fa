"""Prints what it costs a reader to agree with the hub on a feed again, as JSON: `python -m bench.repair`.

Both ends are the production state machines over frames as they travel; a feed has 10,000 entries. Counted from the
welcome until the reader stands where the hub does: rounds, the bytes of all frames both ways without the entries
themselves, and how many entries were sent. The greeting, which a connection begins with anyway, is not in it.
"""

import json
from collections.abc import Callable

import msgspec

from sync import chain, feed
from sync.codec import decode_frame, encode_frame
from sync.effects import Forget, Recount, Rewind, Send, TakePage
from sync.epoch import FIRST
from sync.errors import Fault
from sync.event import Record, encode_event
from sync.feed import StoredEntry, build_page, check_subscribe, page_length
from sync.hub_session import Greet, HubSession, ReadFeed, ReadPrints
from sync.hub_session import Send as HubSend
from sync.limits import PAGE_ENTRIES_MAX, PRINT_BYTES
from sync.messages import (
    ClientMessage,
    Compare,
    FeedHead,
    Hello,
    HubMessage,
    Page,
    Prints,
    Welcome,
    decode_hub_message,
    encode_message,
)
from sync.replica import Replica
from sync.session import Session

ENTRIES = 10_000
MISSING = (1, 10, 100, 1_000)
FEED, READER, AUTHOR = "point:HALL", 12, 13
ZONE, HASH, NOW_MS = bytes(16), bytes(32), 1_795_400_000_000

Entry = tuple[int, int, int, int, bytes]


def entries_of(text: str, first: int, last: int) -> list[Entry]:
    """Entries at these places; what they hold is not measured."""
    record = Record("R", {"name": msgspec.Raw(msgspec.msgpack.encode(text))})
    event = encode_event("point.set", bytes(16), bytes(8), b"", 0, [], record)
    return [(n, AUTHOR, n, NOW_MS, event) for n in range(first, last + 1)]


class Hub:
    """The hub's end, with a feed in memory."""

    def __init__(self, entries: list[Entry]) -> None:
        self._session = HubSession(ZONE, NOW_MS)
        hashes = feed.extend(chain.feed_start(FEED), entries)
        self._stored = [
            StoredEntry(*entry, hash_) for entry, hash_ in zip(entries, hashes, strict=True)
        ]
        self._checked: feed.Cursor | None = None

    @property
    def head(self) -> FeedHead:
        """Its end, as long as a signed one."""
        return FeedHead(FEED, len(self._stored), self._hash_at(len(self._stored)), bytes(64), FIRST)

    def hear(self, frame: bytes) -> list[HubMessage]:
        """What it says to this."""
        said: list[HubMessage] = []
        due = self._session.receive_frame(frame, NOW_MS)
        while due:
            match due.pop(0):
                case HubSend(message=message):
                    said.append(message)
                case Greet():
                    due += self._session.greeted(self._welcome())
                case ReadPrints(asked=asked):
                    due += self._session.compared(self._prints(asked))
                case ReadFeed(cursor=cursor):
                    fault = self._check(cursor)
                    if fault is None:
                        due += self._session.read(self._page(cursor))
                    else:
                        due += self._session.refused_feed(FEED, fault)
                case effect:
                    raise AssertionError(effect)
        return said

    def _welcome(self) -> Welcome:
        return Welcome(1, NOW_MS, FIRST, True, 0, HASH, [self.head], "", bytes(64), HASH)

    def _hash_at(self, n: int) -> bytes:
        return self._stored[n - 1].hash if n else chain.feed_start(FEED)

    def _check(self, cursor: feed.Cursor) -> Fault | None:
        if cursor == self._checked:
            return None
        held = self._hash_at(cursor.n) if cursor.n <= len(self._stored) else None
        return check_subscribe(cursor.subscribe(), len(self._stored), held)

    def _prints(self, asked: Compare) -> Prints:
        last = min(asked.after + asked.count * asked.step, len(self._stored))
        places = range(asked.after + asked.step, last + 1, asked.step)
        prints = b"".join(self._hash_at(place)[:PRINT_BYTES] for place in places)
        return Prints(FEED, asked.after, asked.step, prints)

    def _page(self, cursor: feed.Cursor) -> Page:
        left = self._stored[cursor.n : cursor.n + PAGE_ENTRIES_MAX]
        stored = left[: page_length([len(entry.event) for entry in left])]
        page = build_page(cursor, stored, READER, self.head)
        self._checked = feed.Cursor(FEED, cursor.n + len(stored), page.hash)
        return page


class Reader:
    """A device's end, with what it has read."""

    def __init__(self, entries: list[Entry]) -> None:
        hash_ = feed.extend(chain.feed_start(FEED), entries)[-1]
        self.cursor = feed.Cursor(FEED, len(entries), hash_)
        self.replica = Replica(READER)
        self.replica.accept(feed.Taken(self.cursor, list(entries)))
        self.session = Session(
            zone=ZONE,
            device=READER,
            last_seq=0,
            acked_seq=0,
            epoch=FIRST,
            cursors=[self.cursor],
            link_at=lambda _: HASH,
            verify=lambda *_: True,
            now_ms=NOW_MS,
        )

    def hear(self, message: HubMessage) -> list[ClientMessage]:
        """What it says to this."""
        asked: list[ClientMessage] = []
        due = self.session.receive(message, NOW_MS)
        while due:
            match due.pop(0):
                case Send(message=said):
                    asked.append(said)
                case TakePage(page=page):
                    taken = self.replica.check(page, lambda _: None)
                    assert isinstance(taken, feed.Taken)
                    self.replica.accept(taken)
                    self.session.stored(taken.cursor)
                case Recount(feed=name):
                    due += self.session.recounted(name, self.replica.chain(name))
                case Rewind(cursor=cursor):
                    self.replica.rewind(cursor)
                case Forget(feed=name):
                    self.replica.forget(name)
                case _:
                    pass
        return asked


def measure(what: str, ours: list[Entry], theirs: list[Entry]) -> dict[str, object]:
    """From the welcome until both stand at the same place."""
    reader, hub = Reader(ours), Hub(theirs)
    hello = Hello(1, 1, ZONE, READER, HASH[:16], "", NOW_MS, HASH, [])
    reader.session.hello(hello)
    asked = [m for said in hub.hear(_frame(hello)) for m in reader.hear(said)]
    rounds = bytes_up = bytes_down = sent = 0
    while asked:
        rounds += 1
        frames = [_frame(message) for message in asked]
        bytes_up += sum(map(len, frames))
        said = [message for frame in frames for message in hub.hear(frame)]
        bytes_down += sum(len(_frame(_bare(message))) for message in said)
        sent += sum(len(message.entries) for message in said if isinstance(message, Page))
        asked = [more for message in said for more in reader.hear(_travelled(message))]
    [end] = reader.replica.cursors
    assert (end.n, end.hash) == (hub.head.n, hub.head.hash), "they do not agree"
    return {"what": what, "rounds": rounds, "bytes": bytes_up + bytes_down, "entries": sent}


def _frame(message: ClientMessage | HubMessage) -> bytes:
    return encode_frame(encode_message(message))


def _travelled(message: HubMessage) -> HubMessage:
    return decode_hub_message(decode_frame(_frame(message)))


def _bare(message: HubMessage) -> HubMessage:
    """Without the entries, whose bytes are work and not its cost."""
    if not isinstance(message, Page):
        return message
    return Page(message.feed, message.after, [], message.hash, message.head)


def main() -> None:
    """Measure every case."""
    whole = entries_of("both", 1, ENTRIES)
    lacks: Callable[[int], list[Entry]] = lambda count: whole[: ENTRIES - count]  # noqa: E731
    rows = [measure("nothing", whole, whole)]
    rows += [measure(f"the last {k:,}", lacks(k), whole) for k in MISSING]
    rows += [
        measure(
            f"the last {k:,}, with {k:,} others in their place",
            [*lacks(k), *entries_of("lost", ENTRIES - k + 1, ENTRIES)],
            whole,
        )
        for k in MISSING
    ]
    half = ENTRIES // 2
    spoilt = [*whole[: half - 1], *entries_of("spoilt", half, half), *whole[half:]]
    rows.append(measure("one in the middle, with another in its place", spoilt, whole))
    print(json.dumps({"entries": ENTRIES, "rows": rows}))


if __name__ == "__main__":
    main()
