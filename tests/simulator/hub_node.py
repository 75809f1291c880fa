"""The hub of the simulator: the real flows and store, driven frame by frame, crashing at any write."""

from collections.abc import Callable

import msgspec

from server.flows.backup import announce
from server.flows.batch import Batch, Growth
from server.flows.greet import greet
from server.flows.hub import Hub, open_hub
from server.flows.ingest import ingest, read_push
from server.flows.read_feed import Asked, Pages, RightsChanged
from server.flows.reader import Reader, prove_relay, renew
from server.flows.refusals import Refusal
from server.flows.report import keep_report
from server.flows.restore import begin_epoch
from server.flows.uploads import Offer, Standing, append_upload, begin_upload
from server.store.errors import BusyError
from server.store.store import Store
from sync.codec import encode_frame
from sync.epoch import FIRST
from sync.errors import Fault
from sync.event import DeviceRevoke
from sync.feed import Cursor
from sync.hub_session import (
    Close,
    Effect,
    Greet,
    HubSession,
    Ingest,
    KeepReport,
    ReadFeed,
    ReadPrints,
    Send,
)
from sync.messages import (
    Ack,
    Compare,
    FaultMessage,
    Hello,
    Page,
    Prints,
    Push,
    Report,
    Run,
    encode_message,
)
from tests.simulator.line import Line
from tests.simulator.office import OLD_SEAT, SEATS, Database, MemoryFiles, open_sessions, token_of
from tests.simulator.world import Crash, World

NAME = "hub"
RESTART_MS = 3_000


class HubNode:
    """One hub process after another, on one database."""

    def __init__(self, world: World, database: Database) -> None:
        self.world = world
        self.database = database
        self.store: Store = database.reset()
        self.files = MemoryFiles()
        self.up = False
        self.sockets: list[Socket] = []
        self.pushes_seen: list[Push] = []
        self.backup: tuple[bytes, dict[bytes, bytes], int] | None = None
        # What hubs that are gone had given: entries by position, cases by case number.
        self.given: dict[int, tuple[int, int, bytes, str]] = {}
        self.case_numbers: dict[str, bytes] = {}
        self.revoked: set[int] = set()
        self.hub: Hub
        self.pages: Pages
        self.start()

    def start(self) -> None:
        """A new process opens the database; it may crash at that, too."""
        try:
            self.hub = self._open()
        except (Crash, BusyError):
            self.world.after(RESTART_MS, self.start)
            return
        self.pages = Pages(self.hub)
        self.up = True

    def _open(self) -> Hub:
        return open_hub(self.store, self.files, lambda: self.world.now_ms, self.world.rng.randbytes)

    def guard(self, work: Callable[[], None], failed: Callable[[], None] = lambda: None) -> None:
        """Does something that may crash the process, or fail for want of room."""
        try:
            work()
        except Crash:
            self.crash()
        except BusyError:
            failed()

    def crash(self) -> None:
        """Everything in memory is gone; every socket breaks."""
        self.up = False
        for socket in self.sockets:
            socket.line.cut()
        self.sockets = []
        self.world.after(RESTART_MS, self.start)

    @property
    def epoch(self) -> object:
        """The epoch that the database is in."""
        restores = "select coalesce(max(position), ?) from record where type = 'epoch.begin'"
        return self.database.query(restores, FIRST)[0][0]

    def knows(self, device: int) -> bool:
        """Whether a device of this number is enrolled."""
        return bool(self.database.query("select 1 from device where number = ?", device))

    def back_up(self) -> None:
        """Everything that is durable at this moment, kept elsewhere."""
        if self.up:
            self.world.say(NAME, "is backed up")
            self.backup = (self.database.save(), dict(self.files.kept), self.world.now_ms)
            self.guard(self._tell_backup)

    def _tell_backup(self) -> None:
        with self.store.write() as tx:
            growth = announce(self.hub, tx, tx.zone.get().position, self.world.now_ms)
        self.announce(growth)

    def lose_disk(self) -> None:
        """The machine burns; another is made from the backup, however old."""
        if not self.up or self.backup is None:
            return
        self.world.count("restored")
        self.world.say(NAME, "is lost")
        for position, *entry in self.database.query(
            "select position, device, seq, event, verdict from ledger"
        ):
            self.given[int(str(position))] = msgspec.convert(entry, tuple[int, int, bytes, str])
        for case_no, stream in self.database.query(
            "select case_no, stream from case_record where case_no <> ''"
        ):
            self.case_numbers[str(case_no)] = msgspec.convert(stream, bytes)
        self.up = False
        for socket in self.sockets:
            socket.line.cut()
        self.sockets = []
        self.world.after(RESTART_MS, lambda: self._restore(*self._backup))

    @property
    def _backup(self) -> tuple[bytes, dict[bytes, bytes], int]:
        assert self.backup is not None
        return self.backup

    def _restore(self, database: bytes, photos: dict[bytes, bytes], taken_ms: int) -> None:
        self.database.load(database)
        self.files.kept = dict(photos)
        try:
            hub = self._open()
            begin_epoch(hub, taken_ms)
            # A restore ends every session: people sign in anew.
            for seat in (*SEATS, OLD_SEAT):
                open_sessions(hub, seat)
        except (Crash, BusyError):
            # A restore that did not come to its end left nothing behind: it is done again.
            self.world.after(RESTART_MS, lambda: self._restore(database, photos, taken_ms))
            return
        self.start()
        # What the administrator did since the backup is done again.
        for device in sorted(self.revoked):
            if self.knows(device):
                self.revoke(device)

    def open(self) -> "Socket":
        """The end of a new line."""
        socket = Socket(self)
        self.sockets.append(socket)
        return socket

    def announce(self, growth: Growth, verdicts: dict[int, list[Run]] | None = None) -> None:
        """Wakes every socket that follows a feed that grew."""
        for socket in list(self.sockets):
            runs = (verdicts or {}).get(socket.session.device, [])
            try:
                socket.wake(growth, runs)
            except BusyError:
                # Every socket reads in a task of its own: this one's end is not its neighbour's.
                socket.give_up()

    def push(self, push: Push) -> Ack | FaultMessage:
        """A push by whatever way it came; what is answered is durable."""
        taken = ingest(self.hub, read_push(self.hub, push))
        self.world.crash_point(NAME, "after a commit, before the answer")
        self.announce(taken.growth, taken.verdicts)
        return taken.answer

    def replay(self, push: Push) -> None:
        """A push that some middle box kept arrives again, whenever it likes."""
        if self.up:
            self.world.count("replay")
            self.guard(lambda: self._pushed(push))

    def _pushed(self, push: Push) -> None:
        self.push(push)

    def begin_photo(self, offer: Offer, size: int) -> Standing | None:
        """POST /api/uploads: how far the photo is, or nothing."""
        return self._answer(begin_upload(self.hub, offer, size))

    def append_photo(self, offer: Offer, at: int, piece: bytes) -> Standing | None:
        """PATCH /api/uploads/…: how far the photo is now, or nothing."""
        return self._answer(append_upload(self.hub, offer, at, piece))

    def _answer(self, standing: Standing | Refusal) -> Standing | None:
        self.world.crash_point(NAME, "after keeping of a photo, before the answer")
        if isinstance(standing, Refusal):
            return None
        self.announce(standing.growth)
        return standing

    def forge(self, device: int) -> None:
        """A stranger says hello as this device, and reports for it."""

        def work() -> None:
            hello = Hello(1, 1, self.hub.zone, device, b"", "forged", 0, bytes(32), [])
            greeted = greet(self.hub, self.pages, hello, None)
            assert not isinstance(greeted, Fault)
            challenge = greeted.welcome.challenge
            report = Report(challenge, 0, 0, 0, self.world.now_ms, bytes(64))
            keep_report(self.hub, hello, report, challenge)

        if self.up:
            self.world.count("forged")
            self.guard(work)

    def revoke(self, device: int) -> None:
        """The administrator takes a device out of service."""

        def work() -> None:
            with self.store.write() as tx:
                batch = Batch(self.hub, tx)
                stream = tx.devices.get(device).stream
                batch.author("device.revoke", stream, DeviceRevoke(device, "lost"))
                batch.close()
                growth = batch.growth
            self.announce(growth)

        self.revoked.add(device)
        if self.up:
            self.world.count("revoked")
            self.world.say(NAME, f"revokes device {device}")
            self.guard(work)

    def end_sessions(self, device: int) -> None:
        """Sessions of a device end; its work goes on."""

        def work() -> None:
            with self.store.write() as tx:
                tx.sessions.end_of_device(device)
                tx.zone.touch_access()
            self.announce(Growth())

        if self.up:
            self.world.count("session ended")
            self.guard(work)


class Socket:
    """The hub's end of one line."""

    def __init__(self, node: HubNode) -> None:
        self._node = node
        self.session = HubSession(node.hub.zone, node.world.now_ms)
        self.reader: Reader | None = None
        self._checked: dict[str, Cursor] = {}
        self.line: Line

    def receive(self, frame: bytes) -> None:
        """A frame has come up the line."""
        node = self._node
        if self in node.sockets:
            effects = self.session.receive_frame(frame, node.world.now_ms)
            node.guard(lambda: self._do(effects), self.give_up)

    def give_up(self) -> None:
        """Says why, then hangs up; what was not acknowledged comes again."""
        self.line.down(encode_frame(encode_message(FaultMessage(Fault.BUSY, "", "", 0))))
        self.hang_up()

    def hang_up(self) -> None:
        """This end is done with the line."""
        self.left()
        self.line.cut()

    def left(self) -> None:
        """The line is cut."""
        if self in self._node.sockets:
            self._node.sockets.remove(self)

    def tick(self) -> None:
        """Once in a while."""
        self._do(self.session.tick(self._node.world.now_ms))

    def wake(self, growth: Growth, runs: list[Run]) -> None:
        """Something was written."""
        if self.reader is not None and growth.access != self.reader.access:
            self._do(self._renew())
        self._do(self.session.settled(runs))
        self._do(self.session.grown(growth.feeds))

    def _do(self, effects: list[Effect]) -> None:
        due = list(effects)
        while due:
            effect = due.pop(0)
            match effect:
                case Send():
                    self.line.down(encode_frame(encode_message(effect.message)))
                case Greet():
                    due = [*self._greet(effect), *due]
                case Ingest():
                    due = [*self._ingest(effect), *due]
                case ReadFeed():
                    due = [*due, *self._read(effect.cursor)]
                case ReadPrints():
                    due = [*self._compare(effect.asked), *due]
                case KeepReport():
                    due = [*self._keep_report(effect), *due]
                case Close():
                    self.hang_up()
                    return

    def _greet(self, effect: Greet) -> list[Effect]:
        node, hello = self._node, effect.hello
        token = token_of(hello.device, hello.account) if hello.account else None
        greeted = greet(node.hub, node.pages, hello, token)
        if isinstance(greeted, Fault):
            return self.session.turn_away(greeted)
        self.reader = greeted.reader
        effects = self.session.greeted(greeted.welcome)
        return [*effects, *self.session.settled(greeted.settled)]

    def _keep_report(self, effect: KeepReport) -> list[Effect]:
        hub = self._node.hub
        fault = keep_report(hub, effect.hello, effect.report, effect.given)
        effects = self.session.reported(fault)
        if fault is None and self.reader is None:
            self.reader = prove_relay(hub, effect.hello.device)
            if self.reader is not None:
                effects += self.session.entitle(True, self.reader.feeds)
        return effects

    def _ingest(self, effect: Ingest) -> list[Effect]:
        node = self._node
        node.pushes_seen.append(effect.push)
        answer = node.push(effect.push)
        if isinstance(answer, Ack):
            return self.session.ingested(answer)
        return self.session.refused(Fault(answer.code), answer.seq, answer.detail)

    def _read(self, cursor: Cursor) -> list[Effect]:
        node, reader, name = self._node, self.reader, cursor.feed
        if reader is None or name not in reader.feeds:
            return self.session.refused_feed(name, Fault.SESSION_EXPIRED)
        first = self._checked.get(name) != cursor
        fault = node.pages.check(cursor) if first else None
        if fault is not None:
            return self.session.refused_feed(name, fault)
        asked = Asked(cursor, reader.device, reader.access, first, reader.is_relay)
        page = node.pages.next([asked])[0]
        if isinstance(page, RightsChanged):
            empty = Page(name, cursor.n, [], cursor.hash, None)
            return [*self._renew(), *self.session.read(empty), *self.session.grown([name])]
        self._checked[name] = Cursor(name, cursor.n + len(page.page.entries), page.page.hash)
        return self.session.read(page.page)

    def _compare(self, asked: Compare) -> list[Effect]:
        effects: list[Effect] = []
        while (reader := self.reader) is not None and asked.feed in reader.feeds:
            prints = self._node.pages.compare(asked, reader.access)
            if isinstance(prints, Prints):
                return [*effects, *self.session.compared(prints)]
            effects += self._renew()
        return [*effects, *self.session.refused_feed(asked.feed, Fault.SESSION_EXPIRED)]

    def _renew(self) -> list[Effect]:
        if self.reader is None:
            return []
        self.reader = renew(self._node.hub, self.reader)
        feeds = self.reader.feeds if self.reader else frozenset()
        return self.session.entitle(self.reader is not None, feeds)
