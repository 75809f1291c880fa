"""Every verdict, over the wire: the event keeps its place, its author is told, nothing behind it waits."""

import os
from collections.abc import Callable

import msgspec
import pytest

from server.flows.hub import new_stream
from sync import clock
from sync.errors import Parked, Verdict
from sync.event import Act, Edit, Numbered
from sync.limits import EVENT_BYTES_MAX
from sync.messages import Ack, Run, Verdicts, Welcome
from tests.server.client import Client, only

NewDevice = Callable[..., Client]
CLERK = "dating.shouli1"
ITEM = "SCJG-001"
DAY_MS = 24 * 3_600_000


@pytest.fixture
def clerk(new_device: NewDevice) -> Client:
    return new_device("HALL", CLERK)


def codes(client: Client) -> list[str]:
    """Push everything; the code of each event in order."""
    ack = client.push()
    assert isinstance(ack, Ack), ack
    assert ack.seq == client.tablet.last_seq
    return [run.code for run in ack.runs for _ in range(run.count)]


def receive(client: Client, **changed: object) -> bytes:
    ms = changed.pop("ms", client.now_ms)
    assert isinstance(ms, int)
    return client.tablet.receive(client.item(ITEM), client.account, ms=ms, **changed)  # type: ignore[arg-type]


def test_ok_then_refused_then_ok(clerk: Client) -> None:
    """A refused event blocks nothing behind it."""
    receive(clerk)
    clerk.tablet.write_bytes(b"\xc1 no MessagePack")
    receive(clerk)
    assert codes(clerk) == [Verdict.OK, Verdict.MALFORMED, Verdict.OK]


def test_malformed_body(clerk: Client) -> None:
    """A form value of the wrong type."""
    stream = receive(clerk)
    body = {"fields": {"capital": 12}}
    hlc = clock.pack(clerk.now_ms, 0)
    event = [1, "case.edit", stream, hlc, clerk.account, 0, [], body]
    clerk.tablet.write_bytes(msgspec.msgpack.encode(event))
    assert codes(clerk) == [Verdict.OK, Verdict.MALFORMED]


def test_oversized(clerk: Client) -> None:
    clerk.tablet.write_bytes(b"\x00" * (EVENT_BYTES_MAX + 1))
    assert codes(clerk) == [Verdict.OVERSIZED]


def test_unknown_type(clerk: Client) -> None:
    stream = receive(clerk)
    hlc = clock.pack(clerk.now_ms, 0)
    event = [1, "case.dream", stream, hlc, clerk.account, 0, [], {}]
    clerk.tablet.write_bytes(msgspec.msgpack.encode(event))
    assert codes(clerk) == [Verdict.OK, Verdict.UNKNOWN_TYPE]


def test_not_entitled_to_another_role(clerk: Client) -> None:
    """A window clerk approves nothing, and writes nothing that is the hub's."""
    stream = receive(clerk)
    ms = clerk.now_ms
    clerk.tablet.act("case.approve", stream, clerk.account, ms=ms, opinion="同意")
    clerk.tablet.write("case.number", stream, clerk.account, Numbered("1" * 43), ms=ms)
    assert codes(clerk) == [Verdict.OK, Verdict.NOT_ENTITLED, Verdict.NOT_ENTITLED]


def test_not_entitled_at_another_point(new_device: NewDevice) -> None:
    """A clerk of the hall has no role on a tablet of another point."""
    clerk = new_device("JZ", CLERK)
    receive(clerk)
    assert codes(clerk) == [Verdict.NOT_ENTITLED]


def test_an_unknown_account_is_not_entitled(clerk: Client) -> None:
    clerk.tablet.receive(clerk.item(ITEM), os.urandom(16), ms=clerk.now_ms)
    assert codes(clerk) == [Verdict.NOT_ENTITLED]


def test_grant_expired(clerk: Client) -> None:
    """Written before the grant began; after its end is in test_sessions.py, where time moves."""
    receive(clerk, ms=clerk.now_ms - 4 * DAY_MS)
    assert codes(clerk) == [Verdict.GRANT_EXPIRED]


def test_device_revoked(clerk: Client, admin: Client) -> None:
    number = clerk.tablet.number
    path = f"/api/console/devices/{number}/revoke"
    assert admin.call("POST", path, json={"reason": "丢失"}).status_code == 200
    receive(clerk)
    assert codes(clerk) == [Verdict.DEVICE_REVOKED]
    assert not only(clerk.exchange(), Welcome).session, "nothing more is read"


def test_catalogue_mismatch(clerk: Client) -> None:
    item = clerk.item(ITEM)
    for change in (
        {"version": "none"},
        {"id": "NO-1"},
        {"code": "x" * 31},
        {"mode": "street_window"},
    ):
        facts = msgspec.structs.replace(item.facts, **change)
        clerk.tablet.receive(type(item)(facts, item.dept), clerk.account, ms=clerk.now_ms)
    clerk.tablet.receive(type(item)(item.facts, "JSJ"), clerk.account, ms=clerk.now_ms)
    assert codes(clerk) == [Verdict.CATALOGUE_MISMATCH] * 5


def test_receipt_invalid(clerk: Client, new_device: NewDevice) -> None:
    other = new_device("HALL", CLERK)
    receive(clerk)
    good = clerk.tablet.next_receipt_no()
    for number in ("", "JK-HALL-1", good[:-1] + ("A" if good[-1] != "A" else "B")):
        receive(clerk, receipt_no=number)
    receive(clerk, receipt_no=other.tablet.next_receipt_no())
    clerk.tablet.receipts = 0
    receive(clerk)
    assert codes(clerk) == [Verdict.OK, *[Verdict.RECEIPT_INVALID] * 5]


def test_act_incomplete(clerk: Client) -> None:
    stream = receive(clerk)
    clerk.tablet.act("case.request_correction", stream, clerk.account, ms=clerk.now_ms)
    assert codes(clerk) == [Verdict.OK, Verdict.ACT_INCOMPLETE]


def test_an_event_without_its_stream_waits_until_it_comes(new_device: NewDevice) -> None:
    """stream-missing, behind-parked; then both are taken up, and their author is told."""
    opener, follower = new_device("HALL", CLERK), new_device("HALL", "dating.shouli2")
    stream = new_stream(opener.now_ms, os.urandom)
    follower.tablet.act("case.accept", stream, follower.account, ms=follower.now_ms)
    follower.tablet.write(
        "case.edit", stream, follower.account, Edit({"k": "v"}), ms=follower.now_ms
    )
    receive(follower)
    assert codes(follower) == [Parked.STREAM_MISSING, Parked.STREAM_MISSING, Verdict.OK]
    with follower.socket() as line:
        line.say(follower.hello())
        line.hear_until(Welcome)
        receive(opener, stream=stream)
        assert codes(opener) == [Verdict.OK]
        told = line.hear_until(Verdicts)
    assert [(run.first_seq, run.count, run.code) for run in told.runs] == [(1, 2, Verdict.OK)]
    again = follower.exchange(hello=follower.hello(parked=[1, 2]))
    assert only(again, Verdicts).runs == told.runs
    assert codes(follower) == [Verdict.OK] * 3, "pushing again tells what became of them"


def test_an_event_waits_for_what_its_author_had_seen(new_device: NewDevice) -> None:
    first, second = new_device("HALL", CLERK), new_device("HALL", "dating.shouli2")
    stream = receive(first)
    assert codes(first) == [Verdict.OK]
    ms = first.now_ms
    first.tablet.write("case.edit", stream, first.account, Edit({"k": "1"}), ms=ms)
    seen = [(first.tablet.number, 2)]
    second.tablet.write("case.edit", stream, second.account, Edit({"k": "2"}), ms=ms, seen=seen)
    second.tablet.write("case.edit", stream, second.account, Edit({"k": "3"}), ms=ms)
    assert codes(second) == [Parked.CAUSE_MISSING, Parked.BEHIND_PARKED]
    assert codes(first) == [Verdict.OK, Verdict.OK]
    assert codes(second) == [Verdict.OK, Verdict.OK]
    positions = [run.position for client in (first, second) for run in pushed(client)]
    assert positions[-1] > positions[-2], "a cause precedes its effect"


def pushed(client: Client) -> list[Run]:
    ack = client.push()
    assert isinstance(ack, Ack)
    return ack.runs


def test_an_acceptance_gets_its_case_number(clerk: Client, new_device: NewDevice) -> None:
    reader = new_device("HALL", "dating.shouli2")
    stream = receive(clerk)
    clerk.tablet.write("case.accept", stream, clerk.account, Act(), ms=clerk.now_ms)
    assert codes(clerk) == [Verdict.OK, Verdict.OK]
    pages = reader.pull("point:HALL")
    events = [entry[4] for page in pages for entry in page.entries if entry[1] == 1]
    assert any(event and stream in event and b"case.number" in event for event in events)
