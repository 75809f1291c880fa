"""A device of the simulator: sync/outbox, replica and session over a disk that survives crashes.

Every commit to the disk is a place to crash, before and after. What the person was told is saved
was committed before; what shows as confirmed is what the checkers hold against the hub.
"""

from collections.abc import Callable, Iterable
from hashlib import sha256

import msgspec
from msgspec import Struct

from server.keys import verify
from sync import chain, clock, feed
from sync.backoff import retry_delay_ms
from sync.codec import decode_frame, encode_frame
from sync.errors import Fault, FrameError
from sync.event import decode_head, encode_event
from sync.fold import CaseState
from sync.limits import BACKOFF_MS_MAX
from sync.messages import (
    Entry,
    Hello,
    Push,
    Report,
    Run,
    Welcome,
    decode_hub_message,
    encode_message,
)
from sync.outbox import Accepted, Parked, push_length, settle
from sync.replica import OwnEvent, Replica
from sync.session import (
    BeginEpoch,
    Close,
    Effect,
    Forget,
    Greeted,
    Problem,
    PushFrom,
    Reopen,
    Send,
    Session,
    Settle,
    TakePage,
    TellCounts,
)
from tests.simulator.disk import Disk, Saved
from tests.simulator.hub_node import HubNode, Socket
from tests.simulator.line import Line, Quality
from tests.simulator.office import Seat
from tests.simulator.photographs import PHOTO_RETRY_MS, Photographer
from tests.simulator.world import Crash, DiskFull, World

TICK_MS = 2_500
RESTART_MS = 2_000
# Two profiles with one key: what a device says when it sees that its log is not the hub's.
FORKED = frozenset({Fault.CHAIN_FORK.value, "log-behind"})


class DeviceNode(Photographer):
    """One browser profile after another, on one disk."""

    def __init__(
        self,
        world: World,
        hub: HubNode,
        seat: Seat,
        quality: Quality,
        skew_ms: int,
        twin: "DeviceNode | None" = None,
    ) -> None:
        self.world = world
        self.hub = hub
        self.seat = seat
        self.number = seat.number
        self.name = f"{seat.kind}-{seat.number}" + ("-twin" if twin else "")
        self.quality = quality
        self.skew_ms = skew_ms
        self.disk = Disk(
            lambda where: world.crash_point(self.name, where),
            lambda what: world.write_point(self.name, what),
        )
        self.up = False
        self.promised: list[tuple[int, bytes]] = []
        self.problems: set[str] = set()
        self.bad_signatures = 0
        self.hello: Hello | None = None
        self.on_shown: Callable[[DeviceNode, bytes], None] = lambda *_: None
        self._life = 0
        self._failures = 0
        self._line: Line | None = None
        self._socket: Socket | None = None
        self._session: Session | None = None
        self._reported = (0, 0, 0)
        self.replica: Replica
        self._seqs_by_stream: dict[bytes, list[int]] = {}
        if twin is not None:
            self.disk.copy_from(twin.disk)
            self.promised = list(twin.promised)
        self.start()

    # --- life ---------------------------------------------------------------------------------

    def start(self) -> None:
        """The profile is opened: everything is read from the disk."""
        self.up = True
        self._life += 1
        self.replica = Replica(self.number)
        for pages in self.disk.pages.values():
            for taken in pages:
                self.replica.accept(taken)
        self._seqs_by_stream = {}
        for seq, saved in enumerate(self.disk.log, 1):
            self._index(seq, saved.stream)
        self._session = None
        self._line = None
        self.soon(0, self.connect)
        self.soon(TICK_MS, self._tick)
        self.soon(PHOTO_RETRY_MS, self.send_photos)

    def guard(self, work: Callable[[], None]) -> None:
        """Does something that may crash the profile."""
        if not self.up:
            return
        try:
            work()
        except Crash:
            self.crash()
        except DiskFull:
            # The person is told: not saved. What the connection believes is saved may not be.
            if self._line is not None and self._session is not None:
                self._session = None
                self._line.cut()

    def crash(self) -> None:
        """The browser is killed; the disk stays."""
        self.up = False
        self._life += 1
        if self._line is not None:
            self._line.cut()
        self._session = None
        self.world.after(RESTART_MS, self.start)

    def soon(self, delay_ms: int, action: Callable[[], None]) -> None:
        """Does something later, if the profile still lives then."""
        life = self._life

        def act() -> None:
            if self._life == life:
                self.guard(action)

        self.world.after(delay_ms, act)

    # --- the person's side --------------------------------------------------------------------

    @property
    def wall_ms(self) -> int:
        """The device's own clock; never less than the newest hub time that it has seen."""
        return max(self.world.now_ms + self.skew_ms, self.disk.hub_ms)

    def own(self, stream: bytes) -> list[OwnEvent]:
        """This device's events of a stream."""
        return [
            OwnEvent(seq, self.disk.log[seq - 1].event, self.disk.settled.get(seq))
            for seq in self._seqs_by_stream.get(stream, [])
        ]

    def present(self, stream: bytes) -> CaseState:
        """The case as its screen shows it."""
        return self.replica.present(stream, self.own(stream), self.disk.heard.values())

    def known_streams(self) -> list[bytes]:
        """Every stream that a person here could act on."""
        heard = {decode_head(entry[4] or b"").stream for entry in self.disk.heard.values()}
        return sorted({*self.replica.streams, *self._seqs_by_stream, *heard})

    def write(
        self, type_: str, stream: bytes, body: Struct, actor: bytes, photos: Iterable[bytes] = ()
    ) -> None:
        """Saves an event (and its photos) durably; after this the person is told: saved."""
        hlc = clock.tick(self.disk.hlc, self.wall_ms)
        seen = self.replica.unconfirmed(self.disk.heard.values(), stream)
        base = self.replica.base(stream)
        self.append(encode_event(type_, stream, hlc, actor, base, seen, body), stream, hlc, photos)

    def append(self, event: bytes, stream: bytes, hlc: bytes, photos: Iterable[bytes] = ()) -> None:
        """Appends bytes to the log as they are."""
        disk = self.disk
        link = disk.log[-1].link if disk.log else chain.log_start(self.seat.key.public)
        seq = len(disk.log) + 1

        def change() -> None:
            disk.log.append(Saved(event, chain.next_link(link, event), stream))
            disk.hlc = max(disk.hlc, hlc)
            for photo in photos:
                disk.photos[sha256(photo).digest()] = photo

        disk.commit(f"event {seq}", change)
        self.promised.append((seq, event))
        self._index(seq, stream)
        if self._session is not None:
            self._do(self._session.appended(seq))

    def _index(self, seq: int, stream: bytes) -> None:
        # Bytes that are no event are of no stream; they stand in the log all the same.
        if stream:
            self._seqs_by_stream.setdefault(stream, []).append(seq)

    def hear(self, entry: Entry) -> None:
        """Learns of another device's unconfirmed event by another way than the hub."""
        key = (entry[1], entry[2])
        self.disk.commit(f"heard {key}", lambda: self.disk.heard.update({key: entry}))

    def shows_confirmed(self, stream: bytes) -> bool:
        """Whether the third tick is on: all of one's own of this case, photos included."""
        for seq in self._seqs_by_stream.get(stream, []):
            if seq > self.disk.acked or not isinstance(self.disk.settled.get(seq), Accepted):
                return False
        state = self.present(stream)
        unsent = {digest.hex() for digest in self.disk.photos.keys() - self.disk.photos_stored}
        return not state.attachments.keys() & unsent

    @property
    def delivered(self) -> bool:
        """Whether the hub of this epoch has every event, and said what became of it."""
        disk = self.disk
        if not self.up or self._session is None or disk.epoch != self.hub.epoch:
            return False
        told = all(seq in disk.settled for seq in range(1, len(disk.log) + 1))
        return disk.acked == len(disk.log) and told

    @property
    def idle(self) -> bool:
        """Whether nothing is left to send: no event, and no photo."""
        return self.delivered and self.disk.photos.keys() <= self.disk.photos_stored

    @property
    def forked(self) -> bool:
        """Whether it knows that another profile writes its log; it is to be enrolled anew."""
        return bool(FORKED & self.problems)

    # --- the line -----------------------------------------------------------------------------

    def connect(self) -> None:
        """Opens a line and says hello."""
        if not self.hub.up:
            self._closed()
            return
        disk, world, life = self.disk, self.world, self._life
        socket = Socket(self.hub)

        def came(frame: bytes) -> None:
            if self._life == life:
                self.guard(lambda: self._receive(frame))

        def cut() -> None:
            if socket in self.hub.sockets:
                self.hub.sockets.remove(socket)
            if self._life == life and self._socket is socket:
                self._closed()

        self._line = socket.line = Line(world, self.quality, socket.receive, came, cut)
        self._socket = socket
        self.hub.sockets.append(socket)
        hub = self.hub.hub
        self._session = Session(
            zone=hub.zone,
            device=self.number,
            last_seq=len(disk.log),
            acked_seq=disk.acked,
            epoch=disk.epoch,
            cursors=self.replica.cursors,
            link_at=self._link_at,
            verify=lambda statement, signature: verify(hub.key.public, signature, statement),
            now_ms=world.now_ms,
        )
        parked = [seq for seq, told in disk.settled.items() if isinstance(told, Parked)]
        account, nonce = self.seat.people[0].stream, world.rng.randbytes(32)
        hello = Hello(1, 1, hub.zone, self.number, account, "0.1.0", self.wall_ms, nonce, parked)
        self.hello = hello
        self._do(self._session.hello(hello))

    def cut(self) -> None:
        """Its line, if it has one, breaks now."""
        if self._line is not None:
            self._line.cut()

    def _closed(self) -> None:
        self._session = self._line = self._socket = None
        delay_ms = retry_delay_ms(self._failures, self.world.rng.random())
        self._failures += 1
        assert delay_ms < BACKOFF_MS_MAX
        self.soon(delay_ms, self._reconnect)

    def _reconnect(self) -> None:
        if self._session is None:
            self.connect()

    def _link_at(self, seq: int) -> bytes | None:
        if seq == 0:
            return chain.log_start(self.seat.key.public)
        return self.disk.log[seq - 1].link if seq <= len(self.disk.log) else None

    def _receive(self, frame: bytes) -> None:
        if self._session is None:
            return
        try:
            message = decode_hub_message(decode_frame(frame))
        except (FrameError, msgspec.DecodeError):
            # Cut in the middle of a frame: what follows cannot be trusted.
            assert self._line is not None
            self._line.cut()
            return
        self._do(self._session.receive(message, self.world.now_ms))

    def _tick(self) -> None:
        self.soon(TICK_MS, self._tick)
        if self._session is not None:
            self._do(self._session.tick(self.world.now_ms))
        if self._session is not None and self.disk.counts != self._reported:
            self._do(self._session.counted())

    def _do(self, effects: list[Effect]) -> None:
        due = list(effects)
        while due and self._session is not None:
            effect = due.pop(0)
            match effect:
                case Send(message=message):
                    self._send(encode_message(message))
                case PushFrom(first_seq=first_seq):
                    due = [*due, *self._push(first_seq)]
                case Settle(seq=seq, runs=runs):
                    self._settle(seq, runs)
                case Reopen(seq=seq):
                    self.disk.reopen(seq)
                case BeginEpoch(epoch=epoch):
                    self.disk.begin_epoch(epoch)
                case TakePage():
                    due = [*self._take_page(effect), *due]
                case Forget(feed=name):
                    self._forget(name)
                case TellCounts(challenge=challenge):
                    self._report(challenge)
                case Greeted(welcome=welcome):
                    self._greeted(welcome)
                case Problem(code=code):
                    self.problems.add(code)
                    self.world.say(self.name, f"problem {code}")
                case Close(code=code):
                    self.world.say(self.name, f"closes: {code}")
                    if self._line is not None and self._line.open:
                        self._line.cut()
                    else:
                        self._closed()
                    return

    def _send(self, payload: bytes) -> None:
        if self._line is not None:
            self._line.up(encode_frame(payload))

    def _report(self, challenge: bytes) -> None:
        self._reported = self.disk.counts
        said = (challenge, *self._reported, self.world.now_ms + self.skew_ms)
        statement = chain.report_statement(self.hub.hub.zone, self.number, *said)
        self._send(encode_message(Report(*said, self.seat.key.sign(statement))))

    def _push(self, first_seq: int) -> list[Effect]:
        assert self._session is not None
        tail = self.disk.log[first_seq - 1 :]
        count = min(push_length([len(one.event) for one in tail]), self.world.rng.randint(1, 6))
        base_link = self._link_at(first_seq - 1)
        assert base_link is not None
        last_seq = first_seq + count - 1
        last_link = tail[count - 1].link
        statement = chain.push_statement(self.hub.hub.zone, self.number, last_seq, last_link)
        signature = self.seat.key.sign(statement)
        if self.bad_signatures:
            self.bad_signatures -= 1
            signature = bytes(64)
        events = [one.event for one in tail[:count]]
        push = Push(self.number, first_seq, base_link, events, signature)
        self.world.say(self.name, f"pushes {first_seq}…{last_seq}")
        self._send(encode_message(push))
        return self._session.pushed(last_seq, self.world.now_ms)

    def _settle(self, seq: int, runs: list[Run]) -> None:
        disk = self.disk
        told = dict(one for run in runs for one in settle(run))

        def change() -> None:
            disk.acked = max(disk.acked, seq)
            for number, state in told.items():
                # A later word of the same event stands: parked first, then its verdict.
                if not (isinstance(state, Parked) and number in disk.settled):
                    disk.settled[number] = state

        disk.commit(f"what became of {sorted(told)}", change)
        self._failures = 0
        for number in told:
            if number <= len(disk.log):
                self.on_shown(self, disk.log[number - 1].stream)

    def _take_page(self, effect: TakePage) -> list[Effect]:
        page, session = effect.page, self._session
        assert session is not None

        def own_event(seq: int) -> bytes | None:
            return self.disk.log[seq - 1].event if seq <= len(self.disk.log) else None

        taken = self.replica.check(page, own_event)
        match taken:
            case feed.NotNext(ahead=False):
                return []
            case feed.NotNext() | feed.NotChained():
                self.world.count("distrust")
                return session.distrust(page.feed)
            case feed.Taken():
                pages = self.disk.pages
                self.disk.commit(
                    f"page {page.after} of {page.feed}",
                    lambda: pages.setdefault(page.feed, []).append(taken),
                )
        for stream in self.replica.accept(taken):
            self.on_shown(self, stream)
        session.stored(taken.cursor)
        for entry in taken.entries:
            head = decode_head(entry[4] or b"")
            self.disk.hlc = clock.merge(self.disk.hlc, head.hlc, self.wall_ms)
        return []

    def _forget(self, name: str) -> None:
        self.world.count("forget")
        self.disk.commit(f"without {name}", lambda: self.disk.pages.pop(name, None))
        self.replica.forget(name)

    def _greeted(self, welcome: Welcome) -> None:
        self._failures = 0
        self.disk.commit("the hub's time", lambda: self.disk.greeted(welcome))

    def photo_stored(self, digest: bytes) -> None:
        self.disk.commit("that a photo is stored", lambda: self.disk.photos_stored.add(digest))
        for stream in self._seqs_by_stream:
            if digest.hex() in self.present(stream).attachments:
                self.on_shown(self, stream)
