"""The relay of one point in the simulator: the real journal, mirror, desk and lines, crashing at any write."""

from collections.abc import Callable, Coroutine
from typing import Any

import msgspec

from server.flows.enrol import Enrolled, MadeCode, enrol, make_code
from server.keys import SigningKey
from server.relay.bus import Bus
from server.relay.journal import tidy
from server.relay.line import RelayLine
from server.relay.node import Relay, open_relay
from server.relay.upstream import Hangup as UplinkHangup
from server.relay.upstream import HubLine, Upstream
from server.store.errors import BusyError
from server.store.relay import RelayIdentity
from server.store.store import Store
from server.stream.line import Hangup as LineHangup
from sync import chain
from sync.backoff import retry_delay_ms
from sync.codec import decode_frame, encode_frame
from sync.errors import Fault, FrameError
from sync.event import DeviceEnrol
from sync.hub_session import Close, Effect
from sync.ledger import RELAY_KIND, ZONE_FEED
from sync.messages import FaultMessage, HubMessage, Stored, decode_hub_message, encode_message
from sync.relay_session import RelaySession
from tests.server.point_model import Inline, done
from tests.simulator.ends import connect
from tests.simulator.hub_node import HubNode
from tests.simulator.line import Line, Quality
from tests.simulator.office import RELAY, RELAY_ADDRESS, RELAY_POINT, Database, make_key
from tests.simulator.world import Crash, World

NAME = "relay"
RESTART_MS = 2_000
TICK_MS = 1_000
TIDY_MS = 10_000
# A key that no seat has, for every machine that takes a relay's place.
SPARE_KEYS = 100


class RelayNode:
    """One machine after another in a point's cupboard, each with a database of its own."""

    def __init__(
        self, world: World, hub: HubNode, database: Database, quality: Quality, skew_ms: int
    ) -> None:
        self.world = world
        self.hub = hub
        self.database = database
        self.quality = quality
        self.skew_ms = skew_ms
        self.point = RELAY_POINT
        self.up = False
        # The point's line to the hub; whoever is at the point shares it.
        self.line_cut = False
        self.sockets: list[RelaySocket] = []
        # What this machine has signed for: the end of a device's log, and its link there.
        self.signed: dict[int, tuple[int, bytes]] = {}
        self.on_sent: Callable[[int, HubMessage], None] = lambda *_: None
        self.on_heard: Callable[[], None] = lambda: None
        self._machines = 0
        self._life = 0
        self._failures = 0
        self._hub_line: HubLine | None = None
        self._wire: Line | None = None
        self.number = RELAY
        self.key = make_key(RELAY)
        self.relay: Relay
        self.bus: Bus
        self.store: Store
        self._set_up()

    # --- life ---------------------------------------------------------------------------------

    def _set_up(self) -> None:
        """An empty machine that the hub has enrolled."""
        self.store = self.database.reset()
        self.signed = {}
        # Devices, and which of them are revoked, by the newest mirror that had any.
        self.last_zone: tuple[dict[int, DeviceEnrol], set[int]] = ({}, set())
        tag = self._machines.to_bytes(16, "big")
        identity = RelayIdentity(
            self.number, self.hub.hub.zone, self.point, self.hub.hub.key.public, self.key.dump(), tag,
            0, b"", self.world.now_ms, 0,
        )  # fmt: skip
        try:
            with self.store.write() as tx:
                tx.relay.create(identity)
        except (Crash, BusyError):
            self.world.after(RESTART_MS, self._set_up)
            return
        self.start()

    def start(self) -> None:
        """A new process opens the database; it may crash at that, too."""
        try:
            self.relay = open_relay(
                self.store,
                lambda: self.world.now_ms + self.skew_ms,
                lambda: self.world.now_ms,
            )
        except (Crash, BusyError):
            self.world.after(RESTART_MS, self.start)
            return
        self.relay.random = self.world.rng.randbytes
        self.bus = Bus()
        self.up = True
        self._life += 1
        self.soon(0, self._connect)
        self.soon(TICK_MS, self._tick)
        self.soon(TIDY_MS, self._tidy)

    def guard(self, work: Callable[[], None], failed: Callable[[], None] = lambda: None) -> None:
        """Does something that may crash the process, or fail for want of room; then tells whom it concerns."""
        if not self.up:
            return
        try:
            work()
        except Crash:
            self.crash()
        except BusyError:
            failed()
        self._tell()

    def _tell(self) -> None:
        """The tasks of the process: whoever waits for what was said hears it."""
        try:
            if self.up and self._hub_line is not None and self.bus.to_hub.is_set():
                self._at_hub(self._hub_line.pass_on())
            for socket in list(self.sockets):
                if self.up:
                    socket.listen()
        except Crash:
            self.crash()

    def crash(self) -> None:
        """Everything in memory is gone; every socket breaks."""
        self.up = False
        self._life += 1
        self._hang_up_all()
        self.world.after(RESTART_MS, self.start)

    def _hang_up_all(self) -> None:
        if self._wire is not None:
            self._wire.cut()
        self._hub_line = self._wire = None
        for socket in self.sockets:
            socket.line.cut()
        self.sockets = []

    def burn(self) -> None:
        """The machine is gone with all that it held; an administrator sets an empty one up."""
        self.up = False
        self._life += 1
        self.signed = {}
        self.world.count("relay replaced")
        self.world.say(NAME, "is lost")
        self._hang_up_all()
        self.world.after(RESTART_MS, self._replace)

    def _replace(self) -> None:
        """A code at the hub, a new key, a new number; the old one is taken out of service."""
        if not self.hub.up:
            self.world.after(RESTART_MS, self._replace)
            return
        old, self._machines = self.number, self._machines + 1
        key = make_key(SPARE_KEYS + self._machines)
        made: list[Enrolled] = []
        self.hub.guard(lambda: made.append(self._enrol(key)))
        if not made:
            self.world.after(RESTART_MS, self._replace)
            return
        self.number, self.key = made[0].device, key
        self.hub.guard(lambda: self.hub.announce(made[0].growth))
        if self.hub.knows(old):
            self.hub.revoke(old)
        self._set_up()

    def _enrol(self, key: SigningKey) -> Enrolled:
        code = make_code(self.hub.hub, self.point, RELAY_KIND, b"")
        assert isinstance(code, MadeCode), code
        made = enrol(self.hub.hub, code.code, key.public, chain.SUITE_P256, "", "", RELAY_ADDRESS)
        assert isinstance(made, Enrolled), made
        return made

    def soon(self, delay_ms: int, action: Callable[[], None]) -> None:
        """Does something later, if this process still lives then."""
        life = self._life

        def act() -> None:
            if self._life == life:
                self.guard(action)

        self.world.after(delay_ms, act)

    def _tick(self) -> None:
        self.soon(TICK_MS, self._tick)
        if self.hub.up and not self.hub.knows(self.number):
            # The hub was restored from before its enrolment: nobody can say that it is this point's any more.
            self.burn()
            return
        if self._hub_line is not None:
            self._at_hub(self._hub_line.tick())

    def _tidy(self) -> None:
        self.soon(TIDY_MS, self._tidy)
        tidy(self.relay)

    # --- towards the hub ----------------------------------------------------------------------

    @property
    def waiting(self) -> int:
        """How many events wait for the hub's word."""
        rows = self.database.query(
            "select count(*) from relay_journal where kind = 'push' and settled_ms = 0"
        )
        return msgspec.convert(rows[0][0], int)

    def ends(self) -> dict[str, int]:
        """How far its two feeds are mirrored."""
        rows = msgspec.convert(
            self.database.query("select name, n from relay_feed"), list[tuple[str, int]]
        )
        return {ZONE_FEED: 0, f"point:{self.point}": 0, **dict(rows)}

    def cut_line(self) -> None:
        """Nobody of the point reaches the hub until `mend_line`."""
        self.line_cut = True
        if self._wire is not None:
            self._wire.cut()

    def mend_line(self) -> None:
        """The hub can be reached again."""
        self.line_cut = False

    def _connect(self) -> None:
        if not self.hub.up or self.line_cut:
            self._retry()
            return
        try:
            self._open_line()
        except BusyError:
            self._retry()

    def _open_line(self) -> None:
        async def send(frame: bytes) -> None:
            self.world.crash_point(NAME, "before it sends to the hub")
            wire.up(frame)

        line = HubLine(Upstream(self.relay, self.bus, Inline(), "", "0.1.0"), send)
        life, end = self._life, self.hub.open()

        def came(frame: bytes) -> None:
            if self._life == life and self._wire is wire:
                self.on_heard()
                self.guard(lambda: self._at_hub(line.take(frame)), self._lose_hub)

        def cut() -> None:
            end.left()
            if self._life == life and self._wire is wire:
                self._hub_line = self._wire = None
                self._failures = 0 if line.uplink.greeted else self._failures + 1
                self._retry()

        wire = connect(end, Line(self.world, self.quality, end.receive, came, cut))
        self._hub_line, self._wire = line, wire
        self._at_hub(line.begin())

    def _retry(self) -> None:
        self.soon(retry_delay_ms(self._failures, self.world.rng.random()), self._reconnect)

    def _reconnect(self) -> None:
        if self._wire is None:
            self._connect()

    def _at_hub(self, work: Coroutine[Any, Any, None]) -> None:
        """What ends the line to the hub is no more than that."""
        try:
            done(work)
        except (UplinkHangup, FrameError, msgspec.DecodeError, BusyError) as why:
            self.world.say(NAME, f"loses the hub: {why}")
            self._lose_hub()

    def _lose_hub(self) -> None:
        if self._wire is not None:
            self._wire.cut()

    # --- towards devices ----------------------------------------------------------------------

    def open(self) -> "RelaySocket":
        """The end of a new line."""
        socket = RelaySocket(self)
        self.sockets.append(socket)
        return socket


class RelaySocket:
    """The relay's end of one line."""

    line: Line

    def __init__(self, node: RelayNode) -> None:
        self._node = node
        relay = node.relay
        self.session = RelaySession(relay.identity.zone, relay.now_ms(), relay.identity.point)
        self._relay_line = RelayLine(relay, node.bus, Inline(), self.session, self._send)
        self._ear = node.bus.join(lambda: self.session.device)
        self._now_ms = 0

    @property
    def listens(self) -> bool:
        """Whether the device at the other end may read the point here."""
        guest = self._relay_line.guest
        return guest is not None and f"point:{self._node.point}" in guest.feeds

    def receive(self, frame: bytes) -> None:
        """A frame has come up the line."""
        if self in self._node.sockets:
            effects = self.session.receive_frame(frame, self._wall_ms())
            self._node.guard(lambda: self._do(effects), self._give_up)

    def listen(self) -> None:
        """Something may have been said at this relay, or time has passed."""
        try:
            self._do(self._relay_line.listen(self._ear, self._wall_ms()))
        except BusyError:
            self._give_up()
        except LineHangup:
            self.hang_up()

    def _give_up(self) -> None:
        """Says why, then hangs up; what was not stored comes again."""
        self.line.down(encode_frame(encode_message(FaultMessage(Fault.BUSY, "", "", 0))))
        self.hang_up()

    def hang_up(self) -> None:
        """This end is done with the line."""
        self.left()
        self.line.cut()

    def left(self) -> None:
        """The line is cut."""
        self._node.bus.leave(self._ear)
        if self in self._node.sockets:
            self._node.sockets.remove(self)

    def _wall_ms(self) -> int:
        self._now_ms = max(self._now_ms, self._node.relay.now_ms())
        return self._now_ms

    def _do(self, effects: list[Effect]) -> None:
        due = list(effects)
        try:
            while due:
                effect = due.pop(0)
                due = [*done(self._relay_line.perform(effect)), *due]
                if isinstance(effect, Close):
                    return
        except LineHangup:
            self.hang_up()

    async def _send(self, frame: bytes) -> None:
        node = self._node
        node.world.crash_point(NAME, "after it stored, before it answers")
        message = decode_hub_message(decode_frame(frame))
        node.on_sent(self.session.device, message)
        if isinstance(message, Stored):
            before, _ = node.signed.get(message.device, (0, b""))
            if message.seq >= before:
                node.signed[message.device] = (message.seq, message.link)
        self.line.down(frame)
