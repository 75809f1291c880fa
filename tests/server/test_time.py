"""What time does: grants and sessions end, codes and challenges expire, guesses slow down and stay slow."""

from pathlib import Path

import pytest

from server.flows.enrol import enrol, make_code
from server.flows.follow import Followed, follow
from server.flows.hub import open_hub
from server.flows.reader import get_reader, renew
from server.flows.refusals import Code, Refusal
from server.flows.sign_in import CHALLENGE_MS, OnDevice, make_challenge, sign_in, sign_out
from server.flows.throttle import WAIT_MS_MAX, WAIT_MS_MAX_OF_NAME, Guard
from server.flows.tidy import tidy
from server.keys import SigningKey
from server.store.engine import sqlite_url
from server.store.files import PhotoFolder
from server.store.store import Store
from sync import chain
from sync.errors import Verdict
from sync.limits import CLOCK_AHEAD_MS_MAX, ENROLMENT_CODE_MS, GRANT_MS
from tests.server.conftest import Still
from tests.server.inside import HERE, PASSWORD, enrol_tablet, item, push, sign_in_on, try_sign_in

CLERK = "dating.shouli1"


def refused(result: object) -> Code | None:
    return result.code if isinstance(result, Refusal) else None


def test_a_grant_is_good_for_its_span_of_the_events_own_time(still: Still) -> None:
    hub, wall = still.hub, still.wall
    tablet = enrol_tablet(hub)
    clerk = sign_in_on(hub, tablet, CLERK).account
    begin = wall.ms
    for ms in (begin, begin + GRANT_MS, begin + GRANT_MS + 1):
        tablet.receive(item(hub), clerk, ms=ms)
    wall.ms = begin + 2 * GRANT_MS
    assert push(hub, tablet.push()) == [Verdict.OK, Verdict.OK, Verdict.GRANT_EXPIRED]


def test_a_future_time_is_judged_as_now(still: Still) -> None:
    """An event dated after the grant's end is judged at the hub's time, which is within."""
    tablet = enrol_tablet(still.hub)
    clerk = sign_in_on(still.hub, tablet, CLERK).account
    tablet.receive(item(still.hub), clerk, ms=still.wall.ms + 2 * GRANT_MS)
    assert push(still.hub, tablet.push()) == [Verdict.OK]
    assert 2 * GRANT_MS > CLOCK_AHEAD_MS_MAX


def test_a_session_ends_with_its_grant(still: Still) -> None:
    tablet = enrol_tablet(still.hub)
    done = try_sign_in(still.hub, tablet, CLERK)
    assert not isinstance(done, Refusal)
    still.wall.ms += GRANT_MS - 1
    reader = get_reader(still.hub, done.token)
    assert not isinstance(reader, Refusal) and renew(still.hub, reader) == reader
    still.wall.ms += 1
    assert refused(get_reader(still.hub, done.token)) is Code.SESSION_EXPIRED
    assert renew(still.hub, reader) is None


def test_signing_out_ends_the_session_at_once(still: Still) -> None:
    tablet = enrol_tablet(still.hub)
    done = try_sign_in(still.hub, tablet, CLERK)
    assert not isinstance(done, Refusal)
    sign_out(still.hub, done.token)
    sign_out(still.hub, done.token)
    assert renew(still.hub, done.reader) is None


def test_the_keys_at_rest_are_the_same_at_every_sign_in(still: Still) -> None:
    """So that a forgotten PIN loses nothing; and nobody else's."""
    tablet, other = enrol_tablet(still.hub), enrol_tablet(still.hub)
    names = (CLERK, CLERK, "dating.shouli2")
    first, again, colleague = (try_sign_in(still.hub, tablet, name) for name in names)
    elsewhere = try_sign_in(still.hub, other, CLERK)
    for done in (first, again, colleague, elsewhere):
        assert not isinstance(done, Refusal)
    assert not isinstance(first, Refusal) and not isinstance(again, Refusal)
    assert not isinstance(colleague, Refusal) and not isinstance(elsewhere, Refusal)
    assert first.keys == again.keys
    assert first.keys.tablet == colleague.keys.tablet != elsewhere.keys.tablet
    users = {done.keys.user for done in (first, colleague, elsewhere)}
    assert len({first.keys.tablet, *users}) == 4


def test_an_enrolment_code_is_good_once_and_for_ten_minutes(still: Still) -> None:
    key = SigningKey.generate().public
    used, late = (make_code(still.hub, "HALL", "tablet", b"") for _ in range(2))
    assert not isinstance(used, Refusal) and not isinstance(late, Refusal)
    typed = used.code.lower().replace("-", " ")
    assert not isinstance(enrol(still.hub, typed, key, 1, "", HERE), Refusal)
    assert refused(enrol(still.hub, used.code, key, 1, "", HERE)) is Code.ENROLMENT_USED
    still.wall.ms += ENROLMENT_CODE_MS
    assert refused(enrol(still.hub, late.code, key, 1, "", HERE)) is Code.ENROLMENT_EXPIRED
    assert refused(enrol(still.hub, "NONE", key, 1, "", HERE)) is Code.ENROLMENT_UNKNOWN
    assert refused(enrol(still.hub, late.code, b"no key", 1, "", HERE)) is Code.KEY_INVALID
    assert refused(enrol(still.hub, late.code, key, 2, "", HERE)) is Code.SUITE_UNKNOWN
    assert refused(make_code(still.hub, "NOWHERE", "tablet", b"")) is Code.POINT_UNKNOWN


def test_guessing_enrolment_codes_slows_down(still: Still) -> None:
    key = SigningKey.generate().public
    for _ in range(10):
        assert refused(enrol(still.hub, "WRONG", key, 1, "", HERE)) is Code.ENROLMENT_UNKNOWN
    assert refused(enrol(still.hub, "WRONG", key, 1, "", HERE)) is Code.SLOW_DOWN
    other = "10.0.0.9"
    assert refused(enrol(still.hub, "WRONG", key, 1, "", other)) is Code.ENROLMENT_UNKNOWN


def test_a_challenge_is_good_once_and_for_two_minutes(still: Still) -> None:
    hub, tablet = still.hub, enrol_tablet(still.hub)

    def answer(challenge: bytes, key: SigningKey = tablet.key) -> Code | None:
        statement = chain.sign_in_statement(hub.zone, tablet.number, challenge, CLERK)
        on = OnDevice(tablet.number, challenge, key.sign(statement))
        return refused(sign_in(hub, CLERK, "Zongchuang-2026", on, HERE))

    challenge = make_challenge(hub)
    assert answer(challenge) is None
    assert answer(challenge) is Code.CHALLENGE_EXPIRED
    assert answer(make_challenge(hub), SigningKey.generate()) is Code.SIGNATURE_INVALID
    late = make_challenge(hub)
    still.wall.ms += CHALLENGE_MS + 1
    assert answer(late) is Code.CHALLENGE_EXPIRED


def test_wrong_passwords_slow_down_and_a_right_one_forgives(still: Still) -> None:
    hub, tablet = still.hub, enrol_tablet(still.hub)
    for _ in range(5):
        assert refused(try_sign_in(hub, tablet, CLERK, "wrong")) is Code.SIGN_IN_FAILED
    assert refused(try_sign_in(hub, tablet, CLERK)) is Code.SLOW_DOWN
    assert refused(try_sign_in(hub, tablet, "nobody")) is Code.SIGN_IN_FAILED
    still.wall.ms += 1_000
    assert refused(try_sign_in(hub, tablet, CLERK)) is None
    assert refused(try_sign_in(hub, tablet, CLERK, "wrong")) is Code.SIGN_IN_FAILED


def test_a_stranger_keeps_nobody_waiting(still: Still) -> None:
    """Neither at a tablet nor in a browser elsewhere, by wrong passwords or by claiming to be the tablet."""
    hub, tablet = still.hub, enrol_tablet(still.hub)
    stranger = "203.0.113.9"
    statement = chain.sign_in_statement(hub.zone, tablet.number, make_challenge(hub), CLERK)
    claimed = OnDevice(tablet.number, make_challenge(hub), SigningKey.generate().sign(statement))
    for _ in range(60):
        assert refused(sign_in(hub, CLERK, "wrong", claimed, stranger)) is Code.SIGNATURE_INVALID
        sign_in(hub, CLERK, "wrong", None, stranger)
    assert refused(sign_in(hub, CLERK, PASSWORD, None, stranger)) is Code.SLOW_DOWN
    assert refused(sign_in(hub, CLERK, PASSWORD, None, HERE)) is None
    assert refused(try_sign_in(hub, tablet, CLERK)) is None


def test_a_tablets_own_tries_are_all_that_slows_it_down(still: Still) -> None:
    hub, tablet, other = still.hub, enrol_tablet(still.hub), enrol_tablet(still.hub)
    for _ in range(5):
        assert refused(try_sign_in(hub, tablet, CLERK, "wrong")) is Code.SIGN_IN_FAILED
    assert refused(try_sign_in(hub, tablet, CLERK)) is Code.SLOW_DOWN
    assert refused(try_sign_in(hub, other, CLERK)) is None
    for n in range(45):
        assert refused(try_sign_in(hub, tablet, f"nobody-{n}", "wrong")) is Code.SIGN_IN_FAILED
    assert refused(try_sign_in(hub, tablet, "dating.shouli2")) is Code.SLOW_DOWN, "of any name"


def test_many_addresses_together_guess_at_a_name_once_a_minute(
    still: Still, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And whoever is right waits a minute at most."""
    hub, judged, minutes = still.hub, 0, 60
    monkeypatch.setattr("server.flows.sign_in.check_password", lambda given, _: given == PASSWORD)
    for n in range(100 + 4 * minutes):
        answer = refused(sign_in(hub, CLERK, "wrong", None, f"198.51.100.{n}"))
        judged += answer is Code.SIGN_IN_FAILED
        still.wall.ms += 0 if n < 100 else 15_000
    assert 100 <= judged <= 100 + 6 + minutes, "the waits below a minute come once"
    still.wall.ms += WAIT_MS_MAX_OF_NAME
    assert refused(sign_in(hub, CLERK, PASSWORD, None, HERE)) is None


def test_the_wait_doubles_up_to_an_hour() -> None:
    guard = Guard("k", 3)
    assert [guard.wait_ms(n) for n in (0, 2, 3, 4, 5)] == [0, 0, 1_000, 2_000, 4_000]
    assert guard.wait_ms(1_000) == WAIT_MS_MAX


def test_a_few_slips_a_day_shut_nobody_out(still: Still) -> None:
    """Behind one address sits a hall: somebody there mistypes every working hour, for a month."""
    hub = still.hub
    for n in range(8 * 22):
        slipped = follow(hub, f"JK-HALL-9-20261123-{n + 1:04d}-X", "0000", HERE)
        assert refused(slipped) is Code.FOLLOW_NOT_FOUND, n
        still.wall.ms += 3_600_000


def test_time_lets_in_no_more_guesses_than_the_longest_wait(still: Still) -> None:
    """Of one receipt number, whenever the guesser chooses to try: three, and then one an hour."""
    hub, judged, hours = still.hub, 0, 30
    for _ in range(hours * 60):
        if refused(follow(hub, "JK-HALL-9-20261123-0001-X", "0000", HERE)) is Code.FOLLOW_NOT_FOUND:
            judged += 1
        still.wall.ms += 60_000
    assert judged <= 3 + 12 + hours, "the waits below an hour come once"


def test_who_must_wait_takes_no_turn_among_the_writers(still: Still) -> None:
    hub = still.hub
    for _ in range(4):
        follow(hub, "JK-HALL-9-20261123-0001-X", "0000", HERE)
    with hub.store.write():
        assert refused(follow(hub, "JK-HALL-9-20261123-0001-X", "0000", HERE)) is Code.SLOW_DOWN


# How long the line was cut after the case had been taken in: the paper carries the earlier time.
LATE_MS = 3_600_000


@pytest.fixture
def receipt(still: Still) -> str:
    tablet = enrol_tablet(still.hub)
    clerk = sign_in_on(still.hub, tablet, CLERK).account
    tablet.receive(item(still.hub), clerk, ms=still.wall.ms)
    still.wall.ms += LATE_MS
    assert push(still.hub, tablet.push()) == [Verdict.OK]
    tablet.receipts = 0
    return tablet.next_receipt_no()


def test_following_by_what_the_receipt_says(still: Still, receipt: str) -> None:
    spoken = receipt.lower().replace("-", " ")
    found = follow(still.hub, spoken, " 002x ", HERE)
    assert isinstance(found, Followed)
    assert (found.receipt_no, found.state, found.state_zh) == (receipt, "received", "已收件")
    assert [(step.type, step.zh, step.at_ms) for step in found.steps] == [
        ("case.receive", "收件", still.wall.ms - LATE_MS)
    ]


def test_guessing_at_a_case_slows_down_and_a_restart_forgives_nothing(
    still: Still, receipt: str, tmp_path: Path
) -> None:
    wrong_number = receipt[:-1] + ("A" if receipt[-1] != "A" else "B")
    answers = {
        refused(follow(still.hub, receipt, "0000", HERE)),
        refused(follow(still.hub, wrong_number, "002X", HERE)),
        refused(follow(still.hub, "nonsense", "", HERE)),
    }
    assert answers == {Code.FOLLOW_NOT_FOUND}, "one answer for all"
    for _ in range(2):
        follow(still.hub, receipt, "0000", HERE)
    assert refused(follow(still.hub, receipt, "002X", HERE)) is Code.SLOW_DOWN
    still.hub.store.close()
    store = Store.open(sqlite_url(tmp_path / "zongchuang.db"))
    restarted = open_hub(store, PhotoFolder(tmp_path), still.wall)
    assert refused(follow(restarted, receipt, "002X", "10.9.9.9")) is Code.SLOW_DOWN
    still.wall.ms += 1_000
    assert refused(follow(restarted, receipt, "1111", HERE)) is Code.FOLLOW_NOT_FOUND
    still.wall.ms += 1_999
    assert refused(follow(restarted, receipt, "002X", HERE)) is Code.SLOW_DOWN, "twice as long"
    still.wall.ms += 1
    assert isinstance(follow(restarted, receipt, "002X", HERE), Followed)
    store.close()


def test_what_is_over_is_tidied_away(still: Still) -> None:
    tablet = enrol_tablet(still.hub)
    sign_in_on(still.hub, tablet, CLERK)
    assert tidy(still.hub) == 0
    still.wall.ms += GRANT_MS + 1
    assert tidy(still.hub) == 3, "the session, the challenge, the counter of the address"
