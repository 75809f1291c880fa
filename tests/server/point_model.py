"""A point in memory, for properties: a hub that orders and signs, a relay on production code, tablets on theirs.

No sockets and no threads: messages lie in a wire until a test lets them through.
"""

from collections import deque
from collections.abc import Coroutine
from dataclasses import dataclass, field
from typing import Any, TypeVar

import msgspec
from sqlalchemy import create_engine, event
from sqlalchemy.pool import StaticPool

from server.keys import SigningKey, verify
from server.relay import journal, mirror
from server.relay.bus import Bus
from server.relay.line import RelayLine
from server.relay.node import Relay
from server.relay.threads import Threads
from server.store.engine import BEGIN
from server.store.relay import RelayIdentity
from server.store.store import Store
from server.store.tables import metadata
from server.stream.line import Hangup
from sync import chain, feed, hub_session
from sync.codec import decode_frame
from sync.errors import Fault
from sync.event import AccountSet, DeviceEnrol, Role, encode_event
from sync.hub_session import HubSession
from sync.messages import (
    Ack,
    ClientMessage,
    FeedHead,
    HubMessage,
    Page,
    Pass,
    Present,
    Push,
    Run,
    Welcome,
    decode_hub_message,
    encode_pass,
    sign_parts,
)
from sync.relay_session import RelaySession
from sync.relay_zone import RelayZone
from tests.server.tablet import Tablet

ZONE, EPOCH, ACCOUNT = bytes(range(16)), 9, bytes([7]) * 16
POINT, ZONE_FEED, POINT_FEED = "HALL", "zone", "point:HALL"
NOW = 1_795_400_000_000
HUB, PAGE_ENTRIES = 1, 2

T = TypeVar("T")


@dataclass
class Wire:
    """What is under way between two ends."""

    up: deque[ClientMessage] = field(default_factory=deque)
    down: deque[HubMessage] = field(default_factory=deque)
    closed: bool = False


class ModelHub:
    """Takes logs in order, gives positions, signs; every fourth event of a log is refused."""

    def __init__(self) -> None:
        self.key = SigningKey.generate()
        self.logs: dict[int, Tablet] = {}
        self.taken: dict[int, list[Run]] = {}
        self.feeds: dict[str, list[feed.StoredEntry]] = {ZONE_FEED: [], POINT_FEED: []}
        self.position = 0
        roles = [Role("window_clerk", point=POINT)]
        self.publish("account.set", ACCOUNT, AccountSet("li", "李", roles))

    def publish(self, type_: str, stream: bytes, body: Any) -> None:
        """A record of the zone."""
        n = len(self.feeds[ZONE_FEED]) + 1
        self._place(ZONE_FEED, HUB, n, encode_event(type_, stream, bytes(8), b"", 0, [], body))

    def enrol(self, key: SigningKey, kind: str = "tablet") -> int:
        """A device of the point; its number."""
        number = 2 + len(self.feeds[ZONE_FEED])
        body = DeviceEnrol(number, chain.SUITE_P256, key.public, POINT, "", kind)
        self.publish("device.enrol", number.to_bytes(16, "big"), body)
        return number

    def pass_for(self, device: int) -> Present:
        """What the account may read there on this device."""
        content = encode_pass(Pass(device, ACCOUNT, 1, 2 * NOW, [ZONE_FEED, POINT_FEED], EPOCH))
        return Present(content, self.key.sign(chain.pass_statement(ZONE, content)))

    def begun(self, epoch: int = EPOCH) -> bytes:
        """The hub's word that an epoch has begun."""
        return self.key.sign(chain.epoch_statement(ZONE, epoch))

    def take(self, push: Push) -> Ack | int:
        """The answer to a push, or where the log ends here if it begins behind that."""
        runs = self.taken.setdefault(push.device, [])
        if push.first_seq > len(runs) + 1:
            return len(runs)
        for i, body in enumerate(push.events):
            seq = push.first_seq + i
            if seq <= len(runs):
                continue
            if seq % 4:
                self._place(POINT_FEED, push.device, seq, body)
                runs.append(Run(seq, 1, self.position, NOW, "ok"))
            else:
                self.position += 1
                runs.append(Run(seq, 1, self.position, NOW, "not-entitled"))
        said = runs[push.first_seq - 1 : push.first_seq - 1 + len(push.events)]
        return self.signed(
            Ack(push.device, len(runs), self.logs[push.device].link(len(runs)), said, b"")
        )

    def page(self, cursor: feed.Cursor, reader: int) -> Page:
        """What follows, with a signed head at its end."""
        rows = self.feeds[cursor.feed][cursor.n : cursor.n + PAGE_ENTRIES]
        hash_ = rows[-1].hash if rows else cursor.hash
        return feed.build_page(
            cursor, rows, reader, self.head(cursor.feed, cursor.n + len(rows), hash_)
        )

    def signed(self, ack: Ack, epoch: int = EPOCH) -> Ack:
        """The same as the hub says it in this epoch."""
        parts = sign_parts(ack.runs)
        said = chain.ack_statement(ZONE, epoch, ack.device, ack.seq, ack.link, parts)
        return msgspec.structs.replace(ack, signature=self.key.sign(said), epoch=epoch)

    def head(self, name: str, n: int, hash_: bytes, epoch: int = EPOCH) -> FeedHead:
        """The hub's word on a feed's length and hash."""
        said = chain.feed_statement(ZONE, epoch, name, n, hash_)
        return FeedHead(name, n, hash_, self.key.sign(said), epoch)

    def welcome(self, device: int, nonce: bytes) -> Welcome:
        """The answer to a hello."""
        held = len(self.taken.get(device, []))
        feeds = [
            self.head(name, len(rows), rows[-1].hash if rows else feed.start(name).hash)
            for name, rows in self.feeds.items()
        ]
        proof = self.key.sign(chain.hello_statement(ZONE, EPOCH, nonce))
        link = self.logs[device].link(held)
        said = Welcome(1, NOW, EPOCH, True, held, link, feeds, "", proof, bytes(32))
        return msgspec.structs.replace(said, epoch_proof=self.begun())

    def _place(self, name: str, device: int, seq: int, body: bytes) -> None:
        self.position += 1
        rows = self.feeds[name]
        last = rows[-1].hash if rows else feed.start(name).hash
        (hash_,) = feed.extend(last, [(self.position, device, seq, NOW, body)])
        rows.append(feed.StoredEntry(self.position, device, seq, NOW, body, hash_))


class HubEnd:
    """The hub's end of one wire."""

    def __init__(self, hub: ModelHub, wire: Wire) -> None:
        self._hub, self._wire = hub, wire
        self._session = HubSession(ZONE, NOW)

    def hear(self, message: ClientMessage) -> None:
        """Takes one message, and answers."""
        self._do(self._session.receive(message, NOW))

    def wake(self) -> None:
        """Feeds may have grown."""
        self._do(self._session.grown((ZONE_FEED, POINT_FEED)))

    def _do(self, effects: list[hub_session.Effect]) -> None:
        hub, session, todo = self._hub, self._session, list(effects)
        while todo:
            effect = todo.pop(0)
            match effect:
                case hub_session.Send(message=message):
                    self._wire.down.append(message)
                case hub_session.Greet(hello=hello):
                    todo += session.greeted(hub.welcome(hello.device, hello.nonce))
                case hub_session.Ingest(push=push):
                    said = hub.take(push)
                    if isinstance(said, int):
                        todo += session.refused(Fault.CHAIN_GAP, said)
                    else:
                        todo += session.ingested(said)
                case hub_session.ReadFeed(cursor=cursor):
                    page = hub.page(cursor, session.device)
                    todo += session.read(page, more=bool(page.entries))
                case hub_session.KeepReport():
                    todo += session.reported(None)
                case hub_session.Close():
                    self._wire.closed = True
                case _:
                    raise AssertionError(f"only a relay is asked for {effect}")


class Inline(Threads):
    """Does at once what would wait for the disk."""

    def __init__(self) -> None:
        """No threads."""

    async def run(self, call: Any, *args: Any, **kwargs: Any) -> Any:
        """Call now."""
        return call(*args, **kwargs)


def done(work: Coroutine[Any, Any, T]) -> T:
    """What a coroutine that waits for nothing returns."""
    try:
        work.send(None)
    except StopIteration as end:
        value: T = end.value
        return value
    raise AssertionError("it waited")


class RelayEnd:
    """The relay's end of one wire."""

    def __init__(self, node: "ModelRelay", wire: Wire) -> None:
        self._node, self._wire = node, wire
        self._session = RelaySession(ZONE, NOW, POINT)
        self._line = RelayLine(node.relay, Bus(), Inline(), self._session, self._send)

    @property
    def device(self) -> int:
        """Who is at the other end."""
        return self._session.device

    def hear(self, message: ClientMessage) -> None:
        """Takes one message, and answers; others hear of it."""
        self._do(self._session.receive(message, NOW))
        self._node.wake()

    def wake(self) -> None:
        """The journal or a feed may have grown, rights may have changed."""
        self._do(self._line.renew())
        self._do(self._session.journal_grew())
        self._do(self._session.grown((ZONE_FEED, POINT_FEED)))

    def answered(self, ack: Ack) -> None:
        """The hub's word on a push of this device."""
        self._do(self._session.passed_on(ack))

    async def _send(self, frame: bytes) -> None:
        self._wire.down.append(decode_hub_message(decode_frame(frame)))

    def _do(self, effects: list[hub_session.Effect]) -> None:
        todo = list(effects)
        try:
            while todo:
                todo = [*done(self._line.perform(todo.pop(0))), *todo]
        except Hangup:
            self._wire.closed = True


class ModelRelay:
    """A relay with an empty database, enrolled at the hub."""

    def __init__(self, hub: ModelHub) -> None:
        self._hub = hub
        key = SigningKey.generate()
        self.number = hub.enrol(key, "relay")
        engine = create_engine("sqlite://", poolclass=StaticPool)
        event.listen(
            engine,
            "begin",
            lambda c: c.exec_driver_sql(c.get_execution_options().get(BEGIN, "BEGIN")),
        )
        metadata.create_all(engine)
        store = Store(engine)
        tag = self.number.to_bytes(16, "big")
        own = (self.number, ZONE, POINT, hub.key.public, key.dump(), tag)
        identity = RelayIdentity(*own, epoch=EPOCH, epoch_proof=hub.begun(), hub_ms=NOW, last_n=0)
        with store.write() as tx:
            tx.relay.create(identity)
        self.relay = Relay(store, identity, key, RelayZone(POINT), lambda: NOW, hub_ms=NOW)
        self.ends: list[RelayEnd] = []

    def leave(self, end: RelayEnd) -> None:
        """A line is gone."""
        self.ends = [one for one in self.ends if one is not end]

    def wake(self) -> None:
        """Whoever listens hears."""
        for end in self.ends:
            end.wake()

    def mirror(self) -> bool:
        """Takes the next page of every feed; whether there was one."""
        grew = False
        ends = {cursor.feed: cursor for cursor in self.relay.cursors()}
        for name in (ZONE_FEED, POINT_FEED):
            page = self._hub.page(ends.get(name) or feed.start(name), self.number)
            if page.entries:
                assert mirror.take_page(self.relay, page) is not None
                grew = True
        self.wake()
        return grew

    def forward(self) -> bool:
        """Passes the next push on and keeps the answer; whether there was one to pass on."""
        after = 0
        while (row := journal.next_to_forward(self.relay, after, ())) is not None:
            said = self._hub.take(journal.decode_push(row))
            if isinstance(said, Ack):
                journal.keep_ack(self.relay, row.n, said)
                for end in self.ends:
                    if end.device == said.device:
                        end.answered(said)
                self.wake()
                return True
            journal.set_aside(self.relay, row.n, Fault.CHAIN_GAP, said)
            after = row.n
        return False

    def signed_by(self, statement: bytes, signature: bytes) -> bool:
        """Whether this relay said it."""
        return verify(self.relay.key.public, signature, statement)
