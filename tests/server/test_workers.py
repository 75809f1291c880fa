"""Several workers on one PostgreSQL, reached directly and through PgBouncer.

The interval between two looks is ten minutes here: what one worker hears of another comes by NOTIFY or not at all.
"""

import os
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest
from websockets.exceptions import ConnectionClosed

from server.flows.hub import new_stream
from sync.errors import Parked, Verdict
from sync.feed import Cursor, Taken, take_page
from sync.messages import Ack, FaultMessage, Page, Subscribe, Verdicts, Welcome
from tests.pgbouncer import Pooler, start_pooler
from tests.postgres import Cluster
from tests.server.client import WAIT_S, Client, Socket, administrator, enrolled
from tests.server.process import HubProcess
from tests.server.workers import ended, kill_worker, pids_of, served_by

CLERK, COLLEAGUE, ITEM = "dating.shouli1", "dating.shouli2", "SCJG-001"
FEED = "point:HALL"
LOOK_NEVER = ("--look-interval", "600")
PUSHERS, CASES, PUSH = 6, 60, 4


@dataclass
class Hall:
    """A hub of two workers, its database's own address, and devices on demand."""

    hub: HubProcess
    database: str

    @contextmanager
    def device(self, username: str = CLERK) -> Iterator[Client]:
        """A new device at HALL with somebody signed in."""
        with closing(administrator(self.hub.base)) as admin:
            client = enrolled(self.hub.base, admin)
        with closing(client):
            client.sign_in(username)
            yield client

    @contextmanager
    def line(self, client: Client, worker: int) -> Iterator[Socket]:
        """A device's socket at a worker, greeted."""
        with ExitStack() as stack:
            with served_by(self.hub, worker):
                line = stack.enter_context(client.socket())
                line.say(client.hello())
                line.hear_until(Welcome)
            yield line


@pytest.fixture(scope="module")
def pooler(postgres: Cluster) -> Iterator[Pooler]:
    running = start_pooler(postgres)
    yield running
    running.stop()


@pytest.fixture(scope="module", params=["direct", "pgbouncer"])
def hall(
    request: pytest.FixtureRequest, postgres: Cluster, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Hall]:
    name = postgres.create()
    direct = url = postgres.url(name)
    serving = ("--workers", "2", *LOOK_NEVER)
    if request.param == "pgbouncer":
        pooler: Pooler = request.getfixturevalue("pooler")
        url = pooler.url(name)
        serving = (*serving, "--listen-url", direct)
    data = tmp_path_factory.mktemp("workers") / "data"
    hub = HubProcess(data, database_url=url, serving=serving).start()
    yield Hall(hub, direct)
    hub.stop()


@pytest.fixture
def own_hub(postgres: Cluster, tmp_path: Path) -> Iterator[HubProcess]:
    """A hub of two workers of this test's own; however the test ends, so does it."""
    url = postgres.url(postgres.create())
    hub = HubProcess(tmp_path / "data", database_url=url, serving=("--workers", "2"))
    yield hub
    hub.kill()


def follow(line: Socket, cursor: Cursor) -> Page:
    """Subscribe; the first page, empty when the cursor stands at the end."""
    line.say(Subscribe(cursor.feed, cursor.n, cursor.hash))
    return line.hear_until(Page)


def end_of(client: Client, feed: str = FEED) -> Cursor:
    """Where a feed ends now."""
    page = client.pull(feed)[-1]
    return Cursor(feed, page.after + len(page.entries), page.hash)


def test_a_push_at_one_worker_wakes_readers_at_both(hall: Hall) -> None:
    first, second = pids_of(hall.hub)
    with (
        hall.device() as clerk,
        hall.device(COLLEAGUE) as near,
        hall.device(COLLEAGUE) as far,
        hall.line(near, first) as here,
        hall.line(far, second) as there,
    ):
        for line in (here, there):
            assert follow(line, end_of(clerk)).entries == []
        for case, worker in enumerate((first, second)):
            clerk.tablet.receive(clerk.item(ITEM), clerk.account, ms=clerk.now_ms)
            with hall.line(clerk, worker) as pushing:
                pushing.say(clerk.tablet.push(case + 1))
                assert [run.code for run in pushing.hear_until(Ack).runs] == [Verdict.OK]
            for line in (here, there):
                page = line.hear_until(Page)
                assert [entry[4] for entry in page.entries] == [clerk.tablet.events[case]]


def test_a_verdict_reaches_its_device_at_the_other_worker(hall: Hall) -> None:
    """What one tablet had parked gets its position when another's push arrives elsewhere."""
    first, second = pids_of(hall.hub)
    with hall.device() as clerk, hall.device(COLLEAGUE) as waiting:
        stream = new_stream(clerk.now_ms, os.urandom)
        seq = waiting.tablet.act("case.accept", stream, waiting.account, ms=waiting.now_ms)
        with hall.line(waiting, second) as line:
            line.say(waiting.tablet.push())
            assert [run.code for run in line.hear_until(Ack).runs] == [Parked.STREAM_MISSING]
            clerk.tablet.receive(clerk.item(ITEM), clerk.account, ms=clerk.now_ms, stream=stream)
            with hall.line(clerk, first) as pushing:
                pushing.say(clerk.tablet.push())
                assert [run.code for run in pushing.hear_until(Ack).runs] == [Verdict.OK]
            (run,) = line.hear_until(Verdicts).runs
        assert (run.first_seq, run.count) == (seq, 1)
        assert run.position > 0


def test_who_is_signed_out_at_one_worker_reads_no_more_at_the_other(hall: Hall) -> None:
    first, second = pids_of(hall.hub)
    with hall.device() as clerk, hall.line(clerk, second) as line:
        assert follow(line, end_of(clerk)).entries == []
        with served_by(hall.hub, first), closing(Client(hall.hub.base)) as fresh:
            fresh.account, fresh.tokens = clerk.account, clerk.tokens
            assert fresh.call("POST", "/api/sign-out").status_code == 200
        assert line.hear_until(FaultMessage).about == FEED


@dataclass
class Reader:
    """Follows a feed on one line until it holds as many events as are to come; checks every page."""

    client: Client
    cursor: Cursor
    events: list[bytes]

    def read(self, line: Socket, expected: int) -> None:
        """Subscribe and take pages."""
        page = follow(line, self.cursor)
        while True:
            self.take(page)
            if len(self.events) >= expected:
                return
            page = line.hear_until(Page)

    def take(self, page: Page) -> None:
        """A page must follow what is held, without a gap, and chain."""
        taken = take_page(self.cursor, page, self.client.tablet.number, lambda _: None)
        assert isinstance(taken, Taken), taken
        self.cursor = taken.cursor
        self.events += [entry[4] for entry in taken.entries]


def watch_ledger(url: str, over: threading.Event) -> int:
    """Compare, as often as it goes, what is in the ledger with its end; how often there was news."""
    news, last = 0, 0
    query = "SELECT (SELECT position FROM zone), count(*), max(position) FROM ledger"
    with psycopg.connect(url, autocommit=True) as connection:
        while not over.is_set():
            row = connection.execute(query).fetchone()
            assert row is not None
            end, count, highest = row
            assert end == count == highest, "a gap"
            assert end >= last, "the ledger went back"
            news, last = news + (end > last), end
    return news


def push_all(client: Client, acknowledged: list[int]) -> None:
    """Push what the hub has not got, pipelined; after every cut connect again."""
    total = client.tablet.last_seq
    while not acknowledged or acknowledged[-1] < total:
        try:
            with client.socket() as line:
                line.say(client.hello())
                held = line.hear_until(Welcome).seq
                assert held >= max(acknowledged, default=0), "durable before acknowledged"
                if held == total:
                    # The last answer was lost on its way: asked again, it is the same.
                    held -= 1
                starts = range(held + 1, total + 1, PUSH)
                for first in starts:
                    line.say(client.tablet.push(first, min(first + PUSH - 1, total)))
                for _ in starts:
                    ack = line.hear_until(Ack)
                    assert {run.code for run in ack.runs} == {Verdict.OK}
                    acknowledged.append(ack.seq)
        except (ConnectionClosed, OSError):
            continue


def test_many_push_at_both_workers_and_one_is_killed(hall: Hall) -> None:
    """Readers at both workers get every event, in order and chained; nothing acknowledged is lost."""
    first, second = pids_of(hall.hub)
    with ExitStack() as stack:
        pushers = [stack.enter_context(hall.device()) for _ in range(PUSHERS)]
        readers = [stack.enter_context(hall.device(COLLEAGUE)) for _ in range(2)]
        for client in pushers:
            for _ in range(CASES):
                client.tablet.receive(client.item(ITEM), client.account, ms=client.now_ms)
        cursor = end_of(readers[0])
        following = [Reader(client, cursor, []) for client in readers]
        expected = PUSHERS * CASES
        acknowledged: list[list[int]] = [[] for _ in pushers]
        over = threading.Event()
        with ThreadPoolExecutor(PUSHERS + 3) as threads:
            watching = threads.submit(watch_ledger, hall.database, over)
            lines = [
                stack.enter_context(hall.line(reader.client, worker))
                for reader, worker in zip(following, (first, second), strict=True)
            ]
            reading = threads.submit(following[1].read, lines[1], expected)
            # The reader at the worker that is going to die sees a part, and the rest after its death.
            follow_first = threads.submit(following[0].read, lines[0], 1)
            working = [
                threads.submit(push_all, client, acked)
                for client, acked in zip(pushers, acknowledged, strict=True)
            ]
            follow_first.result()
            kill_worker(first)
            again = threads.submit(read_again, following[0], expected)
            for work in (*working, reading, again):
                work.result()
            over.set()
            assert watching.result() > PUSHERS, "it watched while they wrote"
        assert [acked[-1] for acked in acknowledged] == [CASES] * PUSHERS
        written = {event for client in pushers for event in client.tablet.events}
        for reader in following:
            assert len(reader.events) == expected and set(reader.events) == written
        assert following[0].cursor == following[1].cursor
    checked = hall.hub.run("verify")
    assert checked.returncode == 0, checked.stdout + checked.stderr
    standing = pids_of(hall.hub)
    assert len(standing) == 2 and second in standing and first not in standing


def read_again(reader: Reader, expected: int) -> None:
    """Read on from where one stands, on a new line."""
    with reader.client.socket() as line:
        line.say(reader.client.hello())
        line.hear_until(Welcome)
        reader.read(line, expected)


def test_workers_end_with_their_supervisor_and_the_port_is_free(own_hub: HubProcess) -> None:
    hub = own_hub.start()
    descriptors = [os.pidfd_open(pid) for pid in pids_of(hub)]
    assert len(descriptors) == 2
    hub.kill()
    for descriptor in descriptors:
        ended(descriptor)
        os.close(descriptor)
    hub.start()
    with closing(administrator(hub.base)) as admin:
        assert admin.get("/health")["status"] == "ok"


def test_listening_through_a_pooler_is_noticed_and_looking_goes_on(
    own_hub: HubProcess, pooler: Pooler
) -> None:
    database = own_hub.database_url.removeprefix("postgresql://").partition("?")[0]
    own_hub.database_url = pooler.url(database.rpartition("/")[2])
    hub = own_hub.start()
    hall = Hall(hub, hub.database_url)
    first, second = pids_of(hub)
    with hall.device() as clerk, hall.device(COLLEAGUE) as far, hall.line(far, second) as there:
        assert follow(there, end_of(clerk)).entries == []
        clerk.tablet.receive(clerk.item(ITEM), clerk.account, ms=clerk.now_ms)
        with hall.line(clerk, first) as pushing:
            pushing.say(clerk.tablet.push())
            pushing.hear_until(Ack)
        assert [entry[4] for entry in there.hear_until(Page).entries] == clerk.tablet.events
        end = time.monotonic() + WAIT_S
        while '"event": "not listening"' not in hub.log_file.read_text():
            assert time.monotonic() < end
            assert clerk.get("/health")["status"] == "ok"


def test_sqlite_has_one_process(tmp_path: Path) -> None:
    refused = HubProcess(tmp_path / "data").run("serve", "--workers", "2", "--port", "0")
    assert refused.returncode == 1
    assert "SQLite" in refused.stderr and "PostgreSQL" in refused.stderr
    assert not (tmp_path / "data").exists()
