"""The hub's end of a connection: what comes, in what order, and what is never done."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync import feed
from sync.codec import encode_frame
from sync.errors import Fault
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
from sync.limits import (
    CLOCK_AHEAD_MS_MAX,
    COMPARE_PLACES_MAX,
    HEARTBEAT_INTERVAL_MS,
    HEARTBEAT_TIMEOUT_MS,
    PAGE_BYTES_MAX,
    PUSH_EVENTS_MAX,
    UNPROVEN_GROWTH_BYTES_MAX,
)
from sync.messages import (
    Ack,
    Compare,
    FaultMessage,
    FeedHead,
    Hello,
    HubMessage,
    Page,
    Ping,
    Pong,
    Prints,
    Push,
    Report,
    Run,
    Subscribe,
    Verdicts,
    Welcome,
    encode_message,
)
from sync.relay_session import RelaySession

ZONE, NOW = bytes(16), 5_000_000
HELLO = Hello(1, 1, ZONE, 12, b"", "", NOW, bytes(32), [])
CHALLENGE = b"c" * 32
PUSH = Push(12, 1, bytes(32), [b"event"], bytes(64))
ENTRY = (1, 2, 1, NOW, b"event")


def open_session(*feeds: str, session: bool = True) -> HubSession:
    one = HubSession(ZONE, NOW)
    assert one.receive(HELLO, NOW) == [Greet(HELLO)]
    heads = [FeedHead(name, 0, bytes(32), b"") for name in feeds]
    welcome = Welcome(1, NOW, 1, session, 0, bytes(32), heads, "", b"", CHALLENGE)
    assert one.greeted(welcome) == [Send(welcome)]
    return one


def said(effects: list[Effect]) -> list[HubMessage]:
    return [effect.message for effect in effects if isinstance(effect, Send)]


def fault(code: Fault, about: str = "") -> FaultMessage:
    return FaultMessage(code, about, "", 0)


def test_bytes_that_are_no_frame_end_it_and_change_nothing() -> None:
    one = open_session()
    *answer, end = one.receive_frame(b"GET / HTTP/1.1", NOW)
    assert end == Close(Fault.FRAME_MALFORMED)
    assert [m.code for m in said(answer) if isinstance(m, FaultMessage)] == ["frame-malformed"]
    assert one.receive_frame(encode_frame(encode_message(PUSH)), NOW) == []


LARGE = msgspec.structs.replace(PUSH, events=[bytes(PAGE_BYTES_MAX)])
REPORT = Report(CHALLENGE, 0, 0, 0, NOW, bytes(64))


def sent(one: HubSession, message: Push | Report) -> list[Effect]:
    return one.receive_frame(encode_frame(encode_message(message)), NOW)


def test_before_a_signature_was_good_frames_grow_by_little_in_all() -> None:
    one = open_session()
    assert sent(one, PUSH) == [Ingest(PUSH)] and not one.waits
    assert sent(one, LARGE) == [Ingest(LARGE)] and one.waits, "a true device's first push"
    one.refused(Fault.SIGNATURE_INVALID, 0)
    assert not one.trusted
    *answer, end = sent(one, LARGE)
    assert end == Close(Fault.FRAME_OVERSIZED)
    assert [m.code for m in said(answer) if isinstance(m, FaultMessage)] == ["frame-oversized"]


def test_before_a_hello_a_frame_grows_by_little() -> None:
    bomb = encode_frame(bytes(UNPROVEN_GROWTH_BYTES_MAX * 2))
    assert HubSession(ZONE, NOW).receive_frame(bomb, NOW)[-1] == Close(Fault.FRAME_OVERSIZED)


@pytest.mark.parametrize("by", ["push", "report"])
def test_after_a_good_signature_frames_grow_as_they_need(by: str) -> None:
    one = open_session()
    if by == "push":
        assert sent(one, LARGE) == [Ingest(LARGE)]
        one.ingested(Ack(12, 1, bytes(32), [], b""))
    else:
        assert sent(one, REPORT) == [KeepReport(HELLO, REPORT, CHALLENGE)]
        one.reported(None)
    assert one.trusted and not one.waits
    for _ in range(3):
        assert sent(one, LARGE) == [Ingest(LARGE)]


def test_a_frame_without_a_message_is_turned_away_and_the_line_goes_on() -> None:
    one = open_session()
    for payload in (b"\xc0", msgspec.msgpack.encode(["nobody"]), b"\x91" * 2_000):
        (answer,) = said(one.receive_frame(encode_frame(payload), NOW))
        assert isinstance(answer, FaultMessage)
        assert answer.code == Fault.MESSAGE_UNKNOWN
    assert one.receive_frame(encode_frame(encode_message(PUSH)), NOW) == [Ingest(PUSH)]


@pytest.mark.parametrize("message", [PUSH, Ping(1), Subscribe("zone", 0, bytes(32))])
def test_nothing_comes_before_hello(message: Push | Ping | Subscribe) -> None:
    one = HubSession(ZONE, NOW)
    assert one.receive(message, NOW)[-1] == Close(Fault.MESSAGE_UNEXPECTED)
    assert one.receive(HELLO, NOW) == []


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"protocol": 0}, Fault.PROTOCOL_VERSION),
        ({"protocol": 9, "protocol_min": 9}, Fault.PROTOCOL_VERSION),
        ({"zone": bytes([1]) * 16}, Fault.ZONE_UNKNOWN),
    ],
)
def test_a_strangers_hello_ends_it(change: dict[str, object], code: Fault) -> None:
    one = HubSession(ZONE, NOW)
    effects = one.receive(msgspec.structs.replace(HELLO, **change), NOW)
    assert effects == [Send(fault(code, "hello")), Close(code)]


def test_a_newer_device_that_still_speaks_this_version_is_greeted() -> None:
    newer = msgspec.structs.replace(HELLO, protocol=9)
    assert HubSession(ZONE, NOW).receive(newer, NOW) == [Greet(newer)]


def test_an_unknown_device_is_turned_away() -> None:
    one = HubSession(ZONE, NOW)
    one.receive(HELLO, NOW)
    assert one.turn_away(Fault.DEVICE_UNKNOWN)[-1] == Close(Fault.DEVICE_UNKNOWN)


def test_a_second_hello_is_unexpected() -> None:
    (answer,) = said(open_session().receive(HELLO, NOW))
    assert isinstance(answer, FaultMessage)
    assert answer.code == Fault.MESSAGE_UNEXPECTED


@pytest.mark.parametrize(("ahead", "told"), [(0, False), (1, True)])
def test_a_clock_ahead_is_told(ahead: int, told: bool) -> None:
    wall_ms = NOW + CLOCK_AHEAD_MS_MAX + ahead
    hello = msgspec.structs.replace(HELLO, wall_ms=wall_ms)
    assert len(said(HubSession(ZONE, NOW).receive(hello, NOW))) == told
    report = Report(CHALLENGE, 0, 0, 0, wall_ms, bytes(64))
    effects = open_session().receive(report, NOW)
    assert effects[0] == KeepReport(HELLO, report, CHALLENGE)
    assert len(said(effects)) == told


def test_a_report_that_was_kept_proves_the_device() -> None:
    one = open_session()
    assert not one.proven, "a hello only claims it"
    assert said(one.reported(Fault.REPORT_INVALID)) == [fault(Fault.REPORT_INVALID, "report")]
    assert not one.proven
    assert one.receive(PUSH, NOW) == [Ingest(PUSH)], "nothing ends"
    assert one.reported(None) == []
    assert one.proven


def test_a_push_needs_no_session_and_reading_does() -> None:
    one = open_session(session=False)
    assert one.receive(PUSH, NOW) == [Ingest(PUSH)]
    asked = Subscribe("zone", 0, bytes(32))
    assert said(one.receive(asked, NOW)) == [fault(Fault.SESSION_EXPIRED, "zone")]


def test_an_oversized_push_is_not_written() -> None:
    large = msgspec.structs.replace(PUSH, events=[b"e"] * (PUSH_EVENTS_MAX + 1))
    effects = open_session().receive(large, NOW)
    assert all(isinstance(effect, Send) for effect in effects)
    assert [m.code for m in said(effects) if isinstance(m, FaultMessage)] == ["push-oversized"]


def test_what_became_of_a_push_is_said() -> None:
    one = open_session()
    ack = Ack(12, 1, bytes(32), [], b"")
    assert one.ingested(ack) == [Send(ack)]
    answer = one.refused(Fault.CHAIN_GAP, 7, "why")
    assert answer == [Send(FaultMessage(Fault.CHAIN_GAP, "push", "why", 7))]
    runs = [Run(1, 1, 2, 3, "ok")]
    assert one.settled(runs) == [Send(Verdicts(12, runs))]
    assert one.settled([]) == []


def test_only_entitled_feeds_are_read() -> None:
    one = open_session("zone")
    asked = Subscribe("dept:SCJG", 0, bytes(32))
    assert said(one.receive(asked, NOW)) == [fault(Fault.FEED_NOT_ENTITLED, "dept:SCJG")]
    assert one.grown(["dept:SCJG"]) == []


def test_a_feed_is_read_page_by_page_and_then_as_it_grows() -> None:
    one = open_session("zone")
    first = feed.start("zone")
    assert one.receive(first.subscribe(), NOW) == [ReadFeed(first)]
    assert one.feeds == {"zone"}
    page = Page("zone", 0, [ENTRY], b"1" * 32, None)
    second = Cursor("zone", 1, b"1" * 32)
    assert one.read(page) == [Send(page), ReadFeed(second)]
    end = Page("zone", 1, [], b"1" * 32, FeedHead("zone", 1, b"1" * 32, b""))
    assert one.read(end) == [Send(end)]
    assert one.grown(["zone", "dept:SCJG"]) == [ReadFeed(second)]
    assert one.read(Page("zone", 1, [], b"1" * 32, None)) == [], "nothing new is not said"


def test_growth_during_a_reading_is_read_after_it() -> None:
    one = open_session("zone")
    one.receive(feed.start("zone").subscribe(), NOW)
    assert one.grown(["zone"]) == []
    page = Page("zone", 0, [ENTRY], b"1" * 32, FeedHead("zone", 1, b"1" * 32, b""))
    assert one.read(page) == [Send(page), ReadFeed(Cursor("zone", 1, b"1" * 32))]


def test_subscribing_again_moves_the_cursor_past_a_reading_under_way() -> None:
    one = open_session("zone")
    one.receive(feed.start("zone").subscribe(), NOW)
    moved = Cursor("zone", 3, b"3" * 32)
    assert one.receive(moved.subscribe(), NOW) == []
    assert one.read(Page("zone", 0, [ENTRY], b"1" * 32, None)) == [ReadFeed(moved)]


def test_a_cursor_of_another_history_is_said() -> None:
    one = open_session("zone")
    one.receive(feed.start("zone").subscribe(), NOW)
    answer = one.refused_feed("zone", Fault.FEED_HASH)
    assert answer == [Send(fault(Fault.FEED_HASH, "zone"))]
    assert one.grown(["zone"]) == []


@pytest.mark.parametrize(
    ("session", "code"), [(True, Fault.FEED_NOT_ENTITLED), (False, Fault.SESSION_EXPIRED)]
)
def test_after_a_revocation_nothing_more_is_read(session: bool, code: Fault) -> None:
    one = open_session("zone", "dept:SCJG")
    one.receive(feed.start("dept:SCJG").subscribe(), NOW)
    effects = one.entitle(session, ["zone"])
    assert effects == [Send(fault(code, "dept:SCJG"))]
    late = Page("dept:SCJG", 0, [ENTRY], b"1" * 32, None)
    assert one.read(late) == [], "a page that was being read is not sent"
    assert one.grown(["dept:SCJG"]) == []


def test_where_rights_have_grown_the_next_welcome_says_so() -> None:
    one = open_session("zone", "dept:SCJG")
    assert one.entitle(True, ["zone", "dept:SCJG"]) == []
    assert one.entitle(True, ["zone", "point:JZ"]) == [Close("rights-grown")]
    assert one.receive(feed.start("zone").subscribe(), NOW) == []


FEEDS = ["zone", "point:HALL", "dept:SCJG"]
some_feeds = st.frozensets(st.sampled_from(FEEDS))


@given(st.lists(st.one_of(some_feeds, st.sampled_from(FEEDS), st.booleans()), max_size=30))
def test_not_a_byte_of_a_feed_after_it_was_withdrawn(happenings: list[object]) -> None:
    """Rights shrink at any moment, feeds grow and are asked for, pages come from the disk late."""
    one, readable, under_way = open_session(*FEEDS), frozenset(FEEDS), list[Cursor]()
    for happening in happenings:
        effects: list[Effect] = []
        match happening:
            case frozenset():
                readable &= happening
                effects = one.entitle(True, readable)
            case str() as name:
                asked = feed.start(name).subscribe()
                effects = one.receive(asked, NOW) if name not in one.feeds else one.grown([name])
            case _ if under_way:
                place = under_way.pop(0)
                page = Page(place.feed, place.n, [ENTRY], b"1" * 32, None)
                effects = one.read(page) if happening else one.grown([place.feed])
        for effect in effects:
            match effect:
                case Send(Page(feed=name)):
                    assert name in readable
                case ReadFeed(cursor):
                    assert cursor.feed in readable
                    under_way.append(cursor)
                case Send(FaultMessage(code=code, about=name)):
                    assert (code, name not in readable) == (Fault.FEED_NOT_ENTITLED, True)
                case _:
                    raise AssertionError(effect)


def test_where_a_feed_parted_only_its_reader_may_ask_and_only_within_bounds() -> None:
    one = open_session("zone")
    asked = Compare("zone", 7, 3, COMPARE_PLACES_MAX)
    assert one.receive(asked, NOW) == [ReadPrints(asked)]
    prints = Prints("zone", 7, 3, b"1234")
    assert one.compared(prints) == [Send(prints)]
    for step, count in ((0, 1), (1, 0), (1, COMPARE_PLACES_MAX + 1)):
        fault = Send(FaultMessage("message-unexpected", "compare", f"{count} places", 0))
        assert one.receive(Compare("zone", 0, step, count), NOW) == [fault]
    theirs = Compare("dept:SCJG", 0, 1, 1)
    assert one.receive(theirs, NOW) == [Send(FaultMessage("feed-not-entitled", "dept:SCJG", "", 0))]
    nobody = open_session(session=False)
    assert nobody.receive(asked, NOW) == [Send(FaultMessage("session-expired", "zone", "", 0))]
    relay = RelaySession(ZONE, NOW, "HALL")
    relay.receive(HELLO, NOW)
    assert [m.code for m in said(relay.receive(asked, NOW)) if isinstance(m, FaultMessage)] == [
        "message-unexpected"
    ]


def test_heartbeats() -> None:
    one = open_session()
    assert one.tick(NOW + HEARTBEAT_INTERVAL_MS - 1) == []
    assert said(one.tick(NOW + HEARTBEAT_INTERVAL_MS)) == [Pong(0, NOW + HEARTBEAT_INTERVAL_MS)]
    assert one.receive(Ping(9), NOW + 20_000) == [Send(Pong(9, NOW + 20_000))]
    assert one.tick(NOW + 20_000 + HEARTBEAT_TIMEOUT_MS) == [Close("silent")]
    assert one.tick(NOW + 90_000) == []


def test_what_is_no_message_ends_the_line_before_a_hello() -> None:
    one = HubSession(ZONE, NOW)
    *answer, end = one.receive_frame(encode_frame(b"\xc0"), NOW)
    assert end == Close(Fault.MESSAGE_UNKNOWN)
    assert [m.code for m in said(answer) if isinstance(m, FaultMessage)] == ["message-unknown"]
    assert one.receive_frame(encode_frame(encode_message(HELLO)), NOW) == []
