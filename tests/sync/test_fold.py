"""The fold: every row of the lifecycle, every refusal, every guard, two values, any order of arrival."""

import random

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync import clock
from sync.errors import Void
from sync.event import AccountSet, Act, AttachmentStored, Edit, Material, Missing, Numbered
from sync.fold import (
    HISTORY_CODE,
    HISTORY_EFFECT,
    CaseState,
    apply,
    conflicts,
    copy_state,
    decode_state,
    fold_case,
    source_of,
    state_bytes,
)
from sync.lifecycle import LIFECYCLE, ROW_BY_TYPE, Row, find_row
from sync.messages import Entry
from sync.vectors_fold import fold_vectors, path_to, walk
from sync.vectors_wire import ITEM, digest
from tests.sync.cases import (
    APPROVER,
    CLERK,
    HUB_MS,
    RECEIVE,
    RECEIVED,
    REVIEWER,
    STREAM,
    edit,
    entry,
    held,
)
from tests.sync.histories import history

ROWS = [(row, state) for row in LIFECYCLE.transitions for state in row.from_]


def open_state(state: str) -> CaseState:
    """A case in this state in which every guard holds."""
    folded = fold_case(walk(path_to(state)).entries)
    assert folded.state == state
    folded.corrections = folded.extensions = 0
    folded.item, folded.reviewer = ITEM, REVIEWER
    return folded


def body_for(type_: str) -> msgspec.Struct:
    return RECEIVE if ROW_BY_TYPE[type_].type in {"case.receive", "case.submit_online"} else Act()


def try_act(state: CaseState, type_: str, actor: bytes = APPROVER) -> Void | None:
    source = source_of(entry(type_, body_for(type_), position=99, seq=99, actor=actor))
    return apply(state, source)


@pytest.mark.parametrize(("row", "state"), ROWS, ids=lambda value: getattr(value, "type", value))
def test_every_row_moves_the_case(row: Row, state: str) -> None:
    folded = open_state(state)
    folded.deferred = ["M1"] if "deferral_open" in row.guards else []
    assert try_act(folded, row.type) is None
    assert folded.state == row.to
    assert folded.history[-1][HISTORY_EFFECT] == "applied"
    assert folded.history[-1][9:11] == (state, row.to)


@pytest.mark.parametrize("state", LIFECYCLE.states)
def test_every_pair_that_is_not_in_the_table_is_void_and_changes_nothing(state: str) -> None:
    refused = [type_ for type_ in ROW_BY_TYPE if find_row(type_, state) is None]
    assert refused or state == "received"
    for type_ in refused:
        folded = open_state(state)
        before = copy_state(folded)
        assert try_act(folded, type_) is Void.STATE
        row = folded.history.pop()
        assert (row[HISTORY_EFFECT], row[HISTORY_CODE], row[9], row[10]) == (
            "void",
            "state",
            state,
            state,
        )
        assert folded == before


@pytest.mark.parametrize("state", LIFECYCLE.states)
def test_edits_have_effect_only_where_the_table_says(state: str) -> None:
    folded = open_state(state)
    source = source_of(entry("case.edit", Edit({"late": "x"}), position=99, seq=99))
    assert apply(folded, source) is (None if state in LIFECYCLE.edits.from_ else Void.STATE)
    assert ("f:late" in folded.values) == (state in LIFECYCLE.edits.from_)


GUARDS = [
    ("case.request_correction", "received", {"corrections": 1}, Void.CORRECTION_ONCE),
    ("case.extend", "under_review", {"extensions": 1}, Void.EXTENSION_ONCE),
    (
        "case.deem_accepted",
        "received",
        {"item": msgspec.structs.replace(ITEM, type_code="20")},
        Void.LICENCE_ONLY,
    ),
    (
        "case.decide_on_the_spot",
        "accepted",
        {"item": msgspec.structs.replace(ITEM, case_type="commitment")},
        Void.INSTANT_ONLY,
    ),
    ("case.approve", "decision_pending", {"reviewer": APPROVER}, Void.OWN_REVIEW),
    ("case.deny", "decision_pending", {"reviewer": APPROVER}, Void.OWN_REVIEW),
    ("case.approve", "decision_pending", {"deferred": ["M1"]}, Void.DEFERRAL_OPEN),
    ("case.decide_on_the_spot", "accepted", {"deferred": ["M1"]}, Void.DEFERRAL_OPEN),
    ("case.supply_deferred", "accepted", {"deferred": []}, Void.NO_DEFERRAL_OPEN),
    ("case.supply_deferred", "under_review", {"deferred": []}, Void.NO_DEFERRAL_OPEN),
]


@pytest.mark.parametrize(("type_", "state", "change", "code"), GUARDS)
def test_every_guard_stops_the_act_and_names_itself(
    type_: str, state: str, change: dict[str, object], code: Void
) -> None:
    folded = open_state(state)
    for name, value in change.items():
        setattr(folded, name, value)
    assert try_act(folded, type_) is code
    assert folded.state == state


def test_every_guard_of_the_table_is_tested() -> None:
    tested = {(type_, code) for type_, _, _, code in GUARDS}
    asked = sum(len(row.guards) for row in LIFECYCLE.transitions)
    assert len(tested) == asked - 1, "supply_deferred has two rows with the same guard"


def test_guards_are_asked_in_order() -> None:
    folded = open_state("decision_pending")
    folded.deferred, folded.reviewer = ["M1"], APPROVER
    assert try_act(folded, "case.approve") is Void.DEFERRAL_OPEN


def test_effects() -> None:
    folded = open_state("received")
    asked = Act(missing=[Missing("material", "M1", "缺")], until="2026-12-07")
    apply(folded, source_of(entry("case.request_correction", asked, position=2, seq=2)))
    assert (folded.corrections, folded.missing) == (1, [("material", "M1", "缺")])
    apply(folded, source_of(entry("case.supplement", Act(), position=3, seq=3)))
    assert folded.missing == []
    # What was asked for is kept with the act, when it is no longer asked for.
    assert folded.particulars[-1][1:] == (2, [("material", "M1", "缺")], "2026-12-07", "", "")
    deferral = Act(deferred=["M2", "M1", "M2"])
    apply(folded, source_of(entry("case.accept_with_deferral", deferral, position=4, seq=4)))
    assert folded.deferred == ["M1", "M2"]
    some = Act(materials=[Material("M2", "provided"), Material("M1", "missing")])
    apply(folded, source_of(entry("case.supply_deferred", some, position=5, seq=5)))
    assert folded.deferred == ["M1"]


def test_the_reviewer_is_kept_and_may_not_decide() -> None:
    folded = open_state("under_review")
    folded.reviewer = b""
    opinion = entry("case.review_opinion", Act(opinion="可"), position=2, seq=2, actor=REVIEWER)
    apply(folded, source_of(opinion))
    assert folded.reviewer == REVIEWER
    assert try_act(folded, "case.approve", REVIEWER) is Void.OWN_REVIEW
    assert try_act(folded, "case.approve", APPROVER) is None


def test_history_says_all_the_words_of_an_act() -> None:
    folded = open_state("decision_pending")
    deny = entry(
        "case.deny", Act(opinion="不予", reason="布局不符"), position=2, seq=2, actor=APPROVER
    )
    apply(folded, source_of(deny))
    assert folded.history[-1][-1] == "不予\n布局不符"


def test_the_first_in_the_ledger_wins_and_the_loser_sees_why() -> None:
    for first, second in (("case.approve", "case.deny"), ("case.deny", "case.approve")):
        entries = walk(path_to("decision_pending")).entries
        at = len(entries)
        acts = [
            entry(
                type_,
                Act(opinion="o", reason="r"),
                position=at + i,
                seq=1,
                device=30 + i,
                base=at,
                actor=APPROVER,
            )
            for i, type_ in enumerate((first, second), 1)
        ]
        folded = fold_case([*entries, *reversed(acts)])
        assert folded.state == ROW_BY_TYPE[first].to
        assert folded.history[-1][HISTORY_CODE] == Void.STATE


# --- two values -----------------------------------------------------------------------------------


def test_an_edit_that_saw_the_other_replaces_it() -> None:
    assert held([edit("a", position=2, base=1), edit("b", position=3, device=13, base=2)]) == ["b"]


def test_edits_that_did_not_see_each_other_stay_side_by_side() -> None:
    entries = [edit("a", position=2, base=1), edit("b", position=3, device=13, base=1)]
    assert held(entries) == ["a", "b"]
    assert conflicts(fold_case([RECEIVED, *entries])) == ["f:name"]
    chosen = edit("a", position=4, device=14, base=3)
    assert held([*entries, chosen]) == ["a"]
    half = edit("c", position=4, device=14, base=2)
    assert held([*entries, half]) == ["b", "c"]


def test_an_equal_value_makes_no_conflict() -> None:
    assert held([edit("a", position=2, base=1), edit("a", position=3, device=13, base=1)]) == ["a"]


def test_ones_own_earlier_value_is_always_seen() -> None:
    entries = [edit("a", position=2, base=1), edit("b", position=3, seq=3, base=1)]
    assert held(entries) == ["b"]


def test_unconfirmed_values_are_seen_only_by_name() -> None:
    mine = edit("a", device=12, base=1, ms=HUB_MS + 1)
    saw = edit("b", device=13, base=1, seen=[(12, 2)], ms=HUB_MS + 2)
    blind = edit("c", device=14, base=1, ms=HUB_MS + 3)
    assert held([mine, saw]) == ["b"]
    assert held([blind, saw, mine]) == ["b", "c"]


# --- oddities -------------------------------------------------------------------------------------


def raw(type_: str, body: object, position: int) -> Entry:
    head = [1, type_, STREAM, clock.pack(HUB_MS, position), CLERK, 1, [], body]
    return (position, 12, position, HUB_MS, msgspec.msgpack.encode(head))


def test_unknown_types_and_malformed_bodies_leave_a_mark_and_nothing_else() -> None:
    entries = [raw("case.later", {"x": 1}, 2), raw("case.accept", {"opinion": 1}, 3)]
    folded = fold_case([RECEIVED, *entries, entry("case.accept", Act(), position=4, seq=4)])
    assert (folded.unknown, folded.state) == (2, "accepted")
    assert [row[HISTORY_EFFECT] for row in folded.history] == [
        "applied",
        "unknown",
        "unknown",
        "applied",
    ]


def test_another_familys_event_is_void() -> None:
    account = entry("account.set", AccountSet("u", "n", []), position=2, seq=2)
    assert fold_case([RECEIVED, account]).history[-1][HISTORY_CODE] == Void.STATE


def test_a_case_number_is_given_once() -> None:
    folded = fold_case(
        [
            RECEIVED,
            entry("case.number", Numbered("N1"), position=2, device=1, seq=1),
            entry("case.number", Numbered("N2"), position=3, device=1, seq=2),
        ]
    )
    assert folded.case_no == "N1"
    assert folded.history[-1][HISTORY_CODE] == Void.STATE


def test_a_stored_photo_is_marked_whether_it_was_named_before_or_not() -> None:
    for name in ("p1", "never named"):
        stored = AttachmentStored(digest(name), 7, "image/png")
        folded = fold_case([RECEIVED, entry("case.attachment", stored, position=2, device=1)])
        assert folded.attachments[digest(name).hex()][2] is True
    assert fold_case([RECEIVED]).attachments[digest("p1").hex()] == (198_311, "image/jpeg", False)


def test_the_empty_case() -> None:
    empty = fold_case([])
    assert (empty.state, empty.item, empty.history) == ("draft", None, [])
    assert decode_state(state_bytes(empty)) == empty


def test_an_entry_without_its_bytes_is_refused() -> None:
    with pytest.raises(ValueError, match="without its bytes"):
        fold_case([(1, 12, 1, HUB_MS, None)])


@pytest.mark.parametrize("vector", fold_vectors(), ids=lambda vector: str(vector["name"]))
def test_a_state_survives_its_bytes(vector: dict[str, object]) -> None:
    data = bytes.fromhex(str(vector["state"]))
    assert state_bytes(decode_state(data)) == data
    assert state_bytes(copy_state(decode_state(data))) == data


# --- invariant 3: the same events, the same state --------------------------------------------------


@given(st.integers(0, 10**9))
def test_the_order_of_arrival_does_not_matter(seed: int) -> None:
    rng = random.Random(seed)
    entries = history(rng)
    expected = state_bytes(fold_case(entries))
    rng.shuffle(entries)
    assert state_bytes(fold_case(entries)) == expected


@given(st.integers(0, 10**9), st.integers(0, 40))
def test_folding_on_from_stored_bytes_is_the_same_as_folding_at_once(seed: int, cut: int) -> None:
    entries = sorted(e for e in history(random.Random(seed)) if e[0])
    state = decode_state(state_bytes(fold_case(entries[:cut])))
    for late in entries[cut:]:
        apply(state, source_of(late))
    assert state_bytes(state) == state_bytes(fold_case(entries))


@given(st.integers(0, 10**9))
def test_no_value_is_overwritten_by_someone_who_had_not_seen_it(seed: int) -> None:
    entries = sorted(e for e in history(random.Random(seed)) if e[0])
    state = CaseState()
    for late in entries:
        before = copy_state(state)
        source = source_of(late)
        apply(state, source)
        for key, holders in before.values.items():
            kept = {(holder[2], holder[3]) for holder in state.values[key]}
            for value, position, device, seq in holders:
                saw = (
                    device == source.device
                    or position <= source.head.base
                    or (device, seq) in source.head.seen
                )
                assert saw or (device, seq) in kept, (key, value)
