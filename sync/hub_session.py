"""The hub's end of a connection as a state machine without I/O: frames in, effects out.

Driven by server/web for WebSockets and for HTTP alike; the device's end is sync/session.py
(docs/protocol.md, section 5). The caller looks up, writes and reads what an effect asks for, in
order, and hands the result back; every `Send` goes out in order. `now_ms` never runs back.
"""

from collections.abc import Iterable

import msgspec
from msgspec import Struct

from sync import feed
from sync.codec import decode_frame
from sync.errors import Fault, FrameError
from sync.limits import (
    CLOCK_AHEAD_MS_MAX,
    COMPARE_PLACES_MAX,
    EVENT_BYTES_MAX,
    FRAME_INFLATED_BYTES_MAX,
    HEARTBEAT_INTERVAL_MS,
    HEARTBEAT_TIMEOUT_MS,
    PAGE_BYTES_MAX,
    PROTOCOL_VERSION,
    PROTOCOL_VERSION_MIN,
    PUSH_EVENTS_MAX,
    UNPROVEN_GROWTH_BYTES_MAX,
)
from sync.messages import (
    Ack,
    ClientMessage,
    Compare,
    FaultMessage,
    Hello,
    HubMessage,
    Neighbours,
    Page,
    Ping,
    Pong,
    Present,
    Prints,
    Push,
    Report,
    Run,
    Subscribe,
    Verdicts,
    Welcome,
    decode_client_message,
)

_GROWTH_BYTES_BESIDE_A_PUSH = UNPROVEN_GROWTH_BYTES_MAX - PAGE_BYTES_MAX - EVENT_BYTES_MAX


class Send(Struct, frozen=True):
    """Send this now."""

    message: HubMessage


class Greet(Struct, frozen=True):
    """Look up the device and the session; then call `greeted` or `turn_away`."""

    hello: Hello


class Ingest(Struct, frozen=True):
    """Write the push; then, when it is durable, call `ingested`, or `refused` with a fault."""

    push: Push


class ReadFeed(Struct, frozen=True):
    """Read what follows the cursor; then call `read` with the page, or `refused_feed`."""

    cursor: feed.Cursor


class ReadPrints(Struct, frozen=True):
    """Read the feed's chain at these places; then call `compared`, or `refused_feed`."""

    asked: Compare


class KeepReport(Struct, frozen=True):
    """Keep what the device says of itself, if it is the device that says it; then call `reported`.

    `given` is the challenge of this connection's own welcome.
    """

    hello: Hello
    report: Report
    given: bytes


class OpenPass(Struct, frozen=True):
    """At a relay: keep this pass; once the device has proven itself and it is good, call `entitle`."""

    present: Present


class ReadJournal(Struct, frozen=True):
    """At a relay: read what others pushed after place `n` of the journal; then call `heard`."""

    journal: bytes
    n: int


class Close(Struct, frozen=True):
    """Close the connection after what was sent; `code` is a Fault, silent, or rights-grown."""

    code: str


Effect = Send | Greet | Ingest | ReadFeed | ReadPrints | KeepReport | OpenPass | ReadJournal | Close


class HubSession:
    """One connection of one device. A WebSocket calls `tick` about once a second; HTTP does not.

    While it `waits` the caller hands over the next frame only when all pushes before it have been answered.
    """

    def __init__(self, zone: bytes, now_ms: int) -> None:
        self._zone = zone
        self._heard_ms = now_ms
        self._spoke_ms = now_ms
        self._hello: Hello | None = None
        self._challenge = b""
        self._proven = False
        self._signed = False
        self._growth_bytes = 0
        self._session = False
        self._readable: frozenset[str] = frozenset()
        self._cursors: dict[str, feed.Cursor] = {}
        self._reading: set[str] = set()
        self._again: set[str] = set()
        self._closed = False

    @property
    def device(self) -> int:
        """The device at the other end; 0 before its hello."""
        return self._hello.device if self._hello else 0

    @property
    def proven(self) -> bool:
        """Whether the other end has shown that it holds that device's key; a hello only claims it."""
        return self._proven

    @property
    def trusted(self) -> bool:
        """Whether some device's signature was good here: whoever has none makes the hub inflate little."""
        return self._proven or self._signed

    @property
    def waits(self) -> bool:
        """Whether what may still be inflated might not hold a push: the answer to those before decides."""
        return not self.trusted and self._growth_bytes > _GROWTH_BYTES_BESIDE_A_PUSH

    @property
    def feeds(self) -> frozenset[str]:
        """The feeds that this connection follows: wake it with `grown` when one of them grows."""
        return frozenset(self._cursors)

    def receive_frame(self, frame: bytes, now_ms: int) -> list[Effect]:
        """Takes one frame; bytes that are no frame end the connection and change nothing."""
        if self._closed:
            return []
        left = UNPROVEN_GROWTH_BYTES_MAX - self._growth_bytes
        most = FRAME_INFLATED_BYTES_MAX if self.trusted else len(frame) + left
        try:
            payload = decode_frame(frame, most)
        except FrameError as error:
            return self._close(error.fault, "", error.detail)
        self._growth_bytes += max(0, len(payload) - len(frame))
        try:
            message = decode_client_message(payload)
        except msgspec.DecodeError as error:
            self._heard_ms = now_ms
            # A newer client may say more than this hub knows, but not before it has said who it is.
            tell = self._close if self._hello is None else self._turn_away
            return tell(Fault.MESSAGE_UNKNOWN, "", str(error))
        return self.receive(message, now_ms)

    def receive(self, message: ClientMessage, now_ms: int) -> list[Effect]:
        """Takes one message of the device."""
        if self._closed:
            return []
        self._heard_ms = now_ms
        match message:
            case Hello():
                return self._take_hello(message, now_ms)
            case _ if self._hello is None:
                return self._close(Fault.MESSAGE_UNEXPECTED, "", "before hello")
            case Push():
                if len(message.events) > PUSH_EVENTS_MAX:
                    return self._turn_away(
                        Fault.PUSH_OVERSIZED, "push", f"{len(message.events)} events"
                    )
                return [Ingest(message)]
            case Subscribe():
                return self._subscribe(message)
            case Compare():
                return self._compare(message)
            case Report():
                return self._take_report(message, now_ms)
            case Present():
                return self._present(message)
            case Neighbours():
                return self._neighbours(message)
            case Ping(token=token):
                return [Send(Pong(token, now_ms))]

    def greeted(self, welcome: Welcome) -> list[Effect]:
        """The device is known; `welcome.feeds` are those that its session may read now."""
        assert self._hello is not None
        self._challenge = welcome.challenge
        self._session = welcome.session
        self._readable = frozenset(head.feed for head in welcome.feeds)
        return [Send(welcome)]

    def turn_away(self, fault: Fault, detail: str = "") -> list[Effect]:
        """The device is not known, or the hub cannot serve it now."""
        return self._close(fault, "hello", detail)

    def reported(self, fault: Fault | None) -> list[Effect]:
        """The report was kept (None), or is not this device's: then it changed nothing."""
        if fault is not None:
            return self._turn_away(fault, "report", "")
        self._proven = True
        return []

    def ingested(self, ack: Ack) -> list[Effect]:
        """The push is durable."""
        self._signed = True
        return [Send(ack)]

    def refused(self, fault: Fault, seq: int, detail: str = "") -> list[Effect]:
        """The push was turned away; `seq` is the end of the device's log here."""
        return [Send(FaultMessage(fault, "push", detail, seq))]

    def settled(self, runs: list[Run]) -> list[Effect]:
        """What became of events of this device that were parked."""
        return [Send(Verdicts(self.device, runs))] if runs else []

    def read(self, page: Page, *, more: bool | None = None) -> list[Effect]:
        """A page was read for `ReadFeed`; an empty one without a need to say so is not sent.

        `more`: whether there is more to read at once; None: as its head says.
        """
        name = page.feed
        self._reading.discard(name)
        cursor = self._cursors.get(name)
        if cursor is None or cursor.n != page.after or self._closed:
            # Unsubscribed or moved while it was read: what is asked for now comes first.
            return self._read_again(name)
        self._cursors[name] = feed.Cursor(name, page.after + len(page.entries), page.hash)
        effects: list[Effect] = [Send(page)] if page.entries or page.head else []
        if page.entries and (page.head is None if more is None else more):
            self._again.add(name)
        return [*effects, *self._read_again(name)]

    def refused_feed(self, name: str, fault: Fault) -> list[Effect]:
        """The feed cannot be read from where the device stands: feed-ahead, feed-hash."""
        self._reading.discard(name)
        self._again.discard(name)
        self._cursors.pop(name, None)
        return [Send(FaultMessage(fault, name, "", 0))]

    def compared(self, prints: Prints) -> list[Effect]:
        """The chain was read for `ReadPrints`."""
        return [Send(prints)]

    def grown(self, names: Iterable[str]) -> list[Effect]:
        """These feeds have new entries."""
        effects: list[Effect] = []
        for name in sorted(self._cursors.keys() & set(names)):
            self._again.add(name)
            effects += self._read_again(name)
        return effects

    def entitle(self, session: bool, readable: Iterable[str]) -> list[Effect]:
        """What may be read has changed: a role, a revocation, a session at its end.

        Where it has grown the connection ends: only a welcome says what may be read.
        """
        before = self._readable if self._session else None
        self._session = session
        self._readable = frozenset(readable) if session else frozenset()
        fault = Fault.FEED_NOT_ENTITLED if session else Fault.SESSION_EXPIRED
        effects: list[Effect] = []
        for name in sorted(self._cursors.keys() - self._readable):
            del self._cursors[name]
            self._again.discard(name)
            effects.append(Send(FaultMessage(fault, name, "", 0)))
        if before is not None and self._readable - before:
            self._closed = True
            effects.append(Close("rights-grown"))
        return effects

    def tick(self, now_ms: int) -> list[Effect]:
        """Notices a dead socket, and keeps a quiet one alive."""
        if self._closed:
            return []
        assert now_ms >= self._heard_ms
        if now_ms - self._heard_ms >= HEARTBEAT_TIMEOUT_MS:
            self._closed = True
            return [Close("silent")]
        if now_ms - self._spoke_ms < HEARTBEAT_INTERVAL_MS or self._hello is None:
            return []
        self._spoke_ms = now_ms
        return [Send(Pong(0, now_ms))]

    def _take_hello(self, hello: Hello, now_ms: int) -> list[Effect]:
        if self._hello is not None:
            return self._turn_away(Fault.MESSAGE_UNEXPECTED, "hello", "a second hello")
        if hello.protocol < PROTOCOL_VERSION_MIN or hello.protocol_min > PROTOCOL_VERSION:
            return self._close(Fault.PROTOCOL_VERSION, "hello", "")
        if hello.zone != self._zone:
            return self._close(Fault.ZONE_UNKNOWN, "hello", "")
        self._hello = hello
        return [Greet(hello), *self._warn_of_clock(hello.wall_ms, now_ms)]

    def _take_report(self, report: Report, now_ms: int) -> list[Effect]:
        assert self._hello is not None
        kept = KeepReport(self._hello, report, self._challenge)
        return [kept, *self._warn_of_clock(report.wall_ms, now_ms)]

    def _warn_of_clock(self, wall_ms: int, now_ms: int) -> list[Effect]:
        if wall_ms <= now_ms + CLOCK_AHEAD_MS_MAX:
            return []
        return self._turn_away(Fault.CLOCK_AHEAD, "", str(wall_ms - now_ms))

    def _subscribe(self, asked: Subscribe) -> list[Effect]:
        name = asked.feed
        if name not in self._readable:
            return self._unreadable(name)
        self._cursors[name] = feed.Cursor(name, asked.n, asked.hash)
        self._again.add(name)
        return self._read_again(name)

    def _compare(self, asked: Compare) -> list[Effect]:
        if asked.feed not in self._readable:
            return self._unreadable(asked.feed)
        if not (asked.step and 0 < asked.count <= COMPARE_PLACES_MAX):
            return self._turn_away(Fault.MESSAGE_UNEXPECTED, "compare", f"{asked.count} places")
        return [ReadPrints(asked)]

    def _unreadable(self, name: str) -> list[Effect]:
        fault = Fault.FEED_NOT_ENTITLED if self._session else Fault.SESSION_EXPIRED
        return self._turn_away(fault, name, "")

    def _present(self, _: Present) -> list[Effect]:
        return self._turn_away(Fault.MESSAGE_UNEXPECTED, "present", "only a relay asks for a pass")

    def _neighbours(self, _: Neighbours) -> list[Effect]:
        return self._turn_away(Fault.MESSAGE_UNEXPECTED, "neighbours", "only a relay has them")

    def _read_again(self, name: str) -> list[Effect]:
        """Reads on where something may be left to read and no reading is under way."""
        if name not in self._again or name in self._reading or name not in self._cursors:
            return []
        self._again.discard(name)
        self._reading.add(name)
        return [ReadFeed(self._cursors[name])]

    def _turn_away(self, fault: Fault, about: str, detail: str) -> list[Effect]:
        return [Send(FaultMessage(fault, about, detail, 0))]

    def _close(self, fault: Fault, about: str, detail: str) -> list[Effect]:
        self._closed = True
        return [*self._turn_away(fault, about, detail), Close(fault)]
