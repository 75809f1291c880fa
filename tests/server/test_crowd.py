"""Many who write at once, and one who reads: pulling never waits for pushing, in the whole hub either."""

import sqlite3
from collections.abc import Iterator
from contextlib import ExitStack, closing
from pathlib import Path

import pytest

from server.web.shell import READING_THREADS, WRITING_THREADS
from sync.feed import start
from sync.messages import Ack, Page, Ping, Pong, Subscribe, Welcome
from tests.server.client import administrator, enrolled
from tests.server.process import HubProcess

CLERK = "dating.shouli1"
# Well below what a transaction waits to be let in: who hears later has waited for a writer.
AT_ONCE_S = 4.0


@pytest.fixture
def own_hub(tmp_path: Path) -> Iterator[HubProcess]:
    hub = HubProcess(tmp_path / "data").start()
    yield hub
    hub.stop()


def test_readers_go_on_while_many_wait_to_write(own_hub: HubProcess) -> None:
    """More pushes than there are threads wait for another writer; each is taken when that one is done."""
    with closing(administrator(own_hub.base)) as admin:
        clerk = enrolled(own_hub.base, admin)
    clerk.sign_in(CLERK)
    clerk.tablet.receive(clerk.item("SCJG-001"), clerk.account, ms=clerk.now_ms)
    push = clerk.tablet.push()
    database = sqlite3.connect(own_hub.data / "zongchuang.db", isolation_level=None)
    with closing(clerk), closing(database), ExitStack() as sockets:
        lines = [
            sockets.enter_context(clerk.socket())
            for _ in range(READING_THREADS + WRITING_THREADS + 1)
        ]
        for line in lines:
            line.say(clerk.hello())
            line.hear_until(Welcome)
        database.execute("BEGIN IMMEDIATE")
        for line in lines:
            line.say(push, Ping(1))
            assert line.hear_until(Pong).token == 1
        lines[0].say(Subscribe("zone", 0, start("zone").hash))
        assert isinstance(lines[0].hear(AT_ONCE_S), Page)
        assert clerk.http.get("/health", timeout=AT_ONCE_S).status_code == 200
        assert clerk.http.get("/api/guide/items", timeout=AT_ONCE_S).status_code == 200
        database.execute("ROLLBACK")
        for line in lines:
            assert line.hear_until(Ack).seq == 1
