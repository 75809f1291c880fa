"""A tablet at its point's relay, for tests: the device's session on a WebSocket, and all that it came to hold."""

import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from typing import Any

from server.keys import verify
from sync import feed
from sync.effects import (
    BeginEpoch,
    Close,
    Effect,
    Greeted,
    MarkStored,
    Problem,
    PushFrom,
    Send,
    Settle,
    TakeHeard,
    TakePage,
    TellCounts,
)
from sync.event import DeviceEnrol, decode_body, decode_head
from sync.heard import Taken, take_heard
from sync.messages import Heard, Hello, HubMessage, Page, Present, decode_pass
from sync.point_session import PointSession, RelayAt
from sync.session import Session
from tests.server.client import WAIT_S, Client, Socket, un64


class PointTablet:
    """A tablet's own store and sessions: `at_relay` and `at_hub` may follow each other at any moment."""

    def __init__(self, client: Client, relay: dict[str, Any], username: str) -> None:
        self.client = client
        self.tablet = client.tablet
        said = client.sign_in(username)
        self.present = Present(un64(said["pass"]["content"]), un64(said["pass"]["signature"]))
        self.relay_number = relay["device"]
        self.relay_base = relay["address"]
        self.relay_key = un64(relay["public_key"])
        self.acked = 0
        self.epoch = 0
        self.stored_at_point = 0
        self.stored_at_welcome: list[int] = []
        self.cursors: dict[str, feed.Cursor] = {}
        self.entries: dict[tuple[int, int], bytes] = {}
        self.heard: dict[tuple[int, int], bytes] = {}
        self.journal, self.n = bytes(16), 0
        self.settled: dict[int, str] = {}
        self.problems: list[str] = []
        self.closed = ""
        self.bytes_heard = 0

    def move_to(self, other: "PointTablet") -> None:
        """The point has another relay: the one that `other` was enrolled with."""
        self.relay_number, self.relay_base = other.relay_number, other.relay_base
        self.relay_key = other.relay_key
        self.journal, self.n, self.stored_at_point = bytes(16), 0, 0

    def settle(self, said: Settle) -> None:
        """Keep what the hub said of own events."""
        self.acked = max(self.acked, said.seq)
        for run in said.runs:
            self.settled |= {run.first_seq + i: run.code for i in range(run.count)}

    @contextmanager
    def at_relay(self) -> Iterator["PointLine"]:
        """A connection to the relay."""
        pass_ = decode_pass(self.present.content)
        at = RelayAt(
            self.relay_number,
            lambda said, by: verify(self.relay_key, by, said),
            self.present,
            tuple(name for name in pass_.feeds if name in {"zone", f"point:{self.tablet.point}"}),
            self.journal,
            self.n,
            self.stored_at_point,
        )
        with (
            closing(Client(self.relay_base, self.tablet)) as client,
            client.socket() as socket,
        ):
            yield PointLine(self, PointSession(**self._start()).through(at), socket)

    @contextmanager
    def at_hub(self) -> Iterator["PointLine"]:
        """A connection to the hub."""
        with self.client.socket() as socket:
            yield PointLine(self, Session(**self._start()), socket)

    def _start(self) -> dict[str, Any]:
        tablet = self.tablet
        return {
            "zone": tablet.zone,
            "device": tablet.number,
            "last_seq": tablet.last_seq,
            "acked_seq": self.acked,
            "epoch": self.epoch,
            "cursors": list(self.cursors.values()),
            "link_at": lambda seq: tablet.link(seq) if seq <= tablet.last_seq else None,
            "verify": lambda said, by: verify(self.client.hub_key, by, said),
            "now_ms": self.client.now_ms,
        }

    def key_of(self, device: int) -> bytes | None:
        """From the zone's feed as this tablet holds it."""
        for event in self.entries.values():
            head = decode_head(event)
            if head.type != "device.enrol":
                continue
            body = decode_body(head)
            if isinstance(body, DeviceEnrol) and body.number == device:
                return body.public_key
        return None

    def unconfirmed(self) -> dict[tuple[int, int], bytes]:
        """What neighbours wrote that no feed has brought yet."""
        return {key: event for key, event in self.heard.items() if key not in self.entries}


class PointLine:
    """One connection, driven until something is the case."""

    def __init__(self, owner: PointTablet, session: Session, socket: Socket) -> None:
        self._owner = owner
        self._session = session
        self._socket = socket
        owner.closed = ""
        hello: Hello = owner.client.hello()
        self.do(session.hello(hello))

    def until(self, holds: Callable[[], bool], wait_s: float = WAIT_S) -> float:
        """Take what comes until it holds; seconds that it took. Raises TimeoutError."""
        began = time.monotonic()
        while not holds():
            left = began + wait_s - time.monotonic()
            message: HubMessage = self._socket.hear(left)
            self.do(self._session.receive(message, self._owner.client.now_ms))
        return time.monotonic() - began

    def wrote(self) -> None:
        """The log has grown."""
        self.do(self._session.appended(self._owner.tablet.last_seq))

    def do(self, effects: list[Effect]) -> None:
        """Do what the session says."""
        owner, session = self._owner, self._session
        greeted = any(isinstance(effect, Greeted) for effect in effects)
        for effect in effects:
            match effect:
                case Send():
                    self._socket.say(effect.message)
                case PushFrom(first_seq=first_seq):
                    push = owner.tablet.push(first_seq)
                    self._socket.say(push)
                    self.do(session.pushed(owner.tablet.last_seq, owner.client.now_ms))
                case Settle():
                    owner.settle(effect)
                case BeginEpoch():
                    owner.acked, owner.epoch = 0, effect.epoch
                    owner.settled.clear()
                case MarkStored():
                    if not greeted:
                        owner.stored_at_point = effect.seq
                    else:
                        owner.stored_at_welcome.append(effect.seq)
                case TakePage(page=page):
                    self._take(page)
                case TakeHeard(heard=heard):
                    self._hear(heard)
                case TellCounts(challenge=challenge):
                    said_ms = owner.client.now_ms
                    self._socket.say(owner.tablet.report(challenge, 0, 0, 0, said_ms))
                case Problem():
                    owner.problems.append(effect.code)
                case Close():
                    owner.closed = effect.code
                case _:
                    pass

    def _take(self, page: Page) -> None:
        owner = self._owner
        cursor = owner.cursors.get(page.feed) or feed.start(page.feed)
        own = owner.tablet.events
        taken = feed.take_page(cursor, page, owner.tablet.number, lambda seq: own[seq - 1])
        if not isinstance(taken, feed.Taken):
            self.do(self._session.distrust(page.feed))
            return
        for _, device, seq, _, event in taken.entries:
            assert event is not None
            owner.entries[device, seq] = event
        owner.cursors[page.feed] = taken.cursor
        self._session.stored(taken.cursor)

    def _hear(self, heard: Heard) -> None:
        owner, hub_key = self._owner, self._owner.client.hub_key
        said = take_heard(
            heard,
            owner.tablet.zone,
            owner.epoch,
            owner.key_of,
            lambda key, said, by: verify(key, by, said),
            lambda said, by: verify(hub_key, by, said),
        )
        assert isinstance(said, Taken), said
        owner.journal, owner.n = said.journal, said.n
        owner.heard |= {(e[1], e[2]): e[4] or b"" for e in said.entries}
        for key in said.refused:
            owner.heard.pop(key, None)
