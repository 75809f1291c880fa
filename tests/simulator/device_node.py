"""A device of the simulator: sync/outbox, replica and session over a disk that survives crashes.

Every commit to the disk is a place to crash, before and after. What the person was told is saved
was committed before; what shows as confirmed is what the checkers hold against the hub.
"""

from collections.abc import Callable, Iterable
from hashlib import sha256

import msgspec
from msgspec import Struct

from sync import chain, clock, feed
from sync.effects import (
    BeginEpoch,
    Close,
    Effect,
    Forget,
    Greeted,
    MarkStored,
    Problem,
    PushFrom,
    Recount,
    Reopen,
    Rewind,
    Send,
    Settle,
    TakeHeard,
    TakePage,
    TellCounts,
)
from sync.errors import Fault
from sync.event import decode_head, encode_event
from sync.fold import CaseState
from sync.heard import Forged
from sync.ledger import ZONE_FEED
from sync.messages import Entry, Heard, Hello, Run, Welcome, encode_message
from sync.outbox import Accepted, Parked, settle
from sync.point_session import PointSession
from sync.replica import OwnEvent, Replica
from sync.session import Session
from tests.simulator.at_point import PointBook
from tests.simulator.device_line import TICK_MS, DeviceLine
from tests.simulator.disk import Disk, Saved
from tests.simulator.ends import End
from tests.simulator.hub_node import HubNode
from tests.simulator.line import Line, Quality
from tests.simulator.office import Seat, pass_of, rights_of
from tests.simulator.photographs import PHOTO_RETRY_MS
from tests.simulator.relay_node import RelayNode
from tests.simulator.world import Crash, DiskFull, Violation, World

RESTART_MS = 2_000
# Two profiles with one key: what a device says when it sees that its log is not the hub's.
FORKED = frozenset({Fault.CHAIN_FORK.value, "log-behind"})


class DeviceNode(DeviceLine):
    """One browser profile after another, on one disk."""

    def __init__(
        self,
        world: World,
        hub: HubNode,
        seat: Seat,
        quality: Quality,
        skew_ms: int,
        twin: "DeviceNode | None" = None,
        relay: RelayNode | None = None,
    ) -> None:
        self.world = world
        self.hub = hub
        self.relay = relay
        self.rights = rights_of(seat, world.now_ms)
        self.book = PointBook(seat, hub.hub.zone, pass_of(seat, hub.hub), self.rights)
        self.keeps_to_relay = self.at_relay = False
        self.seat = seat
        self.number = seat.number
        self.name = f"{seat.kind}-{seat.number}" + ("-twin" if twin else "")
        self.quality = quality
        self.skew_ms = skew_ms
        self.disk = Disk(
            lambda where: world.crash_point(self.name, where),
            lambda what: world.write_point(self.name, what),
        )
        # Its people signed in online: no clock here goes back behind that.
        self.disk.hub_ms = world.now_ms
        self.up = False
        self.promised: list[tuple[int, bytes]] = []
        self.problems: set[str] = set()
        self.bad_signatures = 0
        self.hello: Hello | None = None
        self.on_shown: Callable[[DeviceNode, bytes], None] = lambda *_: None
        self.on_stored: Callable[[DeviceNode], None] = lambda _: None
        self._life = 0
        self._failures = 0
        self._line: Line | None = None
        self._end: End | None = None
        self._session: Session | None = None
        self._reported = (0, 0, 0)
        self._heard_strangers = False
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
        self._heard_strangers = False
        self._line = self._end = None
        self.at_relay = False
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

    def vanish(self) -> None:
        """It is lost, with its disk."""
        self.up = False
        self._life += 1
        self.cut()
        self._session = None

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
        seen = self.replica.seen(self.disk.heard.values(), stream)
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

    def _do(self, effects: list[Effect]) -> None:
        due = list(effects)
        while due and self._session is not None:
            effect = due.pop(0)
            match effect:
                case Send(message=message):
                    self._send(encode_message(message))
                case PushFrom(first_seq=first_seq):
                    due = [*due, *self._push(first_seq)]
                case Settle():
                    self._settle(effect.seq, effect.runs)
                case Reopen() | BeginEpoch():
                    self._unsay(effect)
                case TakePage():
                    due = [*self._take_page(effect), *due]
                case Forget() | Recount() | Rewind():
                    due = [*self._repair(effect, self._session), *due]
                case TellCounts(challenge=challenge):
                    self._report(challenge)
                case Greeted(welcome=welcome):
                    self._greeted(welcome)
                case MarkStored() | TakeHeard():
                    self._from_relay(effect)
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

    def _unsay(self, effect: Reopen | BeginEpoch) -> None:
        if isinstance(effect, Reopen):
            self.disk.reopen(effect.seq)
        else:
            self.disk.begin_epoch(effect.epoch)

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
        if page.feed == ZONE_FEED and self._heard_strangers and isinstance(session, PointSession):
            # Perhaps it knows them now.
            self._heard_strangers = False
            return session.relisten()
        return []

    def _repair(self, effect: Forget | Recount | Rewind, session: Session) -> list[Effect]:
        match effect:
            case Forget(feed=name):
                self._forget(name)
            case Recount(feed=name):
                return session.recounted(name, self.replica.chain(name))
            case Rewind(cursor=cursor):
                self._rewind(cursor)
        return []

    def _forget(self, name: str) -> None:
        self.world.count("forget")
        self.disk.commit(f"without {name}", lambda: self.disk.pages.pop(name, None))
        self.replica.forget(name)

    def _rewind(self, cursor: feed.Cursor) -> None:
        self.world.count("rewind")
        name, n = cursor.feed, cursor.n

        def change() -> None:
            kept: list[feed.Taken] = []
            for page in self.disk.pages[name]:
                before = page.cursor.n - len(page.entries)
                if page.cursor.n <= n:
                    kept.append(page)
                elif before < n:
                    kept.append(feed.Taken(cursor, page.entries[: n - before]))
            self.disk.pages[name] = kept

        self.disk.commit(f"{name} up to {n}", change)
        self.replica.rewind(cursor)

    def _greeted(self, welcome: Welcome) -> None:
        self._failures = 0
        if welcome.relay:
            # A relay's time, epoch and rights are hearsay.
            self.disk.commit("which relay it met", lambda: self.disk.met(welcome.relay))
        else:
            self.disk.commit("the hub's time", lambda: self.disk.greeted(welcome))
            # Who finds the session over signs in anew, and gets another pass with it.
            self.book.present = pass_of(self.seat, self.hub.hub)

    def _from_relay(self, effect: MarkStored | TakeHeard) -> None:
        if isinstance(effect, MarkStored):
            self._mark_stored(effect.seq)
        else:
            self._take_heard(effect.heard)

    def _mark_stored(self, seq: int) -> None:
        number, _ = self.book.relay(self.disk)

        def change() -> None:
            self.disk.stored_at, self.disk.stored = number, seq

        self.disk.commit(f"that the relay holds {seq}", change)
        self.on_stored(self)

    def _take_heard(self, heard: Heard) -> None:
        session, disk = self._session, self.disk
        assert isinstance(session, PointSession)
        said = self.book.read(disk, heard, self.is_hubs)
        if isinstance(said, Forged):
            raise Violation("9 evidence", f"{self.name} hears what nobody signed")
        self._heard_strangers = self._heard_strangers or bool(said.unknown)
        fresh = {entry[1:3]: entry for entry in said.entries if is_of_a_case(entry)}

        def change() -> None:
            disk.heard.update(fresh)
            for key in said.refused:
                disk.heard.pop(key, None)
            if not said.unknown:
                disk.journal, disk.n = said.journal, said.n
            for *_, event in fresh.values():
                disk.hlc = clock.merge(disk.hlc, decode_head(event or b"").hlc, self.wall_ms)

        disk.commit(f"what it heard up to {said.n}", change)
        self.world.count("heard at the relay")
        session.heard_to(said.journal, said.n)

    def photo_stored(self, digest: bytes) -> None:
        self.disk.commit("that a photo is stored", lambda: self.disk.photos_stored.add(digest))
        for stream in self._seqs_by_stream:
            if digest.hex() in self.present(stream).attachments:
                self.on_shown(self, stream)


def is_of_a_case(entry: Entry) -> bool:
    """Whether a screen can show it."""
    try:
        return decode_head(entry[4] or b"").type.startswith("case.")
    except msgspec.DecodeError:
        return False
