"""The hub's own trouble over the wire: a database held by another writer, a defect within a flow.

Each has its code, confirms nothing, leaves other connections alone, and is over once its cause is.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass

import httpx
import psycopg
import pytest
from websockets.exceptions import ConnectionClosedError

from sync import chain
from sync.codec import CONTENT_TYPE, encode_frame, join_frames
from sync.errors import Fault, Verdict
from sync.feed import start
from sync.messages import Ack, FaultMessage, HubMessage, Ping, Pong, Push, Subscribe, Welcome
from sync.messages import encode_message as encode
from tests.postgres import Cluster
from tests.server.client import PASSWORD, Client, Socket, administrator, b64, enrolled, un64
from tests.server.process import HubProcess

CLERK = "dating.shouli1"
TRY_LATER, DEFECT = 1013, 1011


@dataclass
class Trouble:
    """A hub, and a hand on its database from outside."""

    hub: HubProcess
    database: sqlite3.Connection | psycopg.Connection

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Another writer holds what every push needs."""
        if isinstance(self.database, sqlite3.Connection):
            self.database.execute("BEGIN IMMEDIATE")
        else:
            self.database.execute("BEGIN")
            self.database.execute("SELECT position FROM zone FOR UPDATE")
        try:
            yield
        finally:
            self.database.execute("ROLLBACK")

    @contextmanager
    def without(self, table: str) -> Iterator[None]:
        """A table is not where every flow expects it, as no flow can foresee."""
        self.database.execute(f'ALTER TABLE "{table}" RENAME TO "gone"')
        try:
            yield
        finally:
            self.database.execute(f'ALTER TABLE "gone" RENAME TO "{table}"')


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def trouble(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Trouble]:
    data = tmp_path_factory.mktemp("busy") / "data"
    url = ""
    if request.param == "postgresql":
        cluster: Cluster = request.getfixturevalue("postgres")
        url = cluster.url(cluster.create())
    hub = HubProcess(data, database_url=url, serving=("--busy-timeout", "0.3")).start()
    database = (
        psycopg.connect(url, autocommit=True)
        if url
        else sqlite3.connect(data / "zongchuang.db", isolation_level=None)
    )
    with closing(database):
        yield Trouble(hub, database)
    hub.stop()


@pytest.fixture
def clerk(trouble: Trouble) -> Iterator[Client]:
    """A tablet with one case to push."""
    with closing(administrator(trouble.hub.base)) as admin:
        client = enrolled(trouble.hub.base, admin)
    client.sign_in(CLERK)
    client.tablet.receive(client.item("SCJG-001"), client.account, ms=client.now_ms)
    yield client
    client.close()


def hear_out(line: Socket) -> tuple[list[HubMessage], int]:
    """All that still comes, and the code with which the hub closes."""
    said: list[HubMessage] = []
    while True:
        try:
            said.append(line.hear())
        except ConnectionClosedError as closed:
            return said, closed.rcvd.code if closed.rcvd else 0


def post(client: Client, push: Push) -> httpx.Response:
    """A push by HTTP, whatever comes of it."""
    body = join_frames([encode_frame(encode(message)) for message in (client.hello(), push)])
    headers = {"Content-Type": CONTENT_TYPE}
    return client.call("POST", "/sync/http", content=body, headers=headers)


def refused(answer: httpx.Response, status: int, code: str) -> None:
    """One shape for every error, with words for a person, and nothing of the stream."""
    assert answer.status_code == status, answer.text
    assert not answer.headers["content-type"].startswith(CONTENT_TYPE)
    said = answer.json()
    assert said["code"] == code and "没有丢失" in said["message"]


def all_is_well(client: Client) -> None:
    """Nothing was kept of what was not confirmed; now it goes through."""
    with client.socket() as line:
        line.say(client.hello())
        assert line.hear_until(Welcome).seq == 0
        line.say(client.tablet.push())
        assert [run.code for run in line.hear_until(Ack).runs] == [Verdict.OK]


@contextmanager
def bystander(client: Client) -> Iterator[None]:
    """Somebody else's open connection, which all of it does not touch."""
    with client.socket() as line:
        line.say(client.hello(), Ping(1))
        assert line.hear_until(Pong).token == 1
        yield
        line.say(Ping(2))
        assert line.hear_until(Pong).token == 2


def test_a_push_by_websocket_while_another_writes(trouble: Trouble, clerk: Client) -> None:
    with bystander(clerk), clerk.socket() as line:
        line.say(clerk.hello())
        line.hear_until(Welcome)
        with trouble.writing():
            line.say(clerk.tablet.push())
            said, code = hear_out(line)
    assert [m.code for m in said if isinstance(m, FaultMessage)] == [Fault.BUSY]
    assert not [message for message in said if isinstance(message, Ack)]
    assert code == TRY_LATER
    all_is_well(clerk)


def test_a_push_by_http_while_another_writes(trouble: Trouble, clerk: Client) -> None:
    with bystander(clerk), trouble.writing():
        refused(post(clerk, clerk.tablet.push()), 503, Fault.BUSY)
    all_is_well(clerk)


def test_a_call_while_another_writes(trouble: Trouble, clerk: Client) -> None:
    """Signing in writes a grant; the challenge that was not used up serves for the next try."""
    tablet = clerk.tablet
    challenge = un64(clerk.http.post("/api/challenge").json()["challenge"])
    statement = chain.sign_in_statement(tablet.zone, tablet.number, challenge, CLERK)
    ask = {
        "username": CLERK,
        "password": PASSWORD,
        "device": tablet.number,
        "challenge": b64(challenge),
        "signature": b64(tablet.key.sign(statement)),
    }
    with trouble.writing():
        refused(clerk.http.post("/api/sign-in", json=ask), 503, Fault.BUSY)
    assert clerk.http.post("/api/sign-in", json=ask).status_code == 200


def test_what_anybody_may_ask_for_makes_nobody_wait(trouble: Trouble, clerk: Client) -> None:
    """A stranger who asks for challenges without end takes no turn from those who write."""
    with trouble.writing():
        given = [clerk.http.post("/api/challenge") for _ in range(2)]
    assert [answer.status_code for answer in given] == [200, 200]
    assert given[0].json() != given[1].json()


def test_a_defect_in_a_push(trouble: Trouble, clerk: Client) -> None:
    with bystander(clerk), clerk.socket() as line:
        line.say(clerk.hello())
        line.hear_until(Welcome)
        with trouble.without("push_signature"):
            refused(post(clerk, clerk.tablet.push()), 500, Fault.INTERNAL)
            line.say(clerk.tablet.push())
            said, code = hear_out(line)
    assert [m.code for m in said if isinstance(m, FaultMessage)] == [Fault.INTERNAL]
    assert not [message for message in said if isinstance(message, Ack)]
    assert code == DEFECT
    all_is_well(clerk)


def test_a_defect_in_a_reading(trouble: Trouble, clerk: Client) -> None:
    with clerk.socket() as line:
        line.say(clerk.hello())
        line.hear_until(Welcome)
        with trouble.without("feed_entry"):
            line.say(Subscribe("zone", 0, start("zone").hash))
            said, code = hear_out(line)
    assert [m.code for m in said if isinstance(m, FaultMessage)] == [Fault.INTERNAL]
    assert code == DEFECT
    assert clerk.pull("zone")[-1].head is not None
    all_is_well(clerk)


def test_the_log_says_where_and_quotes_nobody(trouble: Trouble) -> None:
    """Last in this file: what the tests before it provoked is there, without anybody's data."""
    log = trouble.hub.log_file.read_text()
    assert "push_signature" in log and "feed_entry" in log and "server/flows/ingest.py" in log
    for anybodys in ("张三", "11010519491231002X", PASSWORD, "__Host-zc"):
        assert anybodys not in log
