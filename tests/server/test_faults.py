"""Every fault: what is no message of ours, or comes at the wrong time, changes nothing and has its code."""

import os
from collections.abc import Callable

import msgspec
import pytest
from websockets.exceptions import InvalidStatus

from server.keys import SigningKey, verify
from sync import chain
from sync.codec import MAGIC, encode_frame, join_frames
from sync.errors import Fault, Verdict
from sync.feed import start
from sync.limits import CLOCK_AHEAD_MS_MAX, FRAME_BYTES_MAX, PUSH_EVENTS_MAX
from sync.messages import (
    Ack,
    FaultMessage,
    Ping,
    Subscribe,
    Welcome,
    encode_message,
)
from tests.server.client import Client, only
from tests.server.process import HubProcess
from tests.server.tablet import Tablet

NewDevice = Callable[..., Client]
CLERK = "dating.shouli1"


@pytest.fixture
def clerk(new_device: NewDevice) -> Client:
    client = new_device("HALL", CLERK)
    client.tablet.receive(client.item("SCJG-001"), client.account, ms=client.now_ms)
    return client


def fault_of(client: Client, *frames: bytes) -> str:
    """Send frames after a hello; the code of the only fault."""
    hello = encode_frame(encode_message(client.hello()))
    return only(client.exchange_frames([hello, *frames]), FaultMessage).code


@pytest.mark.parametrize(
    "frame",
    [
        b"",
        b"ZC",
        b"<html>portal</html>",
        MAGIC + b"\x02" + b"\x90",
        MAGIC + b"\x01" + b"not deflate",
    ],
)
def test_what_is_no_frame(clerk: Client, frame: bytes) -> None:
    assert fault_of(clerk, frame) == Fault.FRAME_MALFORMED


def test_a_truncated_frame(clerk: Client) -> None:
    deflated = encode_frame(b"\xc4" + b"x" * 2_000)
    assert fault_of(clerk, deflated[:-5]) == Fault.FRAME_MALFORMED
    plain = encode_frame(encode_message(Ping(300)))
    assert fault_of(clerk, plain[:-1]) == Fault.MESSAGE_UNKNOWN


def test_a_truncated_body(clerk: Client) -> None:
    body = join_frames([encode_frame(encode_message(clerk.hello()))])
    said = clerk.exchange_body(body[:-3])
    assert [m.code for m in said if isinstance(m, FaultMessage)] == [Fault.FRAME_MALFORMED]


def test_frames_too_large_over_both_transports(clerk: Client) -> None:
    frame = MAGIC + b"\x00" + b"x" * FRAME_BYTES_MAX
    assert fault_of(clerk, frame) == Fault.FRAME_OVERSIZED
    with clerk.socket() as line:
        line.say(clerk.hello())
        line.hear_until(Welcome)
        line.connection.send(frame)
        assert line.hear_until(FaultMessage).code == Fault.FRAME_OVERSIZED
    assert isinstance(clerk.push(), Ack), "nothing was changed by it"


def test_a_frame_that_inflates_too_far(clerk: Client) -> None:
    bomb = encode_frame(b"\x00" * 20_000_000)
    assert len(bomb) < FRAME_BYTES_MAX
    assert fault_of(clerk, bomb) == Fault.FRAME_OVERSIZED


def test_a_message_that_nobody_knows_ends_nothing(clerk: Client) -> None:
    with clerk.socket() as line:
        line.say(clerk.hello())
        line.hear_until(Welcome)
        line.connection.send(encode_frame(msgspec.msgpack.encode(["sing", 1])))
        assert line.hear_until(FaultMessage).code == Fault.MESSAGE_UNKNOWN
        line.connection.send("text")
        assert line.hear_until(FaultMessage).code == Fault.FRAME_MALFORMED


def test_messages_at_the_wrong_time(clerk: Client) -> None:
    hello = encode_frame(encode_message(clerk.hello()))
    assert fault_of(clerk, hello) == Fault.MESSAGE_UNEXPECTED
    said = clerk.exchange_frames([encode_frame(encode_message(Ping(1)))])
    assert only(said, FaultMessage).code == Fault.MESSAGE_UNEXPECTED


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"protocol": 0, "protocol_min": 0}, Fault.PROTOCOL_VERSION),
        ({"protocol_min": 99, "protocol": 99}, Fault.PROTOCOL_VERSION),
        ({"zone": b"?" * 16}, Fault.ZONE_UNKNOWN),
        ({"device": 9_999}, Fault.DEVICE_UNKNOWN),
    ],
)
def test_a_hello_that_is_turned_away(clerk: Client, changed: dict[str, object], code: str) -> None:
    said = clerk.exchange(Ping(1), hello=clerk.hello(**changed))
    assert [m.code for m in said if isinstance(m, FaultMessage)] == [code]
    assert len(said) == 1


def test_a_push_that_was_not_signed_by_the_device(clerk: Client) -> None:
    push = clerk.tablet.push()
    forged = msgspec.structs.replace(push, signature=SigningKey.generate().sign(b"x"))
    answer = clerk.push(forged)
    assert isinstance(answer, FaultMessage)
    assert (answer.code, answer.seq) == (Fault.SIGNATURE_INVALID, 0)
    assert isinstance(clerk.push(), Ack), "nothing was kept of it"


def test_a_changed_byte_breaks_the_signature(clerk: Client) -> None:
    push = clerk.tablet.push()
    event = bytearray(push.events[0])
    event[-1] ^= 1
    answer = clerk.push(msgspec.structs.replace(push, events=[bytes(event)]))
    assert isinstance(answer, FaultMessage) and answer.code == Fault.SIGNATURE_INVALID


def test_a_push_of_another_device_is_judged_by_that_devices_key(
    clerk: Client, new_device: NewDevice
) -> None:
    thief = new_device("HALL", CLERK)
    push = msgspec.structs.replace(clerk.tablet.push(), device=thief.tablet.number)
    answer = thief.push(push)
    assert isinstance(answer, FaultMessage) and answer.code == Fault.SIGNATURE_INVALID
    unknown = thief.push(msgspec.structs.replace(push, device=9_999))
    assert isinstance(unknown, FaultMessage) and unknown.code == Fault.DEVICE_UNKNOWN


def test_a_gap_says_where_to_begin_again(clerk: Client) -> None:
    for _ in range(3):
        clerk.tablet.receive(clerk.item("SCJG-001"), clerk.account, ms=clerk.now_ms)
    assert isinstance(clerk.push(clerk.tablet.push(1, 2)), Ack)
    answer = clerk.push(clerk.tablet.push(4, 4))
    assert isinstance(answer, FaultMessage)
    assert (answer.code, answer.seq) == (Fault.CHAIN_GAP, 2)
    assert isinstance(clerk.push(clerk.tablet.push(answer.seq + 1)), Ack)


def test_pushing_again_changes_nothing_and_is_answered_the_same(clerk: Client) -> None:
    first = clerk.push()
    clerk.tablet.receive(clerk.item("SCJG-001"), clerk.account, ms=clerk.now_ms)
    both = clerk.push()
    assert isinstance(first, Ack) and isinstance(both, Ack)
    again = clerk.push()
    assert isinstance(again, Ack)
    assert (again.seq, again.link, again.runs) == (both.seq, both.link, both.runs)
    old = clerk.push(clerk.tablet.push(1, 1))
    assert isinstance(old, Ack)
    assert (old.seq, old.runs) == (2, first.runs), "the end of the log as it is, the old runs"


def test_a_forked_log_is_kept_aside(clerk: Client, admin: Client) -> None:
    """A restored image writes another second event under the same number: both are kept."""
    restored = Tablet(clerk.tablet.key, clerk.tablet.number, clerk.tablet.zone)
    restored.write_bytes(clerk.tablet.events[0])
    item = clerk.item("SCJG-001")
    clerk.tablet.receive(item, clerk.account, ms=clerk.now_ms)
    assert isinstance(clerk.push(), Ack)
    restored.receive(item, clerk.account, ms=clerk.now_ms, id_no="440524188001010014")
    answer = clerk.push(restored.push())
    assert isinstance(answer, FaultMessage)
    assert (answer.code, answer.seq) == (Fault.CHAIN_FORK, 2)
    behind = clerk.push(restored.push(2))
    assert isinstance(behind, FaultMessage) and behind.code == Fault.CHAIN_FORK
    overview = admin.get("/api/console/overview")
    devices = [device for point in overview["points"] for device in point["devices"]]
    mine = next(device for device in devices if device["number"] == clerk.tablet.number)
    assert mine["forked_ms"] > 0
    problems = admin.get("/api/console/problems")["problems"]
    assert any(p["kind"] == "forked" and p["device"] == clerk.tablet.number for p in problems)
    assert isinstance(clerk.push(), Ack), "the first branch goes on"


def test_a_push_of_too_many_events(clerk: Client) -> None:
    for _ in range(PUSH_EVENTS_MAX):
        clerk.tablet.write_bytes(b"\x00")
    answer = clerk.push()
    assert isinstance(answer, FaultMessage) and answer.code == Fault.PUSH_OVERSIZED


def test_reading_needs_a_session_and_pushing_none(new_device: NewDevice, clerk: Client) -> None:
    clerk.call("POST", "/api/sign-out")
    said = clerk.exchange(clerk.tablet.push(), Subscribe("zone", 0, start("zone").hash))
    assert not only(said, Welcome).session
    assert only(said, Ack).runs[0].code == Verdict.OK
    assert only(said, FaultMessage).code == Fault.SESSION_EXPIRED
    assert new_device("HALL").exchange(Subscribe("zone", 0, start("zone").hash))


def test_feeds_that_are_not_ours(clerk: Client) -> None:
    asked = [Subscribe(name, 0, start(name).hash) for name in ("point:JZ", "dept:SCJG", "nothing")]
    said = clerk.exchange(*asked)
    faults = [(m.code, m.about) for m in said if isinstance(m, FaultMessage)]
    assert faults == [(Fault.FEED_NOT_ENTITLED, asked_.feed) for asked_ in asked]


def test_a_cursor_of_another_history(clerk: Client) -> None:
    ahead = clerk.exchange(Subscribe("zone", 99_999, b"h" * 32))
    assert only(ahead, FaultMessage).code == Fault.FEED_AHEAD
    other = clerk.exchange(Subscribe("zone", 1, b"h" * 32))
    assert only(other, FaultMessage).code == Fault.FEED_HASH


def test_a_clock_ahead_is_told_and_its_event_taken(clerk: Client) -> None:
    far = clerk.now_ms + 2 * CLOCK_AHEAD_MS_MAX
    clerk.tablet.receive(clerk.item("SCJG-001"), clerk.account, ms=far)
    said = clerk.exchange(clerk.tablet.push())
    assert [run.code for run in only(said, Ack).runs] == [Verdict.OK]
    assert only(said, FaultMessage).code == Fault.CLOCK_AHEAD
    hello = clerk.exchange(hello=clerk.hello(wall_ms=far))
    assert only(hello, FaultMessage).code == Fault.CLOCK_AHEAD
    reported = clerk.exchange(clerk.report(wall_ms=far))
    assert only(reported, FaultMessage).code == Fault.CLOCK_AHEAD


def test_an_origin_that_is_no_address_is_a_foreign_one(clerk: Client) -> None:
    answer = clerk.http.post("/api/challenge", headers={"Origin": "http://["})
    assert (answer.status_code, answer.json()["code"]) == (403, "origin-foreign")
    with pytest.raises(InvalidStatus) as refused, clerk.socket(origin="http://["):
        pass
    assert refused.value.response.status_code == 403


def test_a_foreign_page_opens_no_line(hub: HubProcess, clerk: Client) -> None:
    with pytest.raises(InvalidStatus), clerk.socket(origin="http://evil.example"):
        pass
    with clerk.socket(origin=hub.base) as line:
        line.say(clerk.hello())
        assert isinstance(line.hear(), Welcome)


def test_the_proof_is_of_this_nonce(clerk: Client) -> None:
    hello = clerk.hello()
    welcome = only(clerk.exchange(hello=hello), Welcome)
    other = chain.hello_statement(clerk.tablet.zone, welcome.epoch, os.urandom(32))
    assert not verify(clerk.hub_key, welcome.proof, other)
