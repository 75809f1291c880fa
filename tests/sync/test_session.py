"""The device's end of a connection: two ends, a fake wire, and a hub that is not always the hub."""

import msgspec
import pytest

from sync import chain, feed, session
from sync.effects import (
    BeginEpoch,
    Close,
    Effect,
    Forget,
    Greeted,
    Problem,
    PushFrom,
    Recount,
    Reopen,
    Send,
    Settle,
    TakePage,
    TellCounts,
)
from sync.errors import Fault
from sync.limits import (
    HEARTBEAT_INTERVAL_MS,
    HEARTBEAT_TIMEOUT_MS,
    PROTOCOL_VERSION,
    REQUEST_TIMEOUT_MS,
)
from sync.messages import (
    Ack,
    FaultMessage,
    FeedHead,
    Hello,
    Page,
    Ping,
    Pong,
    Run,
    Subscribe,
    Verdicts,
    Welcome,
    sign_parts,
)
from sync.session import Session

ZONE, NONCE, NOW = bytes(16), bytes([5]) * 32, 1_000
CHALLENGE = bytes([6]) * 32
EPOCH = 100
LINKS = [bytes([i]) * 32 for i in range(20)]


def verify(statement: bytes, signature: bytes) -> bool:
    """A signature is the statement reversed."""
    return signature == statement[::-1]


def signed(statement: bytes) -> bytes:
    return statement[::-1]


def start(
    last_seq: int = 5,
    acked_seq: int = 0,
    cursors: list[feed.Cursor] | None = None,
    epoch: int = EPOCH,
) -> Session:
    one = Session(
        zone=ZONE,
        device=12,
        last_seq=last_seq,
        acked_seq=acked_seq,
        epoch=epoch,
        cursors=cursors or [],
        link_at=lambda seq: LINKS[seq] if seq <= last_seq else None,
        verify=verify,
        now_ms=NOW,
    )
    hello = Hello(1, 1, ZONE, 12, b"", "", 0, NONCE, [])
    assert one.hello(hello) == [Send(hello)]
    return one


def welcome(
    seq: int = 0,
    feeds: tuple[str, ...] = (),
    link: bytes | None = None,
    epoch: int = EPOCH,
    head: tuple[int, bytes] = (10_000, bytes(32)),
) -> Welcome:
    heads = [FeedHead(name, *head, b"", epoch) for name in feeds]
    proof = signed(chain.hello_statement(ZONE, epoch, NONCE))
    link = LINKS[seq] if link is None else link
    return Welcome(PROTOCOL_VERSION, 7, epoch, bool(feeds), seq, link, heads, "", proof, CHALLENGE)


def ack(seq: int, first: int = 1, epoch: int = EPOCH) -> Ack:
    runs = [Run(first, seq - first + 1, 40, 9, "ok")]
    statement = chain.ack_statement(ZONE, epoch, 12, seq, LINKS[seq], sign_parts(runs))
    return Ack(12, seq, LINKS[seq], runs, signed(statement), epoch)


def fault(code: str, about: str = "push", seq: int = 0) -> FaultMessage:
    return FaultMessage(code, about, "", seq)


def greeted(last_seq: int = 5) -> Session:
    one = start(last_seq)
    one.receive(welcome(), NOW)
    return one


def kinds(effects: list[Effect]) -> list[type]:
    return [type(effect) for effect in effects]


# --- greeting -------------------------------------------------------------------------------------


def test_a_welcome_starts_reading_and_pushing_at_once() -> None:
    cursor = feed.Cursor("zone", 4, bytes(32))
    one = start(cursors=[cursor])
    hub = welcome(feeds=("point:HALL", "zone"))
    assert one.receive(hub, NOW) == [
        Greeted(hub),
        TellCounts(CHALLENGE),
        Send(feed.start("point:HALL").subscribe()),
        Send(Subscribe("zone", 4, bytes(32))),
        PushFrom(1),
    ]


def test_a_portals_answer_changes_nothing() -> None:
    for impostor in (
        msgspec.structs.replace(welcome(), proof=b""),
        msgspec.structs.replace(
            welcome(), proof=signed(chain.hello_statement(ZONE, EPOCH, bytes(32)))
        ),
        ack(3),
        Pong(1, 1),
        Page("zone", 0, [], bytes(32), None),
    ):
        one = start()
        assert one.receive(impostor, NOW) == [Close("not-the-hub")]
        assert one.outbox is None
        assert one.receive(welcome(), NOW) == [], "closed is closed"


def test_a_repeated_welcome_says_nothing_new() -> None:
    one = greeted()
    newer = msgspec.structs.replace(welcome(), challenge=bytes(32))
    assert one.receive(newer, NOW) == []
    assert one.counted() == [TellCounts(bytes(32))], "but its challenge is the newest"


def test_nothing_is_counted_before_the_welcome() -> None:
    assert start().counted() == []


def test_a_report_turned_away_stops_nothing() -> None:
    one = greeted()
    assert one.receive(fault(Fault.REPORT_INVALID, "report"), NOW) == []
    assert one.appended(6) == [PushFrom(1)], "pushing goes on"
    assert one.counted() == [TellCounts(CHALLENGE)]


def test_what_was_not_acknowledged_goes_again_even_if_the_hub_has_it() -> None:
    one = start(acked_seq=2)
    assert one.receive(welcome(seq=5), NOW)[-1] == PushFrom(3)


def test_a_hub_set_back_gets_what_it_lost() -> None:
    one = start(acked_seq=4)
    effects = one.receive(welcome(seq=2), NOW)
    assert effects == [Reopen(2), Greeted(welcome(seq=2)), TellCounts(CHALLENGE), PushFrom(3)]


@pytest.mark.parametrize("known", [EPOCH - 1, 0])
def test_a_hub_in_a_later_epoch_must_confirm_everything_again(known: int) -> None:
    """None known is earlier, too: what a relay passed on may have been said in an epoch that is over."""
    one = start(acked_seq=4, epoch=known)
    hub = welcome(seq=4)
    effects = one.receive(hub, NOW)
    assert effects == [BeginEpoch(EPOCH), Greeted(hub), TellCounts(CHALLENGE), PushFrom(1)]


def test_a_hub_that_a_restore_has_replaced_is_left() -> None:
    """It can sign all it likes: what it says was over when the restored one greeted this device."""
    one = start(acked_seq=4, epoch=EPOCH + 1)
    assert one.receive(welcome(seq=4), NOW) == [
        Problem("epoch-over", str(EPOCH)),
        Close("epoch-over"),
    ]
    assert one.receive(ack(5), NOW) == []


@pytest.mark.parametrize("epoch", [EPOCH - 1, EPOCH + 1, 0])
def test_what_the_hub_signed_in_another_epoch_confirms_nothing(epoch: int) -> None:
    assert greeted().receive(ack(5, epoch=epoch), NOW) == [Close("not-the-hub")]
    head = FeedHead("zone", 0, feed.start("zone").hash, b"", epoch)
    one = start()
    one.receive(welcome(feeds=("zone",)), NOW)
    page = Page("zone", 0, [], feed.start("zone").hash, head)
    assert one.receive(page, NOW) == [Close("not-the-hub")]


def test_a_restore_between_two_polls_is_noticed() -> None:
    """Over HTTP every request is greeted, on one connection."""
    one = start(acked_seq=4)
    one.receive(welcome(seq=4), NOW)
    hub = welcome(seq=4, epoch=EPOCH + 1)
    effects = one.receive(hub, NOW)
    assert effects == [BeginEpoch(EPOCH + 1), Greeted(hub), TellCounts(CHALLENGE), PushFrom(1)]


def test_a_hub_in_the_epoch_that_is_known_keeps_its_word() -> None:
    one = start(acked_seq=4)
    assert kinds(one.receive(welcome(seq=4), NOW)) == [Greeted, TellCounts, PushFrom]


def test_a_device_set_back_does_not_write_over_its_own_log() -> None:
    one = start(last_seq=3)
    told = one.receive(welcome(seq=9), NOW)[1:]
    assert told == [Problem("log-behind", "9"), TellCounts(CHALLENGE)]
    assert one.appended(4) == []


def test_a_device_set_back_lets_be_a_feed_that_leaves_out_what_it_has_lost() -> None:
    """Fetched anew it would not fit either: the connection would never come to rest."""
    one = start(last_seq=3)
    one.receive(welcome(seq=9, feeds=("zone", "point:HALL")), NOW)
    assert one.distrust("point:HALL") == []
    assert one.receive(Page("point:HALL", 0, [], bytes(32), None), NOW) == []
    assert [effect.message.feed for effect in one.subscriptions()] == ["zone"]


def test_a_forked_log_is_pushed_once_for_the_hub_to_keep() -> None:
    one = start(acked_seq=2)
    effects = one.receive(welcome(seq=3, link=bytes(32)), NOW)
    assert effects[1:] == [Problem(Fault.CHAIN_FORK, "3"), TellCounts(CHALLENGE), PushFrom(3)]
    one.pushed(5, NOW)
    assert kinds(one.receive(fault(Fault.CHAIN_FORK), NOW)) == [Problem]
    assert one.appended(6) == []


def test_a_forked_log_reads_no_feed_that_the_other_branch_wrote_into() -> None:
    """Its own events are left out of pages, and those under its number are not its own."""
    one = start()
    one.receive(welcome(seq=3, link=bytes(32), feeds=("zone", "point:HALL")), NOW)
    assert one.distrust("point:HALL") == []
    page = Page("point:HALL", 0, [], bytes(32), None)
    assert one.receive(page, NOW) == []
    assert [effect.message.feed for effect in one.subscriptions()] == ["zone"]


# --- pushing --------------------------------------------------------------------------------------


def test_pushes_are_pipelined() -> None:
    one = greeted()
    assert one.pushed(2, NOW) == [PushFrom(3)]
    assert one.pushed(5, NOW) == []
    assert one.appended(6) == [PushFrom(6)]


def test_an_ack_settles_and_goes_on() -> None:
    one = greeted()
    one.pushed(5, NOW)
    assert one.receive(ack(5), NOW) == [Settle(5, ack(5).runs)]
    assert one.outbox is not None
    assert (one.outbox.acked, one.outbox.in_flight) == (5, ())


def test_an_ack_that_the_hub_did_not_sign_changes_nothing() -> None:
    for forged in (
        msgspec.structs.replace(ack(5), signature=b""),
        msgspec.structs.replace(ack(5), link=bytes(32)),
        msgspec.structs.replace(ack(5), device=13),
    ):
        one = greeted()
        one.pushed(5, NOW)
        assert one.receive(forged, NOW) == [Close("not-the-hub")]
        assert one.outbox is not None
        assert one.outbox.acked == 0


def test_a_gap_is_filled_from_the_last_verdict_heard() -> None:
    one = greeted()
    one.pushed(5, NOW)
    assert one.receive(fault(Fault.CHAIN_GAP, seq=3), NOW) == [PushFrom(1)]


def test_a_fork_stops_pushing_and_nothing_else() -> None:
    one = start()
    one.receive(welcome(feeds=("zone",)), NOW)
    one.pushed(5, NOW)
    assert kinds(one.receive(fault(Fault.CHAIN_FORK), NOW)) == [Problem]
    assert one.appended(6) == []
    page = Page("zone", 0, [], bytes(32), None)
    assert one.receive(page, NOW) == [TakePage(page)]


@pytest.mark.parametrize("code", [Fault.SIGNATURE_INVALID, Fault.PUSH_OVERSIZED])
def test_a_push_turned_away_is_tried_again_without_haste(code: Fault) -> None:
    one = greeted()
    one.pushed(5, NOW)
    assert kinds(one.receive(fault(code), NOW)) == [Problem]
    assert one.appended(6) == []
    now_ms = NOW
    while now_ms < NOW + session.PUSH_PAUSE_MS - 1_000:
        now_ms += 1_000
        assert PushFrom(1) not in one.tick(now_ms)
        one.receive(Pong(0, 0), now_ms)
    assert PushFrom(1) in one.tick(now_ms + 1_000)


def test_verdicts_of_parked_events_are_settled() -> None:
    one = greeted()
    runs = [Run(2, 1, 44, 9, "ok")]
    assert one.receive(Verdicts(12, runs), NOW) == [Settle(0, runs)]
    assert one.receive(Verdicts(13, runs), NOW) == []


# --- reading --------------------------------------------------------------------------------------


def test_pages_of_what_was_not_asked_for_are_dropped() -> None:
    one = greeted()
    assert one.receive(Page("dept:SCJG", 0, [], bytes(32), None), NOW) == []


def test_a_feed_that_does_not_fit_is_asked_again_then_fetched_anew_then_given_up() -> None:
    one = start(cursors=[feed.Cursor("zone", 4, bytes(32))])
    one.receive(welcome(feeds=("zone",)), NOW)
    again = [Send(Subscribe("zone", 4, bytes(32)))]
    anew = [Forget("zone"), Send(feed.start("zone").subscribe())]
    assert [one.distrust("zone") for _ in range(5)] == [
        again,
        again,
        anew,
        anew,
        [Close("feed-hash")],
    ]


def test_a_stored_page_moves_the_cursor_and_restores_trust() -> None:
    one = start()
    one.receive(welcome(feeds=("zone",)), NOW)
    one.distrust("zone")
    one.stored(feed.Cursor("zone", 3, bytes(32)))
    assert one.distrust("zone") == [Send(Subscribe("zone", 3, bytes(32)))]
    assert one.subscriptions() == [Send(Subscribe("zone", 3, bytes(32)))]


@pytest.mark.parametrize("code", [Fault.FEED_AHEAD, Fault.FEED_HASH])
def test_another_history_is_looked_into_or_with_nothing_here_fetched(code: Fault) -> None:
    one = start(cursors=[feed.Cursor("zone", 4, bytes(32))])
    one.receive(welcome(feeds=("zone", "dept:SCJG")), NOW)
    assert one.receive(fault(code, "zone"), NOW) == [Recount("zone")]
    assert one.receive(fault(code, "dept:SCJG"), NOW) == [
        Forget("dept:SCJG"),
        Send(feed.start("dept:SCJG").subscribe()),
    ]
    assert one.receive(fault(code, "dept:X"), NOW) == []


def test_what_may_no_longer_be_read_is_forgotten() -> None:
    one = start()
    one.receive(welcome(feeds=("zone",)), NOW)
    assert one.receive(fault(Fault.FEED_NOT_ENTITLED, "point:HALL"), NOW) == []
    assert one.receive(fault(Fault.FEED_NOT_ENTITLED, "zone"), NOW) == [Forget("zone")]
    assert start().receive(fault(Fault.FEED_NOT_ENTITLED, "zone"), NOW) == []
    assert one.receive(Page("zone", 0, [], bytes(32), None), NOW) == []


@pytest.mark.parametrize(("feeds", "gone"), [(("zone",), [Forget("point:HALL")]), ((), [])])
def test_what_a_greeting_does_not_name_any_more_is_forgotten(
    feeds: tuple[str, ...], gone: list[Forget]
) -> None:
    """Without a session it names nothing, and withdraws nothing."""
    one = start(
        cursors=[feed.Cursor("zone", 4, bytes(32)), feed.Cursor("point:HALL", 4, bytes(32))]
    )
    effects = one.receive(welcome(feeds=feeds), NOW)
    assert [effect for effect in effects if isinstance(effect, Forget)] == gone


@pytest.mark.parametrize("code", [Fault.SESSION_EXPIRED, Fault.CLOCK_AHEAD])
def test_some_faults_are_only_told(code: Fault) -> None:
    one = greeted()
    assert one.receive(fault(code), NOW) == [Problem(code, "")]
    assert one.appended(6) == [PushFrom(1)]


@pytest.mark.parametrize("code", [Fault.DEVICE_UNKNOWN, Fault.ZONE_UNKNOWN, "of-tomorrow"])
def test_any_other_fault_ends_the_connection(code: str) -> None:
    assert start().receive(fault(code, "hello"), NOW) == [Problem(code, ""), Close(code)]


# --- heartbeats -----------------------------------------------------------------------------------


def test_a_quiet_line_is_kept_alive_and_a_silent_one_is_left() -> None:
    one = greeted(last_seq=0)
    assert one.tick(NOW + HEARTBEAT_INTERVAL_MS - 1) == []
    assert one.tick(NOW + HEARTBEAT_INTERVAL_MS) == [Send(Ping(1))]
    assert one.tick(NOW + HEARTBEAT_INTERVAL_MS + 1) == []
    assert one.tick(NOW + HEARTBEAT_TIMEOUT_MS) == [Close("silent")]
    assert one.tick(NOW + HEARTBEAT_TIMEOUT_MS + 1) == []


def test_a_hub_that_never_welcomes_is_left() -> None:
    one = start()
    assert one.tick(NOW + REQUEST_TIMEOUT_MS - 1) == []
    assert one.tick(NOW + REQUEST_TIMEOUT_MS) == [Close("unanswered")]


def test_a_hub_that_answers_pings_but_no_push_is_left() -> None:
    one = greeted()
    one.pushed(5, NOW)
    for at_ms in range(NOW, NOW + HEARTBEAT_TIMEOUT_MS, 1_000):
        one.receive(Pong(0, 0), at_ms)
        assert Close("unanswered") not in one.tick(at_ms)
    one.receive(Pong(0, 0), NOW + HEARTBEAT_TIMEOUT_MS)
    assert one.tick(NOW + HEARTBEAT_TIMEOUT_MS) == [Close("unanswered")]
