"""Hypothesis drives one device's session and outbox, and one reader's feed, against the simplest possible hub.

Messages are lost, doubled, overtake one another; lines break; the hub is set back to an earlier state in a new epoch.
What must hold at every step is an invariant, what must come at last is asked in `teardown`, on a line that is good.
"""

from collections.abc import Callable

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from sync import chain, feed
from sync.effects import (
    BeginEpoch,
    Close,
    Effect,
    Greeted,
    Problem,
    PushFrom,
    Reopen,
    Send,
    Settle,
    TellCounts,
)
from sync.epoch import FIRST
from sync.errors import Fault, Verdict
from sync.messages import Ack, Entry, FaultMessage, Hello, HubMessage, Page, Push, Run, Welcome
from sync.messages import sign_parts as parts
from sync.outbox import PUSHES_IN_FLIGHT_MAX, Settled, settle
from sync.session import Session

ZONE, KEY, DEVICE = bytes(16), b"key", 12
START = chain.log_start(KEY)
MACHINE = settings(max_examples=60, stateful_step_count=60, deadline=None)
ROUNDS_MAX = 400


def sign(statement: bytes) -> bytes:
    return statement[::-1]


def verdict_of(event: bytes) -> str:
    """The hub's judgement, by the event's last byte."""
    return (Verdict.OK, Verdict.NOT_ENTITLED, "cause-missing")[event[-1] % 3]


class Sending(RuleBasedStateMachine):
    """A log on its way up."""

    def __init__(self) -> None:
        super().__init__()
        self.now_ms, self.epoch = 1_000, FIRST
        # The device's disk.
        self.log: list[bytes] = []
        self.acked, self.known_epoch = 0, 0
        self.settled: dict[int, Settled] = {}
        # The hub's, and what it was when it was last backed up.
        self.held: list[bytes] = []
        self.backup: list[bytes] = []
        self.up: list[Push] = []
        self.down: list[HubMessage] = []
        self.session: Session
        self.connect()

    # --- the device ---------------------------------------------------------------------------

    def link_at(self, seq: int) -> bytes | None:
        return link_of(self.log[:seq]) if seq <= len(self.log) else None

    def do(self, effects: list[Effect]) -> None:
        for effect in effects:
            match effect:
                case Send(message=Hello() as hello):
                    self.down.append(self.welcome(hello.nonce))
                case PushFrom(first_seq=first_seq):
                    self.send(first_seq)
                case Settle(seq=seq, runs=runs):
                    self.acked = max(self.acked, seq)
                    self.settled |= dict(one for run in runs for one in settle(run))
                case Reopen(seq=seq):
                    self.acked = seq
                    self.settled = {n: told for n, told in self.settled.items() if n <= seq}
                case BeginEpoch(epoch=epoch):
                    assert epoch > self.known_epoch
                    self.acked, self.known_epoch = 0, epoch
                    self.settled = {}
                case Close(code=code):
                    assert code == "unanswered"
                    self.cut()
                    return
                case Send() | TellCounts() | Greeted():
                    pass
                case Problem(code=code):
                    raise AssertionError(code)
                case _:
                    raise AssertionError(effect)

    def send(self, first_seq: int) -> None:
        count = 1 + len(self.log) * 7 % 3
        events = self.log[first_seq - 1 :][:count]
        base = self.link_at(first_seq - 1)
        assert base is not None
        self.up.append(Push(DEVICE, first_seq, base, events, b""))
        self.do(self.session.pushed(first_seq + len(events) - 1, self.now_ms))

    @rule(kinds=st.lists(st.integers(0, 2), min_size=1, max_size=6))
    def append(self, kinds: list[int]) -> None:
        for kind in kinds:
            self.log.append(b"event %d " % len(self.log) + bytes([kind]))
            self.do(self.session.appended(len(self.log)))

    def connect(self) -> None:
        self.session = Session(
            zone=ZONE,
            device=DEVICE,
            last_seq=len(self.log),
            acked_seq=self.acked,
            epoch=self.known_epoch,
            cursors=[],
            link_at=self.link_at,
            verify=lambda statement, signature: signature == sign(statement),
            now_ms=self.now_ms,
        )
        self.do(self.session.hello(Hello(1, 1, ZONE, DEVICE, b"", "", self.now_ms, bytes(32), [])))

    def cut(self) -> None:
        """The line breaks, and the device tries again."""
        self.up.clear()
        self.down.clear()
        self.connect()

    # --- the hub ------------------------------------------------------------------------------

    def welcome(self, nonce: bytes) -> Welcome:
        proof = sign(chain.hello_statement(ZONE, self.epoch, nonce))
        seq, link = len(self.held), link_of(self.held)
        return Welcome(1, self.now_ms, self.epoch, True, seq, link, [], "", proof, bytes(32))

    def take(self, push: Push) -> None:
        end = push.first_seq - 1
        if end > len(self.held):
            self.down.append(FaultMessage(Fault.CHAIN_GAP, "", "", len(self.held)))
            return
        assert link_of(self.held[:end]) == push.base_link
        last = end + len(push.events)
        assert [*self.held[:end], *push.events][: len(self.held)] == self.held[:last]
        self.held += push.events[len(self.held) - end :]
        runs = [self.run_of(seq) for seq in range(push.first_seq, last + 1)]
        link = link_of(self.held[:last])
        statement = chain.ack_statement(ZONE, self.epoch, DEVICE, last, link, parts(runs))
        self.down.append(Ack(DEVICE, last, link, runs, sign(statement), self.epoch))

    def run_of(self, seq: int) -> Run:
        code = verdict_of(self.held[seq - 1])
        return Run(seq, 1, 0 if code == "cause-missing" else seq, self.now_ms, code)

    @rule()
    def back_up(self) -> None:
        self.backup = list(self.held)

    def lose_the_hub(self) -> None:
        """Another one is made from the backup; the line breaks with the old one."""
        self.held = list(self.backup)
        self.epoch += 1
        self.cut()

    # --- the line -----------------------------------------------------------------------------

    @rule(at=st.integers(0, 3), twice=st.booleans())
    @precondition(lambda self: self.up)
    def carry_up(self, at: int, twice: bool) -> None:
        push = self.up.pop(min(at, len(self.up) - 1))
        for _ in range(1 + twice):
            self.take(push)

    @rule(at=st.integers(0, 3), twice=st.booleans())
    @precondition(lambda self: self.down)
    def carry_down(self, at: int, twice: bool) -> None:
        # The welcome comes first: before it nobody has said anything else.
        message = self.down.pop(min(at, len(self.down) - 1))
        for _ in range(1 + twice):
            self.do(self.session.receive(message, self.now_ms))

    @rule(count=st.integers(1, 9))
    @precondition(lambda self: self.up or self.down)
    def flow(self, count: int) -> None:
        """For a while the line is good."""
        for _ in range(count):
            self.carry()

    def carry(self) -> None:
        if self.up:
            self.take(self.up.pop(0))
        if self.down:
            self.do(self.session.receive(self.down.pop(0), self.now_ms))

    @rule(what=st.sampled_from(["a push", "an answer", "an answer", "the line", "the hub"]))
    def lose(self, what: str) -> None:
        match what:
            case "a push":
                self.up = self.up[1:]
            case "an answer":
                self.down = self.down[1:]
            case "the line":
                self.cut()
            case "the hub":
                self.lose_the_hub()

    @rule(ms=st.sampled_from([1, 1_000, 30_000]))
    def wait(self, ms: int) -> None:
        self.now_ms += ms
        # Something is heard meanwhile, so that only what is not answered ends the line.
        self.session.receive(FaultMessage(Fault.REPORT_INVALID, "", "", 0), self.now_ms)
        self.do(self.session.tick(self.now_ms))

    # --- what must hold -----------------------------------------------------------------------

    @invariant()
    def counts_are_in_order(self) -> None:
        outbox = self.session.outbox
        if outbox is not None:
            assert 0 <= outbox.acked <= outbox.sent <= outbox.last == len(self.log)
            assert len(outbox.in_flight) <= PUSHES_IN_FLIGHT_MAX
            assert list(outbox.in_flight) == sorted(set(outbox.in_flight))
        assert 0 <= self.acked <= len(self.log)

    @invariant()
    def nothing_is_confirmed_that_the_hub_does_not_hold(self) -> None:
        if self.known_epoch == self.epoch:
            assert self.held[: self.acked] == self.log[: self.acked]
            assert set(range(1, self.acked + 1)) <= self.settled.keys()

    @invariant()
    def the_hub_holds_a_part_of_the_log(self) -> None:
        assert self.log[: len(self.held)] == self.held

    def teardown(self) -> None:
        """On a good line all of it comes up, with its verdicts."""
        self.cut()
        for _ in range(ROUNDS_MAX):
            self.carry()
            self.nothing_is_confirmed_that_the_hub_does_not_hold()
            if not self.up and not self.down:
                break
        assert self.held == self.log
        assert self.acked == len(self.log)
        told = {seq: one for run in map(self.run_of, self.seqs()) for seq, one in settle(run)}
        assert self.settled.keys() == told.keys()
        assert all(type(told[seq]) is type(one) for seq, one in self.settled.items())

    def seqs(self) -> range:
        return range(1, len(self.log) + 1)


def link_of(events: list[bytes]) -> bytes:
    return [START, *chain.fold_links(START, events)][-1]


class Reading(RuleBasedStateMachine):
    """A feed on its way down: pages of any age, cut anywhere, or spoilt."""

    name = "point:JZ"

    def __init__(self) -> None:
        super().__init__()
        self.stored: list[feed.StoredEntry] = []
        self.mine: dict[int, bytes] = {}
        self.cursor = feed.start(self.name)
        self.read: list[Entry] = []
        self.cursors = [self.cursor]

    @rule(own=st.booleans(), body=st.binary(max_size=8))
    def grow(self, own: bool, body: bytes) -> None:
        position = len(self.stored) + 1
        device = DEVICE if own else DEVICE + 1
        if own:
            self.mine[position] = body
        before = self.stored[-1].hash if self.stored else feed.start(self.name).hash
        (after,) = feed.extend(before, [(position, device, position, 5, body)])
        self.stored.append(feed.StoredEntry(position, device, position, 5, body, after))

    def page(self, cursor: feed.Cursor, length: int) -> Page:
        return feed.build_page(cursor, self.stored[cursor.n :][:length], DEVICE, None)

    def take(self, page: Page) -> feed.Taken | feed.NotNext | feed.NotChained:
        taken = feed.take_page(self.cursor, page, DEVICE, self.mine.get)
        if isinstance(taken, feed.Taken):
            self.cursor = taken.cursor
            self.read += taken.entries
            self.cursors.append(taken.cursor)
        return taken

    @rule(length=st.integers(0, 4))
    def take_the_next(self, length: int) -> None:
        expected = min(self.cursor.n + length, len(self.stored))
        assert isinstance(self.take(self.page(self.cursor, length)), feed.Taken)
        assert self.cursor.n == expected

    @rule(data=st.data(), length=st.integers(0, 4))
    def take_one_of_any_time(self, data: st.DataObject, length: int) -> None:
        asked = data.draw(st.sampled_from(self.cursors))
        was = self.cursor.n
        taken = self.take(self.page(asked, length))
        assert isinstance(taken, feed.Taken) == (asked.n == was)

    @rule(ahead=st.integers(1, 3))
    def take_one_from_ahead(self, ahead: int) -> None:
        start = self.cursor.n + ahead
        if start <= len(self.stored):
            cursor = feed.Cursor(self.name, start, self.stored[start - 1].hash)
            assert self.take(self.page(cursor, 2)) == feed.NotNext(ahead=True)

    @rule(
        spoil=st.sampled_from(
            [
                lambda entry: (entry[0] + 1, *entry[1:]),
                lambda entry: (*entry[:2], entry[2] + 1, *entry[3:]),
                lambda entry: (*entry[:3], entry[3] + 1, entry[4]),
                lambda entry: (*entry[:4], b"another event"),
            ]
        )
    )
    def take_a_spoilt_one(self, spoil: Callable[[Entry], Entry]) -> None:
        page = self.page(self.cursor, 2)
        if page.entries:
            page.entries[-1] = spoil(page.entries[-1])
            assert isinstance(self.take(page), feed.NotChained)

    @invariant()
    def what_was_read_is_the_beginning_of_the_feed(self) -> None:
        there = [(one.position, one.device, one.seq, one.hub_ms, one.event) for one in self.stored]
        assert self.read == there[: len(self.read)]
        assert self.cursor.n == len(self.read)
        chained = [feed.start(self.name).hash, *(one.hash for one in self.stored)]
        assert self.cursor.hash == chained[self.cursor.n]

    @invariant()
    def every_cursor_that_was_kept_may_be_asked_from(self) -> None:
        chained = [feed.start(self.name).hash, *(one.hash for one in self.stored)]
        for cursor in self.cursors:
            asked = cursor.subscribe()
            assert feed.check_subscribe(asked, len(self.stored), chained[cursor.n]) is None


TestSending = Sending.TestCase
TestSending.settings = MACHINE
TestReading = Reading.TestCase
TestReading.settings = MACHINE
