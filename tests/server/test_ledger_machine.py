"""Hypothesis drives the hub's ledger on a real SQLite file: any part of any log, in any order, through failures.

Each step compares what the hub answered with a model of two lines (how far each log is held); what is in the file at
the end is held against the same checkers as the simulator's, against the hub's own verification, and made anew.
"""

import shutil
import sqlite3
import tempfile
from functools import cache
from pathlib import Path

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from server.flows.batch import Batch
from server.flows.hub import Hub, open_hub
from server.flows.ingest import ingest, read_push
from server.flows.rebuild import rebuild
from server.flows.verify import verify
from server.store.engine import sqlite_url
from server.store.errors import BusyError
from server.store.schema import migrate
from server.store.store import Store
from sync import chain, clock
from sync.errors import Fault
from sync.event import Act, Applicant, DeviceRevoke, Edit, Material, Receive, encode_event
from sync.limits import PUSH_EVENTS_MAX
from sync.messages import Ack, FaultMessage, Push
from sync.number import make_receipt_number
from tests.simulator import checks, frail
from tests.simulator.office import ITEMS, SEATS, MemoryFiles, Seat, furnish
from tests.simulator.old_cases import OLD_CASES
from tests.simulator.old_cases import furnish as furnish_cases
from tests.simulator.record import Record
from tests.simulator.world import START_MS, Crash, DiskFull, World

MACHINE = settings(max_examples=25, stateful_step_count=40, deadline=None)
WHO = st.integers(0, 2)
STREAM = st.integers(0, 5)
ACTS = ("case.accept", "case.request_correction", "case.approve", "case.terminate", "case.transfer")


@cache
def template() -> Path:
    """A zone with old cases, as a file with the schema that a hub has; made once."""
    path = Path(tempfile.mkdtemp()) / "template.db"
    store = Store.open(sqlite_url(path))
    migrate(store.engine)
    furnish_cases(furnish(store))
    store.close()
    return path


class File:
    """A hub's database file, to be looked into from beside it."""

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp())
        self.path = self.folder / "hub.db"
        # The write-ahead log went into the file when its last connection was closed.
        shutil.copyfile(template(), self.path)

    def query(self, sql: str, *parameters: object) -> list[tuple[object, ...]]:
        """What is durable."""
        with sqlite3.connect(self.path) as raw:
            found = raw.execute(sql, parameters).fetchall()
        raw.close()
        return found


class Log:
    """A device's log, of which any part may go to the hub at any time, and again."""

    def __init__(self, seat: Seat) -> None:
        self.seat = seat
        self.events: list[bytes] = []
        self.links = [chain.log_start(seat.key.public)]
        self.hlc = clock.ZERO

    def append(self, body: bytes) -> None:
        """One more event."""
        self.events.append(body)
        self.links.append(chain.next_link(self.links[-1], body))

    def push(self, zone: bytes, first: int, last: int) -> Push:
        """The events from `first` to `last`, signed."""
        statement = chain.push_statement(zone, self.seat.number, last, self.links[last])
        signature = self.seat.key.sign(statement)
        part = self.events[first - 1 : last]
        return Push(self.seat.number, first, self.links[first - 1], part, signature)


class TheLedger(RuleBasedStateMachine):
    """Two tablets and a desk."""

    def __init__(self) -> None:
        super().__init__()
        self.world = World(1)
        self.file = File()
        self.logs = [Log(SEATS[i]) for i in (0, 1, 3)]
        self.held = [0, 0, 0]
        self.cases = list(OLD_CASES)
        self.now_ms = START_MS
        self.randoms = 0
        self.hub: Hub
        self.open()

    def open(self) -> None:
        """A process opens the file."""
        self.store = Store.open(sqlite_url(self.file.path))
        self.hub = open_hub(self.store, MemoryFiles(), lambda: self.now_ms, self.random)
        self.end_watch = frail.watch_writes(self.world, "hub", self.store.engine)

    def close(self) -> None:
        self.world.calm = True
        self.end_watch()
        self.store.close()
        self.world.calm = False

    def random(self, size: int) -> bytes:
        self.randoms += 1
        return self.randoms.to_bytes(size, "big")

    # --- people -------------------------------------------------------------------------------

    def write(self, who: int, type_: str, stream: bytes, body: object, seen: int = -1) -> None:
        log, position = self.logs[who], 0
        if self.held[who] % 2:
            position = int(str(self.file.query("select position from zone")[0][0]))
        log.hlc = clock.tick(log.hlc, self.now_ms)
        named = []
        if seen >= 0 and self.logs[seen].events and seen != who:
            named = [(self.logs[seen].seat.number, len(self.logs[seen].events))]
        actor = log.seat.people[0].stream
        log.append(encode_event(type_, stream, log.hlc, actor, position, named, body))  # type: ignore[arg-type]

    @rule(who=st.integers(0, 1))
    def receive(self, who: int) -> None:
        log, stream = self.logs[who], len(self.cases).to_bytes(16, "big")
        number = make_receipt_number("HALL", log.seat.number, "20261122", len(self.cases))
        person = Applicant("王", "idcard", "11010519491231002X")
        body = Receive(
            ITEMS[0].facts, "HALL", ITEMS[0].dept, person, {"name": "甲"},
            [Material("M1", "provided")], "W1", number,
        )  # fmt: skip
        self.cases.append(stream)
        self.write(who, "case.receive", stream, body)

    @rule(who=WHO, at=STREAM, value=st.sampled_from("甲乙丙"), seen=st.integers(-1, 2))
    def edit(self, who: int, at: int, value: str, seen: int) -> None:
        self.write(who, "case.edit", self.cases[-1 - at], Edit({"name": value}), seen)

    @rule(who=WHO, at=STREAM, type_=st.sampled_from(ACTS))
    def act(self, who: int, at: int, type_: str) -> None:
        body = Act(opinion="同意", reason="理由", manner="post", recipient="王", point="JZ")
        self.write(who, type_, self.cases[-1 - at], body)

    @rule(who=WHO, body=st.binary(max_size=40))
    def write_noise(self, who: int, body: bytes) -> None:
        self.logs[who].append(body or b"?")

    @rule(who=WHO, at=STREAM)
    def turn_the_clock_back(self, who: int, at: int) -> None:
        hlc, actor = clock.pack(START_MS - 9, 0), self.logs[who].seat.people[0].stream
        body = encode_event(
            "case.edit", self.cases[-1 - at], hlc, actor, 0, [], Edit({"name": "丁"})
        )
        self.logs[who].append(body)

    # --- what goes wrong ----------------------------------------------------------------------

    @rule(steps=st.integers(0, 40), kind=st.sampled_from([Crash, DiskFull]))
    def fail_soon(self, steps: int, kind: type[Exception]) -> None:
        self.world.light_fuse("hub", steps, kind)

    @rule()
    def open_again(self) -> None:
        self.close()
        self.open()

    @rule(ms=st.integers(1, 100_000))
    def wait(self, ms: int) -> None:
        self.now_ms += ms

    @rule()
    def revoke_the_second(self) -> None:
        number = self.logs[1].seat.number

        def work() -> None:
            with self.store.write() as tx:
                batch = Batch(self.hub, tx)
                body = DeviceRevoke(number, "lost")
                batch.author("device.revoke", tx.devices.get(number).stream, body)
                batch.close()

        self.attempt(work)

    def attempt(self, work: object) -> bool:
        """Does it as a process that may die of it; whether it came to its end."""
        assert callable(work)
        try:
            work()
        except BusyError:
            return False
        except Crash:
            self.open_again()
            return False
        return True

    # --- pushing ------------------------------------------------------------------------------

    @rule(who=WHO, first=st.integers(1, 12), count=st.integers(1, 8))
    def push(self, who: int, first: int, count: int) -> None:
        log = self.logs[who]
        last = min(first + count - 1, len(log.events))
        if first > last:
            return
        answers: list[Ack | FaultMessage] = []
        push = log.push(self.hub.zone, first, last)
        if not self.attempt(
            lambda: answers.append(ingest(self.hub, read_push(self.hub, push)).answer)
        ):
            return
        match answers[0]:
            case Ack(seq=seq, link=link, runs=runs):
                assert first <= self.held[who] + 1
                self.held[who] = max(self.held[who], last)
                assert (seq, link) == (self.held[who], log.links[self.held[who]])
                told = {run.first_seq + i for run in runs for i in range(run.count)}
                assert told >= set(range(first, last + 1))
            case FaultMessage(code=code, seq=seq):
                assert (code, seq) == (Fault.CHAIN_GAP, self.held[who])
                assert first > self.held[who] + 1

    @invariant()
    def holds_what_it_answered_for(self) -> None:
        """What failed left nothing behind, what was acknowledged is there: no more, no less."""
        for log, held in zip(self.logs, self.held, strict=True):
            query = (
                "select seq from ledger where device = ?1 union all"
                " select seq from parked where device = ?1 order by seq"
            )
            seqs = [seq for (seq,) in self.file.query(query, log.seat.number)]
            assert seqs == list(range(1, held + 1))

    @invariant()
    def has_no_gap(self) -> None:
        ((count, top, head),) = self.file.query(
            "select (select count(*) from ledger), (select max(position) from ledger), position from zone"
        )
        assert count == top == head

    def teardown(self) -> None:
        """Everything comes, from whoever was last heard, and again: all is judged, and nothing changes any more."""
        try:
            self.end_well()
        finally:
            self.close()
            shutil.rmtree(self.file.folder)

    def end_well(self) -> None:
        self.close()
        self.world = World(2)
        self.world.calm = True
        self.open()
        for _ in range(2):
            for who in (2, 0, 1):
                for first in range(1, len(self.logs[who].events) + 1, PUSH_EVENTS_MAX):
                    self.push(who, first, PUSH_EVENTS_MAX)
            self.holds_what_it_answered_for()
        self.world.calm = True
        record = Record(self.file)
        for check in checks.OF_THE_RECORD:
            check(record)
        checks.check_nothing_blocks(record, [])
        assert verify(self.hub).difference is None
        rebuild(self.hub)
        after = Record(self.file)
        assert (after.cases, after.rows, after.parked) == (record.cases, record.rows, record.parked)


TestTheLedger = TheLedger.TestCase
TestTheLedger.settings = MACHINE
