"""A device and a relay, both on production code, under loss, repetition, cuts, replacement and lies.

Whatever happens between: only what the hub or an author signed is ever believed, and once everything passes again every
log is at the hub, every tablet holds every confirmed event, and nothing is left unconfirmed.
"""

import copy
from typing import Any

import msgspec
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from server.keys import verify
from sync import chain, feed
from sync.effects import (
    Close,
    Effect,
    Forget,
    Greeted,
    MarkStored,
    PushFrom,
    Reopen,
    Send,
    Settle,
    TakeHeard,
    TakePage,
    TellCounts,
)
from sync.event import Act, DeviceEnrol, decode_body, decode_head, encode_event
from sync.heard import Taken, take_heard
from sync.messages import Ack, FaultMessage, Heard, Hello, HubMessage, Page, Stored, Welcome
from sync.point_session import PointSession, RelayAt
from sync.session import Session
from tests.server.point_model import (
    ACCOUNT,
    EPOCH,
    NOW,
    POINT_FEED,
    ZONE,
    ZONE_FEED,
    HubEnd,
    ModelHub,
    ModelRelay,
    RelayEnd,
    Wire,
)
from tests.server.tablet import Tablet

PUSH_EVENTS = 3


class Device:
    """A tablet: what it keeps outlives its connections."""

    def __init__(self, hub: ModelHub, seed: int) -> None:
        self.hub = hub
        self.log = Tablet()
        self.log.enrolled(hub.enrol(self.log.key), ZONE, "HALL")
        hub.logs[self.log.number] = self.log
        self.present = hub.pass_for(self.log.number)
        self.acked = 0
        self.settled: dict[int, str] = {}
        self.cursors: dict[str, feed.Cursor] = {}
        self.entries: dict[tuple[int, int], bytes] = {}
        self.heard: dict[tuple[int, int], bytes] = {}
        self.journal, self.n = bytes(16), 0
        self.stored = 0
        self.unknown = False
        self.nonces = seed * 1_000_000
        self.heard_at = 0
        self.wire: Wire | None = None
        self.session: Session | None = None
        self.end: HubEnd | RelayEnd | None = None
        self.relay: ModelRelay | None = None

    def kept(self) -> tuple[Any, ...]:
        """All that is durable here."""
        at = (self.acked, dict(self.settled), dict(self.cursors), self.stored)
        return (*at, dict(self.entries), dict(self.heard), self.journal, self.n)

    # --- connections ------------------------------------------------------------------------

    def connect(self, relay: ModelRelay | None) -> None:
        """Leaves the line that there was for another: to this relay, or to the hub."""
        self.cut()
        wire = self.wire = Wire()
        self.relay = relay
        if relay is None:
            self.session, self.end = Session(**self._start()), HubEnd(self.hub, wire)
        else:
            end = RelayEnd(relay, wire)
            relay.ends.append(end)
            feeds = (ZONE_FEED, POINT_FEED)
            heard = (self.journal, self.n) if relay.number == self.heard_at else (bytes(16), 0)
            at = RelayAt(relay.number, relay.signed_by, self.present, feeds, *heard, self.stored)
            self.session, self.end = PointSession(**self._start()).through(at), end
        self.nonces += 1
        nonce = self.nonces.to_bytes(32, "big")
        hello = Hello(1, 1, ZONE, self.log.number, ACCOUNT, "", NOW, nonce, [])
        self._do(self.session.hello(hello))

    def cut(self) -> None:
        """Whatever was under way is gone."""
        if isinstance(self.end, RelayEnd) and self.relay is not None:
            self.relay.leave(self.end)
        self.wire = self.session = self.end = None

    def _start(self) -> dict[str, Any]:
        log = self.log
        return {
            "zone": ZONE,
            "device": log.number,
            "last_seq": log.last_seq,
            "acked_seq": self.acked,
            "epoch": EPOCH,
            "cursors": list(self.cursors.values()),
            "link_at": lambda seq: log.link(seq) if seq <= log.last_seq else None,
            "verify": lambda said, by: verify(self.hub.key.public, by, said),
            "now_ms": NOW,
        }

    def write(self) -> None:
        """One more event."""
        seq = self.log.last_seq + 1
        stream = (self.log.number * 1_000 + seq).to_bytes(16, "big")
        self.log.write_bytes(encode_event("case.accept", stream, bytes(8), ACCOUNT, 0, [], Act()))
        if self.session is not None:
            self._do(self.session.appended(seq))

    def upload(self) -> bool:
        """One message of this device arrives at the other end; whether there was one."""
        if self.wire is None or self.end is None or not self.wire.up or self.wire.closed:
            return False
        self.end.hear(self.wire.up.popleft())
        return True

    def download(self) -> bool:
        """One message of the other end arrives here; whether there was one."""
        if self.wire is None or self.session is None or not self.wire.down:
            return False
        message = self.wire.down.popleft()
        if self.relay is not None:
            self._hear_lies(message, self.relay)
        self.take(message)
        return True

    def _hear_lies(self, message: HubMessage, relay: ModelRelay) -> None:
        """Whatever else the relay might have said in its place: nothing that is durable changes by it."""
        wire, session, end, before = self.wire, self.session, self.end, self.kept()
        for lie in lies(message, relay, self.hub, self.log.number):
            self.wire, self.session, self.end = Wire(), _copy(session), None
            self.take(lie)
            assert self.kept() == before, lie
        self.wire, self.session, self.end = wire, session, end

    def take(self, message: HubMessage) -> None:
        """Does with a message what a device does."""
        assert self.session is not None
        self._do(self.session.receive(message, NOW))

    # --- what the session says ---------------------------------------------------------------

    def _do(self, effects: list[Effect]) -> None:
        todo = list(effects)
        while todo and self.session is not None and self.wire is not None:
            effect = todo.pop(0)
            match effect:
                case Send(message=message):
                    self.wire.up.append(message)
                case PushFrom(first_seq=first):
                    last = min(first + PUSH_EVENTS - 1, self.log.last_seq)
                    self.wire.up.append(self.log.push(first, last))
                    todo = [*self.session.pushed(last, NOW), *todo]
                case Settle(seq=seq, runs=runs):
                    self.acked = max(self.acked, seq)
                    for run in runs:
                        self.settled |= {run.first_seq + i: run.code for i in range(run.count)}
                case Greeted() if self.relay is not None and self.relay.number != self.heard_at:
                    # What another relay had passed on, this one may never say more of.
                    self.heard, self.heard_at = {}, self.relay.number
                case MarkStored(seq=seq):
                    self.stored = seq
                case TakePage(page=page):
                    todo += self._read(page)
                case TakeHeard(heard=heard):
                    self._hear(heard)
                case TellCounts(challenge=challenge):
                    self.wire.up.append(self.log.report(challenge, 0, 0, 0, NOW))
                case Forget() | Reopen():
                    raise AssertionError(f"nothing here is a reason for {effect}")
                case Close():
                    self.cut()
                case _:
                    pass

    def _read(self, page: Page) -> list[Effect]:
        assert self.session is not None
        cursor = self.cursors.get(page.feed) or feed.start(page.feed)
        taken = feed.take_page(cursor, page, self.log.number, lambda seq: self.log.events[seq - 1])
        match taken:
            case feed.Taken():
                for _, device, seq, _, event in taken.entries:
                    assert event is not None
                    self.entries[device, seq] = event
                    self.heard.pop((device, seq), None)
                self.cursors[page.feed] = taken.cursor
                self.session.stored(taken.cursor)
                if page.feed == ZONE_FEED and self.unknown and page.entries:
                    self.unknown = False
                    if isinstance(self.session, PointSession):
                        return self.session.relisten()
                return []
            case feed.NotNext() if page.after <= cursor.n:
                return []
            case _:
                return self.session.distrust(page.feed)

    def _hear(self, heard: Heard) -> None:
        assert isinstance(self.session, PointSession)
        said = take_heard(
            heard,
            ZONE,
            EPOCH,
            self.key_of,
            lambda key, statement, by: verify(key, by, statement),
            lambda statement, by: verify(self.hub.key.public, by, statement),
        )
        if not isinstance(said, Taken):
            self.cut()
            return
        fresh = {(e[1], e[2]): e[4] or b"" for e in said.entries}
        self.heard |= {key: event for key, event in fresh.items() if key not in self.entries}
        for key in said.refused:
            self.heard.pop(key, None)
        self.unknown = self.unknown or bool(said.unknown)
        self.session.heard_to(said.journal, said.n)
        if not said.unknown:
            self.journal, self.n = said.journal, said.n

    def key_of(self, device: int) -> bytes | None:
        """As the zone's feed has come here."""
        for event in self.entries.values():
            head = decode_head(event)
            body = decode_body(head) if head.type == "device.enrol" else None
            if isinstance(body, DeviceEnrol) and body.number == device:
                return body.public_key
        return None


def _copy(session: Session | None) -> Session | None:
    """The same session apart, as far as one message can change it."""
    one = copy.copy(session)
    if one is not None:
        vars(one).update(
            {name: dict(value) for name, value in vars(one).items() if isinstance(value, dict)}
        )
    return one


# --- lies -------------------------------------------------------------------------------------


def lies(message: HubMessage, relay: ModelRelay, hub: ModelHub, device: int) -> list[HubMessage]:
    """What a hostile relay might say in the place of this.

    With its own key, of others, altered, nothing signed, or what the hub signed before it was lost.
    """
    sign = relay.relay.key.sign
    anywhere: list[HubMessage] = [
        FaultMessage("feed-not-entitled", POINT_FEED, "", 0),
        FaultMessage("feed-hash", ZONE_FEED, "", 0),
        FaultMessage("feed-ahead", "dept:SCJG", "", 0),
        FaultMessage("feed-not-entitled", "neighbours", "", 0),
    ]
    match message:
        case Welcome():
            end = (message.seq, message.link)
            other = sign(chain.relay_statement(ZONE, relay.number, bytes(32), *end))
            return [
                msgspec.structs.replace(message, seq=message.seq + 1),
                msgspec.structs.replace(message, relay=0),
                msgspec.structs.replace(message, proof=other),
                msgspec.structs.replace(
                    message,
                    epoch=EPOCH + 1,
                    epoch_proof=sign(chain.epoch_statement(ZONE, EPOCH + 1)),
                ),
            ]
        case Page(entries=[first, *rest]):
            altered = (*first[:4], b"\x90")
            head = message.head
            assert head is not None
            own = chain.feed_statement(ZONE, EPOCH, message.feed, head.n, bytes(32))
            forged = msgspec.structs.replace(head, hash=bytes(32), signature=sign(own))
            return [
                *anywhere,
                msgspec.structs.replace(message, entries=[altered, *rest]),
                msgspec.structs.replace(message, entries=rest),
                msgspec.structs.replace(message, head=None),
                msgspec.structs.replace(
                    message, head=hub.head(head.feed, head.n, head.hash, EPOCH - 1)
                ),
                msgspec.structs.replace(message, hash=bytes(32), head=forged),
            ]
        case Ack():
            runs = [msgspec.structs.replace(run, code="grant-expired") for run in message.runs]
            longer = msgspec.structs.replace(message, seq=message.seq + 1)
            return [
                *anywhere,
                msgspec.structs.replace(message, runs=runs),
                hub.signed(message, EPOCH - 1),
                msgspec.structs.replace(message, device=device + 1),
                longer,
            ]
        case Stored():
            said = chain.at_point_statement(ZONE, relay.number, device, message.seq, bytes(32))
            return [
                *anywhere,
                Stored(device, message.seq, bytes(32), sign(said)),
                msgspec.structs.replace(message, device=device + 1),
                msgspec.structs.replace(message, signature=bytes(64)),
            ]
        case Heard(items=[item, *more]):
            flipped = item[:-1] + bytes([item[-1] ^ 1])
            return [*anywhere, msgspec.structs.replace(message, items=[flipped, *more])]
        case _:
            return anywhere


# --- the machine --------------------------------------------------------------------------------

WHO = st.integers(0, 2)


class AtThePoint(RuleBasedStateMachine):
    """Three tablets of a point, one of which the others do not know at first."""

    @initialize()
    def open(self) -> None:
        """A hub, an empty relay, two tablets."""
        self.hub = ModelHub()
        self.relay = ModelRelay(self.hub)
        self.devices = [Device(self.hub, i) for i in range(2)]

    def _device(self, who: int) -> Device:
        return self.devices[who % len(self.devices)]

    @rule()
    def enrol_a_third(self) -> None:
        if len(self.devices) < 3:
            self.devices.append(Device(self.hub, 2))

    @rule(who=WHO)
    def write(self, who: int) -> None:
        self._device(who).write()

    @rule(who=WHO, at_hub=st.booleans())
    def connect(self, who: int, at_hub: bool) -> None:
        self._device(who).connect(None if at_hub else self.relay)

    @rule(who=WHO, count=st.integers(1, 20))
    def pass_on(self, who: int, count: int) -> None:
        device = self._device(who)
        for _ in range(count):
            device.upload()
            device.download()

    @rule()
    def all_goes_well(self) -> None:
        """For a while everything gets through, and the relay reaches the hub."""
        for _ in range(3):
            self.relay.mirror()
            self.relay.forward()
            for device in self.devices:
                if device.session is None:
                    device.connect(self.relay)
                for _ in range(8):
                    device.upload()
                    device.download()

    @rule()
    def relay_passes_on(self) -> None:
        self.relay.forward()

    @rule()
    def relay_mirrors(self) -> None:
        self.relay.mirror()

    @rule(who=WHO, what=st.sampled_from(["cut", "lose up", "lose down", "say twice", "relay dies"]))
    def mishap(self, who: int, what: str) -> None:
        device = self._device(who)
        wire = device.wire or Wire()
        match what:
            case "cut":
                device.cut()
            case "lose up":
                wire.up.clear()
            case "lose down":
                wire.down.clear()
            case "say twice":
                wire.up.extendleft(list(wire.up)[:1])
                wire.down.extendleft(list(wire.down)[:1])
            case _:
                for one in self.devices:
                    if one.relay is self.relay:
                        one.cut()
                self.relay = ModelRelay(self.hub)

    @invariant()
    def believes_only_what_is_so(self) -> None:
        hub = self.hub
        for device in self.devices:
            said = hub.taken.get(device.log.number, [])
            assert device.acked <= len(said)
            assert device.settled.items() <= {run.first_seq: run.code for run in said}.items()
            placed = {(e.device, e.seq): e.event for rows in hub.feeds.values() for e in rows}
            assert device.entries.items() <= placed.items()
            for (author, seq), event in device.heard.items():
                assert hub.logs[author].events[seq - 1] == event

    def teardown(self) -> None:
        """Everything passes again: every log is at the hub once, and everybody has all of it."""
        if not hasattr(self, "hub"):
            return
        while self.relay.mirror():
            pass
        for device in self.devices:
            device.connect(self.relay)
        while any(
            [
                *(device.upload() or device.download() for device in self.devices),
                self.relay.forward(),
                self.relay.mirror(),
            ]
        ):
            pass
        placed = {(e.device, e.seq): e.event for rows in self.hub.feeds.values() for e in rows}
        for device in self.devices:
            assert device.acked == device.log.last_seq
            assert set(device.settled) == set(range(1, device.log.last_seq + 1))
            assert device.entries == placed
            assert device.heard == {}
        for number, log in self.hub.logs.items():
            held = [e.seq for e in self.hub.feeds[POINT_FEED] if e.device == number]
            assert held == [seq for seq in range(1, log.last_seq + 1) if seq % 4]


TestAtThePoint = AtThePoint.TestCase
TestAtThePoint.settings = settings(max_examples=15, stateful_step_count=25, deadline=None)


def test_a_colleague_who_was_not_known_yet_is_heard_once_the_zone_names_her() -> None:
    """Her push came before her enrolment did: it is passed over, and then asked for again."""
    hub = ModelHub()
    relay = ModelRelay(hub)
    listener = Device(hub, 0)
    while relay.mirror():
        pass
    listener.connect(relay)
    while listener.upload() or listener.download():
        pass
    colleague = Device(hub, 1)
    colleague.write()
    colleague.connect(relay)
    while relay.mirror():
        pass
    assert listener.wire is not None
    enrolment = list(listener.wire.down)
    listener.wire.down.clear()
    while colleague.upload() or colleague.download():
        pass
    while listener.upload() or listener.download():
        pass
    assert listener.heard == {} and listener.unknown
    listener.wire.down.extend(enrolment)
    while listener.upload() or listener.download():
        pass
    assert listener.heard == {(colleague.log.number, 1): colleague.log.events[0]}
