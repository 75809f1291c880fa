"""The outbox: nothing is skipped, nothing is confirmed twice, repeats change nothing."""

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from sync import chain, outbox
from sync.backoff import retry_delay_ms
from sync.errors import Parked as ParkedCode
from sync.errors import Verdict
from sync.limits import BACKOFF_MS_BASE, BACKOFF_MS_MAX, PAGE_BYTES_MAX, PUSH_EVENTS_MAX
from sync.messages import Ack, Run, sign_parts
from sync.outbox import (
    PUSHES_IN_FLIGHT_MAX,
    Accepted,
    InFlight,
    Parked,
    Queued,
    Refused,
    acknowledged,
    appended,
    next_to_push,
    push_length,
    pushed,
    resume,
    settle,
    settled_end,
    state_of,
    trusts_ack,
)

ZONE, LINK = bytes(16), bytes([7]) * 32


def ack(seq: int, *runs: tuple[int, int]) -> Ack:
    return Ack(
        12, seq, LINK, [Run(first, count, first, 9, "ok") for first, count in runs], b"sig", 1
    )


@given(st.integers(0, 30), st.lists(st.integers(1, 5), max_size=30), st.randoms())
def test_every_event_is_pushed_once_and_in_order_on_a_good_line(
    hub_seq: int, lengths: list[int], rng: object
) -> None:
    box, sent = resume(40, hub_seq), list[int]()
    for length in lengths:
        first = next_to_push(box)
        if first is None:
            assert box.sent == box.last or len(box.in_flight) == PUSHES_IN_FLIGHT_MAX
            box = acknowledged(box, box.in_flight[0]) if box.in_flight else appended(box, 45)
            continue
        last = min(first + length - 1, box.last)
        sent += range(first, last + 1)
        box = pushed(box, last)
    assert sent == list(range(hub_seq + 1, hub_seq + 1 + len(sent)))
    assert rng


@given(st.lists(st.integers(0, 12), max_size=8))
def test_acks_in_any_order_and_number_come_to_the_same(seqs: list[int]) -> None:
    box = pushed(resume(12, 0), 12)
    for seq in seqs:
        box = acknowledged(box, seq)
        assert box.acked <= box.sent <= box.last
    assert box.acked == max(seqs, default=0)
    assert acknowledged(box, box.acked) == box


def test_an_ack_settles_what_its_runs_name_without_a_hole() -> None:
    assert settled_end(0, ack(5, (1, 2), (3, 3))) == 5
    assert settled_end(0, ack(5, (4, 2), (1, 3))) == 5
    assert settled_end(0, ack(9, (1, 3))) == 3
    assert settled_end(0, ack(5, (2, 4))) == 0
    assert settled_end(4, ack(5, (2, 4))) == 5
    assert settled_end(4, ack(3, (1, 3))) == 4
    assert settled_end(4, ack(9)) == 4


def test_a_hub_that_went_back_gets_the_rest_again() -> None:
    assert next_to_push(resume(9, 4)) == 5
    assert next_to_push(resume(3, 9)) is None
    assert next_to_push(resume(0, 0)) is None


def test_what_a_list_shows() -> None:
    box = acknowledged(pushed(resume(4, 0), 3), 2)
    told = Accepted(7, 9)
    assert [state_of(box, seq, told if seq < 3 else None) for seq in (1, 3, 4)] == [
        told,
        InFlight(),
        Queued(),
    ]
    assert state_of(box, 2, None) == Queued(), "acknowledged, but of its verdict nothing is known"


def test_what_runs_say() -> None:
    assert settle(Run(3, 2, 40, 9, Verdict.OK)) == [(3, Accepted(40, 9)), (4, Accepted(41, 9))]
    assert settle(Run(3, 1, 40, 9, Verdict.MALFORMED)) == [(3, Refused(40, 9, "malformed"))]
    assert settle(Run(3, 2, 0, 0, ParkedCode.CAUSE_MISSING)) == [
        (3, Parked("cause-missing")),
        (4, Parked("cause-missing")),
    ]


def test_only_the_hubs_own_word_about_ones_own_log_is_an_ack() -> None:
    said = ack(5, (1, 5))
    statement = chain.ack_statement(ZONE, 1, 12, 5, LINK, sign_parts(said.runs))

    def verify(asked: bytes, signature: bytes) -> bool:
        return (asked, signature) == (statement, b"sig")

    assert trusts_ack(said, ZONE, 12, LINK, verify)
    assert not trusts_ack(said, ZONE, 13, LINK, verify)
    assert not trusts_ack(said, ZONE, 12, bytes(32), verify)
    assert not trusts_ack(said, ZONE, 12, None, verify)
    assert not trusts_ack(said, bytes([1]) * 16, 12, LINK, verify)
    assert not trusts_ack(said, ZONE, 12, LINK, lambda *_: False)
    turned = [msgspec.structs.replace(run, code="not-entitled") for run in said.runs]
    assert not trusts_ack(msgspec.structs.replace(said, runs=turned), ZONE, 12, LINK, verify), (
        "the verdicts are signed too"
    )


def test_a_push_is_bounded_and_never_empty() -> None:
    assert push_length([]) == 0
    assert push_length([1] * (PUSH_EVENTS_MAX + 1)) == PUSH_EVENTS_MAX
    assert push_length([PAGE_BYTES_MAX, 1]) == 1
    assert push_length([PAGE_BYTES_MAX * 2]) == 1
    assert outbox.PUSHES_IN_FLIGHT_MAX >= 2, "pushes are pipelined"


@given(st.integers(0, 10_000), st.floats(0, 1, exclude_max=True))
def test_waiting_is_jittered_and_bounded(failures: int, chance: float) -> None:
    delay_ms = retry_delay_ms(failures, chance)
    assert 0 <= delay_ms < BACKOFF_MS_MAX
    assert retry_delay_ms(0, chance) < BACKOFF_MS_BASE
    assert retry_delay_ms(failures, 0.0) == 0
