"""The pulse of a connection: when it is dead, and when it wants a ping."""

import pytest

from sync.limits import HEARTBEAT_INTERVAL_MS, HEARTBEAT_TIMEOUT_MS, REQUEST_TIMEOUT_MS
from sync.messages import Ping
from sync.pulse import Pulse

NOW = 5_000_000


@pytest.mark.parametrize("greeted", [True, False])
@pytest.mark.parametrize("waiting", [True, False])
def test_who_says_nothing_is_silent(greeted: bool, waiting: bool) -> None:
    pulse = Pulse(NOW)
    pulse.heard(NOW + 7)
    end = NOW + 7 + HEARTBEAT_TIMEOUT_MS
    pulse.answered(end)
    assert pulse.fault(end - 1, greeted=greeted, waiting=waiting) is None
    assert pulse.fault(end, greeted=greeted, waiting=waiting) == "silent"


def test_a_greeting_is_to_be_answered_soon_whatever_else_is_said() -> None:
    pulse = Pulse(NOW)
    late = NOW + REQUEST_TIMEOUT_MS
    pulse.heard(late - 1)
    assert pulse.fault(late - 1, greeted=False, waiting=False) is None
    assert pulse.fault(late, greeted=False, waiting=False) == "unanswered"
    assert pulse.fault(late, greeted=True, waiting=False) is None


def test_the_first_push_under_way_and_every_answer_begin_the_wait() -> None:
    pulse = Pulse(NOW)
    pulse.spoke(NOW + 10, first=True)
    pulse.spoke(NOW + 20, first=False)
    late = NOW + 10 + HEARTBEAT_TIMEOUT_MS
    pulse.heard(late)
    assert pulse.fault(late, greeted=True, waiting=True) == "unanswered"
    assert pulse.fault(late, greeted=True, waiting=False) is None
    pulse.answered(late)
    assert pulse.fault(late, greeted=True, waiting=True) is None


def test_a_quiet_line_is_kept_alive_by_pings_that_are_counted() -> None:
    pulse = Pulse(NOW)
    assert pulse.beat(NOW + HEARTBEAT_INTERVAL_MS - 1) == []
    pulse.spoke(NOW + 5, first=True)
    at = NOW + 5 + HEARTBEAT_INTERVAL_MS
    assert pulse.beat(at - 1) == []
    assert pulse.beat(at) == [Ping(1)]
    assert pulse.beat(at + 1) == []
    assert pulse.beat(at + HEARTBEAT_INTERVAL_MS) == [Ping(2)]
