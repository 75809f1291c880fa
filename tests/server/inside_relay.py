"""A point's relay without a process: its own database, and a line to an in-process hub that carries what is asked."""

from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from server.flows.enrol import enrol, make_code
from server.flows.greet import greet
from server.flows.hub import Hub
from server.flows.ingest import ingest, read_push
from server.flows.read_feed import Asked, PageFrame, Pages
from server.flows.refusals import Refusal
from server.keys import SigningKey
from server.relay import journal, mirror
from server.relay.node import Relay, open_relay
from server.store.engine import sqlite_url
from server.store.relay import JournalRow, RelayIdentity
from server.store.schema import migrate
from server.store.store import Store
from sync.chain import epoch_statement
from sync.errors import Fault
from sync.feed import start
from sync.limits import PROTOCOL_VERSION
from sync.messages import Ack, FaultMessage, Hello, Welcome
from sync.relay_uplink import (
    BeginEpoch,
    Close,
    Effect,
    Forward,
    Greeted,
    KeepAck,
    RelayUplink,
    SetAside,
)
from tests.server.inside import HERE

POINT = "HALL"


@contextmanager
def relay_of(hub: Hub, folder: Path) -> Iterator[Relay]:
    """A relay that the hub has enrolled, with the hub's clock."""
    made = make_code(hub, POINT, "relay", b"")
    assert not isinstance(made, Refusal)
    key = SigningKey.generate()
    done = enrol(hub, made.code, key.public, 1, "", HERE, "http://127.0.0.1:1")
    assert not isinstance(done, Refusal)
    folder.mkdir(exist_ok=True)
    store = Store.open(sqlite_url(folder / "relay.db"))
    migrate(store.engine)
    identity = RelayIdentity(
        device=done.device,
        zone=hub.zone,
        point=POINT,
        hub_key=hub.key.public,
        private_key=key.dump(),
        journal=b"j" * 16,
        epoch=hub.epoch,
        epoch_proof=hub.key.sign(epoch_statement(hub.zone, hub.epoch)),
        hub_ms=hub.now_ms(),
        last_n=0,
    )
    with store.write() as tx:
        tx.relay.create(identity)
    yield open_relay(store, hub.now_ms)
    store.close()


def mirror_all(hub: Hub, relay: Relay) -> None:
    """Bring the relay's mirror to where the hub is."""
    pages = Pages(hub)
    with hub.store.read() as tx:
        access = tx.zone.get().access
    for name in ("zone", f"point:{POINT}"):
        ends = False
        while not ends:
            cursors = {cursor.feed: cursor for cursor in relay.cursors()}
            cursor = cursors.get(name) or start(name)
            asked = Asked(cursor, relay.identity.device, access, even_empty=False, sealed=True)
            (frame,) = pages.next([asked])
            assert isinstance(frame, PageFrame)
            if frame.page.entries:
                assert mirror.take_page(relay, frame.page) is not None
            ends = frame.ends


class HubLine:
    """One connection of the relay to the hub: `run` passes on until there is nothing more to pass on."""

    def __init__(self, hub: Hub, relay: Relay) -> None:
        self.hub, self.relay = hub, relay
        self.sent: list[JournalRow] = []
        self.closed = ""
        self._unanswered: deque[Ack | FaultMessage] = deque()
        self._uplink = RelayUplink(
            zone=hub.zone,
            point=POINT,
            epoch=relay.identity.epoch,
            cursors=relay.cursors(),
            verify=relay.is_hubs,
            now_ms=hub.now_ms(),
        )

    def run(self, sent_max: int = 200) -> None:
        """Greet and pass on; the hub answers when the relay has nothing to say."""
        now_ms = self.hub.now_ms()
        device, nonce = self.relay.identity.device, bytes(32)
        hello = Hello(
            PROTOCOL_VERSION,
            PROTOCOL_VERSION,
            self.hub.zone,
            device,
            b"",
            "0.1.0",
            now_ms,
            nonce,
            [],
        )
        self._uplink.hello(hello)
        greeted = greet(self.hub, Pages(self.hub), hello, None)
        assert not isinstance(greeted, Fault)
        self._do(self._uplink.receive(greeted.welcome, now_ms), sent_max)
        while self._unanswered:
            self._do(self._uplink.receive(self._unanswered.popleft(), now_ms), sent_max)

    def _do(self, effects: list[Effect], sent_max: int) -> None:
        todo = list(effects)
        while todo:
            assert len(self.sent) < sent_max, "the relay sends the same again and again"
            todo = [*self._perform(todo.pop(0)), *todo]

    def _perform(self, effect: Effect) -> list[Effect]:
        relay, uplink = self.relay, self._uplink
        match effect:
            case BeginEpoch(epoch=epoch, proof=proof):
                mirror.begin_epoch(relay, epoch, proof)
            case Greeted(welcome=Welcome() as welcome):
                mirror.greet_hub(relay, welcome)
            case Forward():
                row = journal.next_to_forward(relay, effect.after, effect.but)
                if row is None:
                    return uplink.nothing_to_forward()
                self.sent.append(row)
                self._unanswered.append(
                    ingest(self.hub, read_push(self.hub, journal.decode_push(row))).answer
                )
                return uplink.forwarded(row.n, row.device, self.hub.now_ms())
            case KeepAck():
                device = journal.keep_ack(relay, effect.n, effect.ack)
                return uplink.reopened(device) if device else []
            case SetAside():
                device = journal.set_aside(relay, effect.n, effect.code, effect.seq)
                return uplink.reopened(device) if device else []
            case Close():
                self.closed = effect.code
        return []
