"""Hostile content that is well signed: it gets a verdict or does no harm, and what comes after it is taken."""

from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from sqlalchemy import event

from server.flows.follow import follow
from server.flows.hub import open_hub
from server.flows.load_zone import load_zone
from server.flows.refusals import Code, Refusal
from server.flows.sign_in import sign_in
from server.flows.verify import verify
from server.settings import Settings
from server.store.files import PhotoFolder
from server.store.store import Store
from sync import clock
from sync.event import Edit, Record, encode_event
from tests.postgres import Cluster
from tests.server.conftest import Still, Wall
from tests.server.inside import enrol_tablet, item, push, sign_in_on
from tests.server.tablet import Tablet

CLERK = "dating.shouli1"


@pytest.fixture
def on_postgres(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Still]:
    """A hub with the sample zone on PostgreSQL."""
    cluster: Cluster = request.getfixturevalue("postgres")
    name = cluster.create(request.getfixturevalue("postgres_migrated"))
    store = Store.open(cluster.url(name))
    wall = Wall()
    hub = open_hub(store, PhotoFolder(tmp_path), wall)
    load_zone(hub, Settings().zone)
    yield Still(hub, wall)
    store.close()
    cluster.drop(name)


def raw_edit(tablet: Tablet, stream: bytes, actor: bytes, ms: int, body: bytes) -> int:
    """Append a `case.edit` with these bytes as its body."""
    tablet.hlc = clock.tick(tablet.hlc, ms)
    pack = msgspec.msgpack.encode
    head = [1, "case.edit", stream, tablet.hlc, actor, 0, []]
    return tablet.write_bytes(b"\x98" + b"".join(map(pack, head)) + body)


def key(name: str) -> bytes:
    return msgspec.msgpack.encode(name)


@pytest.mark.parametrize(
    "body",
    [
        b"\x81" + key("__proto__") + b"\x01",
        b"\x81" + key("later") + b"\x91\x81" + key("__proto__") + b"\x01",
    ],
)
def test_a_key_that_no_javascript_reader_can_hold_is_malformed(still: Still, body: bytes) -> None:
    tablet = enrol_tablet(still.hub)
    actor = sign_in_on(still.hub, tablet, CLERK).account
    stream = tablet.receive(item(still.hub), actor, ms=still.wall.ms)
    raw_edit(tablet, stream, actor, still.wall.ms, body)
    tablet.write("case.edit", stream, actor, Edit(fields={"a": "__proto__"}), ms=still.wall.ms)
    assert push(still.hub, tablet.push()) == ["ok", "malformed", "ok"]


def test_a_flood_of_parked_events_costs_others_nothing(still: Still) -> None:
    hub, ms = still.hub, still.wall.ms
    flooding, working, silent = (enrol_tablet(hub) for _ in range(3))
    actor = sign_in_on(hub, flooding, CLERK).account
    sign_in_on(hub, working, CLERK)
    stream = flooding.receive(item(hub), actor, ms=ms)
    for i in range(200):
        # Each waits for an event that never comes, and for one that does.
        seen = [(silent.number, i + 1), (working.number, 1)]
        flooding.write("case.edit", stream, actor, Edit(fields={"a": str(i)}), ms=ms, seen=seen)
    assert set(push(hub, flooding.push())[1:]) == {"cause-missing"}
    for i in range(20):
        working.write("case.edit", stream, actor, Edit(fields={"a": str(i)}), ms=ms)
    statements: list[str] = []
    event.listen(
        hub.store.engine,
        "before_cursor_execute",
        lambda _connection, _cursor, statement, *_: statements.append(statement),
    )
    assert push(hub, working.push()) == ["ok"] * 20
    assert len(statements) < 60


def test_what_waited_is_taken_up_oldest_first_through_every_kind_of_cause(still: Still) -> None:
    hub, ms = still.hub, still.wall.ms
    opening, first, second = enrol_tablet(hub), enrol_tablet(hub), enrol_tablet(hub)
    actor = sign_in_on(hub, opening, CLERK).account
    sign_in_on(hub, first, CLERK)
    sign_in_on(hub, second, CLERK)
    stream = opening.receive(item(hub), actor, ms=ms)

    def edit(tablet: Tablet, seen: list[tuple[int, int]]) -> None:
        tablet.write("case.edit", stream, actor, Edit(fields={"a": "x"}), ms=ms, seen=seen)

    edit(second, [(first.number, 1)])  # waits for the other's first, and for the stream
    edit(second, [])  # behind it
    edit(first, [])  # waits for the stream
    edit(first, [(second.number, 2)])  # waits for the end of the other line
    parked = ["stream-missing", "stream-missing"]
    assert push(hub, second.push()) == parked
    assert push(hub, first.push()) == parked
    assert push(hub, opening.push()) == ["ok"]
    with hub.store.read() as tx:
        rows = tx.ledger.by_streams([stream], "ok")
        assert tx.parking.all() == []
    order = [(row.device, row.seq) for row in rows]
    a, b, c = opening.number, first.number, second.number
    assert order == [(a, 1), (b, 1), (c, 1), (c, 2), (b, 2)]
    assert verify(hub).difference is None


def test_refused_bytes_of_others_do_not_condemn_what_waits_for_its_opening(still: Still) -> None:
    """Whoever knows a case's id must not have others' work judged before its receipt is there."""
    hub, ms = still.hub, still.wall.ms
    opening, waiting, rogue = enrol_tablet(hub), enrol_tablet(hub), enrol_tablet(hub)
    actor = sign_in_on(hub, opening, CLERK).account
    for tablet in (waiting, rogue):
        sign_in_on(hub, tablet, CLERK)
    stream = opening.receive(item(hub), actor, ms=ms)
    waiting.write("case.edit", stream, actor, Edit(fields={"a": "x"}), ms=ms)
    assert push(hub, waiting.push()) == ["stream-missing"]
    rogue.receive(item(hub), actor, ms=ms, stream=stream, receipt_no="no number")
    rogue.hlc = clock.tick(rogue.hlc, ms)
    of_tomorrow = encode_event("case.edit", stream, rogue.hlc, actor, 0, [], Edit())
    rogue.write_bytes(of_tomorrow.replace(b"case.edit", b"case.exit"))
    rogue.write("case.edit", stream, actor, Edit(fields={"a": "y"}), ms=ms)
    assert push(hub, rogue.push()) == ["receipt-invalid", "unknown-type", "not-entitled"]
    with hub.store.read() as tx:
        assert [row.device for row in tx.parking.all()] == [waiting.number]
    assert push(hub, opening.push()) == ["ok"]
    with hub.store.read() as tx:
        assert tx.parking.all() == []
        authors = [row.device for row in tx.ledger.by_streams([stream], "ok")]
    assert authors == [opening.number, waiting.number]
    assert verify(hub).difference is None


@pytest.mark.parametrize(
    "record",
    [
        {},
        {"version": 5},
        {"id": "X", "version": ["1"], "implementations": "none"},
        {"name": 7},
    ],
)
def test_an_item_that_nobody_could_use_is_malformed(
    still: Still, record: dict[str, object]
) -> None:
    tablet = enrol_tablet(still.hub)
    actor = sign_in_on(still.hub, tablet, "shixiang").account
    raw = {name: msgspec.Raw(msgspec.msgpack.encode(value)) for name, value in record.items()}
    tablet.write("item.publish", bytes(range(16)), actor, Record("X-1", raw), ms=still.wall.ms)
    raw = {"name": msgspec.Raw(msgspec.msgpack.encode(7))}
    tablet.write("point.set", bytes(range(1, 17)), actor, Record("X-1", raw), ms=still.wall.ms)
    good = {"name": msgspec.Raw(msgspec.msgpack.encode("新窗口"))}
    tablet.write("window.set", bytes(range(2, 18)), actor, Record("X-1", good), ms=still.wall.ms)
    assert push(still.hub, tablet.push()) == ["malformed", "malformed", "ok"]


def test_a_nul_character_stops_no_database(on_postgres: Still) -> None:
    hub, ms = on_postgres.hub, on_postgres.wall.ms
    tablet = enrol_tablet(hub)
    actor = sign_in_on(hub, tablet, CLERK).account
    stream = tablet.receive(item(hub), actor, ms=ms, id_no="11010519491231\x00X")
    tablet.receive(item(hub), actor, ms=ms, receipt_no="JK\x00")
    tablet.receive(item(hub), actor, ms=ms, person="\x00")
    assert push(hub, tablet.push()) == ["ok", "receipt-invalid", "malformed"]
    with hub.store.read() as tx:
        row = tx.cases.find(stream)
    assert row is not None and "\x00" not in row.id_last4
    assert isinstance(follow(hub, "JK\x00", "\x00", "here"), Refusal)
    refused = sign_in(hub, "x\x00", "y", None, "here")
    assert isinstance(refused, Refusal) and refused.code is Code.SIGN_IN_FAILED
    assert verify(hub).difference is None
