"""The process killed at work: what was acknowledged is there, what was not comes again, all is whole."""

import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from websockets.exceptions import ConnectionClosed

from sync.errors import Verdict
from sync.messages import Ack, Welcome
from tests.postgres import Cluster
from tests.server.client import Client, administrator, enrolled
from tests.server.process import HubProcess

EVENTS, PUSH = 600, 20


@pytest.fixture(params=["sqlite", "postgresql"])
def own_hub(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[HubProcess]:
    """A hub of this test's own; however the test ends, so does the process."""
    url = ""
    if request.param == "postgresql":
        cluster: Cluster = request.getfixturevalue("postgres")
        url = cluster.url(cluster.create())
    process = HubProcess(tmp_path / "data", database_url=url)
    yield process
    process.kill()


def push_all(client: Client, acknowledged: list[int], some: threading.Event) -> None:
    """Push everything that the hub has not got, pipelined; note each acknowledged seq."""
    with client.socket() as line:
        line.say(client.hello())
        first = line.hear_until(Welcome).seq + 1
        starts = range(first, EVENTS + 1, PUSH)
        for start in starts:
            line.say(client.tablet.push(start, min(start + PUSH - 1, EVENTS)))
        for _ in starts:
            ack = line.hear_until(Ack)
            assert {run.code for run in ack.runs} == {Verdict.OK}
            acknowledged.append(ack.seq)
            some.set()


def test_killed_while_it_writes(own_hub: HubProcess) -> None:
    """Killed at different moments; each time it starts again whole and holds all it acknowledged."""
    own_hub.start()
    with closing(administrator(own_hub.base)) as admin:
        client = enrolled(own_hub.base, admin)
    client.sign_in("dating.shouli1")
    item = client.item("SCJG-001")
    for _ in range(EVENTS):
        client.tablet.receive(item, client.account, ms=client.now_ms)
    acknowledged: list[int] = []
    for _ in range(3):
        some = threading.Event()

        def work(some: threading.Event = some) -> None:
            with pytest.raises((ConnectionClosed, OSError)):
                push_all(client, acknowledged, some)

        thread = threading.Thread(target=work)
        thread.start()
        assert some.wait(20)
        own_hub.kill()
        thread.join()
        checked = own_hub.run("verify")
        assert checked.returncode == 0, checked.stdout + checked.stderr
        own_hub.start()
        with client.socket() as line:
            line.say(client.hello())
            held = line.hear_until(Welcome).seq
        assert held >= max(acknowledged), "durable before acknowledged"
        assert held < EVENTS, "killed before the end"
    push_all(client, acknowledged, threading.Event())
    assert acknowledged[-1] == EVENTS
    client.close()
    own_hub.stop()
    checked = own_hub.run("verify")
    assert checked.returncode == 0, checked.stdout
    assert f" {EVENTS} cases" in checked.stdout


@pytest.mark.parametrize("own_hub", ["sqlite"], indirect=True)
def test_a_graceful_stop_and_a_quick_second_start(own_hub: HubProcess) -> None:
    hub = own_hub.start()
    assert hub.process is not None
    process = hub.process
    hub.stop()
    assert process.returncode == 0
    hub.start()
    with closing(administrator(hub.base)) as admin:
        assert admin.get("/health")["status"] == "ok"
    hub.stop()
    assert "Traceback" not in hub.log_file.read_text()
