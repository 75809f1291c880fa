"""The hub's rules: every verdict, every reason to wait, where events go and who reads them."""

from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import Struct

from sync import clock
from sync.errors import Parked, Verdict
from sync.event import (
    AccountSet,
    Act,
    Edit,
    Fetch,
    GrantIssue,
    Missing,
    Numbered,
    Receive,
    Record,
    Role,
    decode_head,
    encode_event,
)
from sync.fold import CaseState
from sync.ledger import (
    AccountFacts,
    DeviceFacts,
    Known,
    PublishedItem,
    Span,
    StreamFacts,
    examine,
    family_of,
    feeds_of,
    holds_role,
    judge,
    judged_at_ms,
    keep_time,
    may_act,
    may_fetch,
    park_reason,
    readable_feeds,
)
from sync.lifecycle import LIFECYCLE, ROW_BY_TYPE
from sync.limits import EVENT_BYTES_MAX
from sync.number import make_receipt_number
from sync.vectors_wire import ITEM
from tests.sync.cases import CLERK, FULL_ACT, HUB_MS, RECEIVE, STREAM, received

TABLET = DeviceFacts(12, "tablet", "HALL")
HUB = DeviceFacts(1, "hub", "")
GRANT = Span(HUB_MS - 1000, HUB_MS + 1000)
RECEIPT_NO = make_receipt_number("HALL", 12, "20261123", 1)
GOOD = msgspec.structs.replace(RECEIVE, receipt_no=RECEIPT_NO)
NONE_YET = StreamFacts()
A_CASE = StreamFacts("case", received())


def account(*roles: Role, grants: list[Span] | None = None, closed: bool = False) -> AccountFacts:
    return AccountFacts(CLERK, list(roles), [GRANT] if grants is None else grants, closed)


WINDOW = account(Role("window_clerk", point="HALL"))


class Office:
    """Registers with one published item and one receipt number given."""

    def __init__(self, receipts: dict[str, bytes] | None = None) -> None:
        self.receipts = receipts or {}

    def find_item(self, item_id: str, version: str) -> PublishedItem | None:
        if (item_id, version) != (ITEM.id, ITEM.version):
            return None
        return PublishedItem(
            ITEM.id, ITEM.version, "01", "instant", ITEM.mode, frozenset({(ITEM.code, "SCJG")})
        )

    def find_receipt(self, receipt_no: str) -> bytes | None:
        return self.receipts.get(receipt_no)

    def has_point(self, point: str) -> bool:
        return point in {"HALL", "JZ"}


AN_ITEM = {
    name: msgspec.Raw(msgspec.msgpack.encode(value))
    for name, value in {
        "id": "I",
        "version": "1",
        "itemTypeCode": "01",
        "caseType": "instant",
        "acceptanceMode": "full",
        "implementations": [{"orgId": "SCJG", "implementationCode": "1"}],
    }.items()
}


def verdict(
    type_: str,
    body: Struct,
    *,
    device: DeviceFacts = TABLET,
    by: AccountFacts | None = WINDOW,
    stream: StreamFacts = A_CASE,
    office: Office | None = None,
    at_ms: int = HUB_MS,
) -> Verdict:
    actor = b"" if device.kind == "hub" and by is None else CLERK
    event = encode_event(type_, STREAM, clock.pack(at_ms, 0), actor, 0, [], body)
    known = examine(event, device.number)
    assert isinstance(known, Known)
    return judge(known, device, by, stream, office or Office(), at_ms)


def receipt(**changes: object) -> Receive:
    return msgspec.structs.replace(GOOD, **changes)


# --- known ----------------------------------------------------------------------------------------


def raw(*parts: object) -> bytes:
    return msgspec.msgpack.encode(list(parts))


HEAD: tuple[object, ...] = (1, "case.accept", STREAM, bytes(8), CLERK, 0, [])


@pytest.mark.parametrize(
    ("event", "code"),
    [
        (b"", Verdict.MALFORMED),
        (b"<html>", Verdict.MALFORMED),
        (raw(*HEAD[:7]), Verdict.MALFORMED),
        (raw(*HEAD, {"opinion": 1}), Verdict.MALFORMED),
        (raw(*HEAD[:4], b"123", 0, [], {}), Verdict.MALFORMED),
        (raw(*HEAD[:6], [(12, 9)], {}), Verdict.MALFORMED),
        (raw(*HEAD[:6], [(2, i) for i in range(257)], {}), Verdict.MALFORMED),
        (raw(1, "case.later", *HEAD[2:], {}), Verdict.UNKNOWN_TYPE),
        (raw(2, *HEAD[1:], {}), Verdict.UNKNOWN_TYPE),
        (raw(*HEAD, {"opinion": ""}) + bytes(EVENT_BYTES_MAX), Verdict.OVERSIZED),
    ],
)
def test_what_cannot_be_judged_has_its_verdict_at_once(event: bytes, code: Verdict) -> None:
    assert examine(event, 12) is code


def test_naming_another_in_seen_is_fine() -> None:
    assert isinstance(examine(raw(*HEAD[:6], [(13, 9)], {}), 12), Known)


@given(st.integers(1, 2**48 - 1), st.integers(0, 2**16 - 1))
def test_an_events_time_goes_past_all_before_it_in_its_log(ms: int, counter: int) -> None:
    hlc = clock.pack(ms, counter)
    known = examine(encode_event("case.accept", STREAM, hlc, CLERK, 0, [], Act()), 12)
    assert isinstance(known, Known)
    assert keep_time(known, clock.ZERO) is known
    assert keep_time(known, (int.from_bytes(hlc) - 1).to_bytes(8)) is known
    assert keep_time(known, hlc) is Verdict.CLOCK_BACK
    assert keep_time(known, clock.tick(hlc, 0)) is Verdict.CLOCK_BACK


def test_what_cannot_be_judged_has_no_time_to_be_held_against() -> None:
    assert keep_time(Verdict.MALFORMED, b"\xff" * 8) is Verdict.MALFORMED


# --- parked ---------------------------------------------------------------------------------------


class Ledger:
    def __init__(
        self,
        *,
        streams: set[bytes] | None = None,
        events: set[tuple[int, int]] | None = None,
        parked: set[int] | None = None,
        refused: set[tuple[int, int]] | None = None,
        out: set[int] | None = None,
    ) -> None:
        self.streams, self.events, self.parked = streams or set(), events or set(), parked or set()
        self.refused, self.out = refused or set(), out or set()

    def has_stream(self, stream: bytes) -> bool:
        return stream in self.streams

    def refused_openings(self, stream: bytes) -> set[tuple[int, int]]:
        return self.refused if stream == STREAM else set()

    def has_event(self, device: int, seq: int) -> bool:
        return (device, seq) in self.events

    def in_service(self, device: int) -> bool:
        return device not in self.out

    def has_parked(self, device: int, stream: bytes, before_seq: int) -> bool:
        assert (device, stream) == (12, STREAM)
        return any(seq < before_seq for seq in self.parked)


@pytest.mark.parametrize(
    ("type_", "body", "ledger", "reason"),
    [
        ("case.accept", Act(), Ledger(), Parked.STREAM_MISSING),
        ("case.edit", Edit(), Ledger(), Parked.STREAM_MISSING),
        ("case.accept", Act(), Ledger(streams={STREAM}), Parked.CAUSE_MISSING),
        ("case.receive", GOOD, Ledger(), Parked.CAUSE_MISSING),
        ("case.receive", GOOD, Ledger(out={7}), None),
        ("case.receive", GOOD, Ledger(out={8, 12}), Parked.CAUSE_MISSING),
        ("case.receive", GOOD, Ledger(events={(7, 7)}, parked={4}), Parked.BEHIND_PARKED),
        ("case.accept", Act(), Ledger(streams={STREAM}, events={(7, 7)}, parked={6}), None),
        ("case.receive", GOOD, Ledger(events={(7, 7)}), None),
        # A refused opening is one for whoever built on it: the author's own, or one in `seen`.
        ("case.accept", Act(), Ledger(events={(7, 7)}, refused={(12, 4)}), None),
        ("case.accept", Act(), Ledger(events={(7, 7)}, refused={(7, 7)}), None),
        ("case.accept", Act(), Ledger(events={(7, 7)}, refused={(12, 6)}), Parked.STREAM_MISSING),
        ("case.accept", Act(), Ledger(events={(7, 7)}, refused={(7, 8)}), Parked.STREAM_MISSING),
    ],
)
def test_an_event_waits_for_its_stream_its_causes_and_its_elders(
    type_: str, body: Struct, ledger: Ledger, reason: Parked | None
) -> None:
    head = decode_head(encode_event(type_, STREAM, bytes(8), CLERK, 0, [(7, 7)], body))
    assert park_reason(head, 12, 5, ledger) is reason


# --- verdicts -------------------------------------------------------------------------------------


def test_a_clerks_receipt_is_ok() -> None:
    assert verdict("case.receive", GOOD, stream=NONE_YET) is Verdict.OK


def test_a_revoked_device_is_refused_whatever_it_writes() -> None:
    revoked = msgspec.structs.replace(TABLET, revoked=True)
    assert verdict("case.receive", GOOD, device=revoked, stream=NONE_YET) is Verdict.DEVICE_REVOKED


@pytest.mark.parametrize(
    ("grants", "at_ms", "code"),
    [
        ([], HUB_MS, Verdict.GRANT_EXPIRED),
        ([GRANT], HUB_MS + 1001, Verdict.GRANT_EXPIRED),
        ([GRANT], HUB_MS - 1001, Verdict.GRANT_EXPIRED),
        ([GRANT], HUB_MS + 1000, Verdict.OK),
        ([Span(0, 1), GRANT], HUB_MS - 1000, Verdict.OK),
    ],
)
def test_a_grant_must_span_the_moment(grants: list[Span], at_ms: int, code: Verdict) -> None:
    by = account(Role("window_clerk", point="HALL"), grants=grants)
    assert verdict("case.accept", Act(), by=by, at_ms=at_ms) is code


def test_a_time_yet_to_come_is_judged_now() -> None:
    head = decode_head(
        encode_event("case.accept", STREAM, clock.pack(HUB_MS + 9, 0), b"", 0, [], Act())
    )
    assert judged_at_ms(head, HUB_MS) == HUB_MS
    assert judged_at_ms(head, HUB_MS + 99) == HUB_MS + 9


@pytest.mark.parametrize(
    "by",
    [
        None,
        account(),
        account(Role("window_clerk", point="HALL"), closed=True),
        account(Role("window_clerk", point="JZ")),
        account(Role("window_clerk", point="HALL", until_ms=HUB_MS - 1)),
        account(Role("window_clerk", point="HALL", from_ms=HUB_MS + 1)),
        account(Role("reviewer", dept="SBJ")),
        account(Role("approver", dept="SCJG")),
        account(Role("supervisor")),
    ],
    ids=["nobody", "no role", "closed", "other point", "past", "to come", "dept", "role", "reader"],
)
def test_who_holds_no_fitting_role_is_not_entitled(by: AccountFacts | None) -> None:
    assert verdict("case.accept", Act(), by=by) is Verdict.NOT_ENTITLED


@pytest.mark.parametrize(
    "role",
    [
        Role("window_clerk", point="HALL"),
        Role("window_clerk"),
        Role("reviewer", dept="SCJG"),
        Role("reviewer"),
        Role("reviewer", dept="SCJG", from_ms=HUB_MS, until_ms=HUB_MS),
    ],
)
def test_who_holds_one_is_entitled(role: Role) -> None:
    assert verdict("case.accept", Act(), by=account(role)) is Verdict.OK


def test_a_role_at_a_point_counts_only_on_its_devices() -> None:
    elsewhere = DeviceFacts(12, "tablet", "JZ")
    assert verdict("case.accept", Act(), device=elsewhere) is Verdict.NOT_ENTITLED


def test_the_items_acceptance_mode_narrows_a_role() -> None:
    state = received()
    assert state.item is not None
    state.item = msgspec.structs.replace(state.item, mode="comprehensive_receive_back_accept")
    behind = StreamFacts("case", state)
    assert verdict("case.accept", Act(), stream=behind) is Verdict.NOT_ENTITLED
    reviewer = account(Role("reviewer", dept="SCJG"))
    assert verdict("case.accept", Act(), by=reviewer, stream=behind) is Verdict.OK
    direct = StreamFacts("case", received())
    spot = verdict("case.decide_on_the_spot", FULL_ACT, stream=direct)
    assert spot is Verdict.NOT_ENTITLED, "own_window_unified is not among the modes"


def test_only_the_applicant_withdraws_a_case_of_theirs() -> None:
    state = received()
    state.person = CLERK.hex()
    own = StreamFacts("case", state)
    applicant = account(Role("applicant"))
    assert verdict("case.withdraw", Act(), by=applicant, stream=own) is Verdict.OK
    assert verdict("case.withdraw", Act(), by=applicant) is Verdict.NOT_ENTITLED
    assert verdict("case.withdraw", Act(), stream=own) is Verdict.NOT_ENTITLED


@pytest.mark.parametrize(
    ("type_", "body"),
    [
        ("case.number", Numbered("N")),
        ("case.fetch", Fetch("JZ", "领取", 21)),
        ("grant.issue", GrantIssue(12, 0, 1)),
        ("case.deem_accepted", Act()),
    ],
)
def test_what_only_the_hub_writes(type_: str, body: Struct) -> None:
    stream = A_CASE if type_.startswith("case.") else StreamFacts("account")
    everyone = account(*(Role(role) for role in ("window_clerk", "system", "sys_admin")))
    assert verdict(type_, body, by=everyone, stream=stream) is Verdict.NOT_ENTITLED
    assert verdict(type_, body, device=HUB, by=None, stream=stream) is Verdict.OK


def test_the_hub_itself_takes_no_persons_decision() -> None:
    for type_ in ("case.approve", "case.accept", "case.edit"):
        body = Edit() if type_ == "case.edit" else FULL_ACT
        assert verdict(type_, body, device=HUB, by=None) is Verdict.NOT_ENTITLED
    assert verdict("case.archive", Act(), device=HUB, by=None) is Verdict.OK


@pytest.mark.parametrize(
    ("type_", "body", "role"),
    [
        ("point.set", Record("HALL", {}), "catalogue_admin"),
        ("item.publish", Record("I", AN_ITEM), "catalogue_admin"),
        ("account.set", AccountSet("u", "n", []), "sys_admin"),
        ("account.set", AccountSet("u", "n", []), "security_admin"),
    ],
)
def test_administrators_write_records(type_: str, body: Struct, role: str) -> None:
    assert verdict(type_, body, by=account(Role(role)), stream=NONE_YET) is Verdict.OK
    assert verdict(type_, body, stream=NONE_YET) is Verdict.NOT_ENTITLED
    admin = account(Role(role))
    assert verdict(type_, body, device=HUB, by=admin, stream=NONE_YET) is Verdict.OK
    assert verdict(type_, body, device=HUB, by=None, stream=NONE_YET) is Verdict.OK


def test_a_case_is_transferred_to_a_point_that_there_is() -> None:
    def to(point: str, by: AccountFacts = WINDOW) -> Verdict:
        return verdict("case.transfer", Act(reason="r", point=point), by=by)

    assert to("JZ") is Verdict.OK
    assert to("MARS") is Verdict.CATALOGUE_MISMATCH
    assert to("") is Verdict.ACT_INCOMPLETE
    assert to("JZ", account(Role("reviewer", dept="SCJG"))) is Verdict.NOT_ENTITLED
    assert to("HALL", account(Role("window_clerk", point="JZ"))) is Verdict.NOT_ENTITLED


@pytest.mark.parametrize(
    ("until", "expected"),
    [
        ("", Verdict.OK),
        ("2026-12-07", Verdict.OK),
        ("2028-02-29", Verdict.OK),
        ("2026-02-29", Verdict.ACT_INCOMPLETE),
        ("20261207", Verdict.ACT_INCOMPLETE),
        ("2026-W50-1", Verdict.ACT_INCOMPLETE),
        ("２０２６-12-07", Verdict.ACT_INCOMPLETE),
        ("2026-12-07\n", Verdict.ACT_INCOMPLETE),
        ("五个工作日", Verdict.ACT_INCOMPLETE),
    ],
)
def test_a_correction_is_asked_for_by_a_day_of_the_calendar(until: str, expected: Verdict) -> None:
    asked = Act(missing=[Missing("material", "M1", "缺签字页")], until=until)
    assert verdict("case.request_correction", asked, by=WINDOW) is expected


def test_a_stream_belongs_to_one_family() -> None:
    admin = account(Role("sys_admin"))
    body = AccountSet("u", "n", [])
    assert verdict("account.set", body, by=admin, stream=A_CASE) is Verdict.NOT_ENTITLED
    records = StreamFacts("point")
    assert verdict("case.receive", GOOD, stream=records) is Verdict.NOT_ENTITLED
    assert family_of("grant.issue") == "account"


def test_a_stream_whose_opening_was_refused_lies_nowhere() -> None:
    everywhere = account(Role("window_clerk"), Role("reviewer"))
    assert verdict("case.accept", Act(), by=everywhere, stream=NONE_YET) is Verdict.NOT_ENTITLED


@pytest.mark.parametrize("type_", [t for t, row in ROW_BY_TYPE.items() if row.needs])
def test_an_act_without_what_it_needs_is_incomplete(type_: str) -> None:
    row = ROW_BY_TYPE[type_]
    roles = [Role(asked.role) for asked in row.roles]
    missing = [
        msgspec.structs.replace(FULL_ACT, **{need: type(getattr(FULL_ACT, need))()})
        for need in row.needs
    ]
    state = received()
    assert state.item is not None
    state.item = msgspec.structs.replace(state.item, mode="comprehensive_direct")
    for body in missing:
        answer = verdict(type_, body, by=account(*roles), stream=StreamFacts("case", state))
        assert answer is Verdict.ACT_INCOMPLETE


@pytest.mark.parametrize(
    "change",
    [
        {"item": msgspec.structs.replace(ITEM, id="SCJG-999")},
        {"item": msgspec.structs.replace(ITEM, version="0")},
        {"item": msgspec.structs.replace(ITEM, code="1" * 31)},
        {"item": msgspec.structs.replace(ITEM, type_code="20")},
        {"item": msgspec.structs.replace(ITEM, case_type="commitment")},
        {"item": msgspec.structs.replace(ITEM, mode="comprehensive_direct")},
        {"dept": "SBJ"},
    ],
)
def test_a_receipt_says_what_was_published(change: dict[str, object]) -> None:
    answer = verdict("case.receive", receipt(**change), stream=NONE_YET)
    assert answer is Verdict.CATALOGUE_MISMATCH


@pytest.mark.parametrize(
    "number",
    [
        "",
        "JK-1",
        RECEIPT_NO.lower(),
        make_receipt_number("JZ", 12, "20261123", 1),
        make_receipt_number("HALL", 13, "20261123", 1),
        RECEIPT_NO[:-1] + ("A" if RECEIPT_NO[-1] != "A" else "B"),
    ],
)
def test_a_receipt_number_is_the_devices_own(number: str) -> None:
    answer = verdict("case.receive", receipt(receipt_no=number), stream=NONE_YET)
    assert answer is Verdict.RECEIPT_INVALID


def test_a_receipt_number_is_given_to_one_case() -> None:
    given, other = Office({RECEIPT_NO: STREAM}), Office({RECEIPT_NO: bytes(16)})
    assert verdict("case.receive", GOOD, stream=NONE_YET, office=given) is Verdict.OK
    answer = verdict("case.receive", GOOD, stream=NONE_YET, office=other)
    assert answer is Verdict.RECEIPT_INVALID


def test_a_submission_says_what_was_published_and_has_no_receipt_number() -> None:
    applicant = account(Role("applicant"))
    mine = receipt(person=CLERK.hex(), receipt_no="")
    cases = [
        (mine, Verdict.OK),
        (msgspec.structs.replace(mine, receipt_no=RECEIPT_NO), Verdict.RECEIPT_INVALID),
        (msgspec.structs.replace(mine, dept="SBJ"), Verdict.CATALOGUE_MISMATCH),
        (msgspec.structs.replace(mine, person=""), Verdict.NOT_ENTITLED),
    ]
    for body, code in cases:
        assert verdict("case.submit_online", body, by=applicant, stream=NONE_YET) is code


def test_every_verdict_has_been_seen_above() -> None:
    """A code without a test here is a code without a meaning."""
    source = Path(__file__).read_text(encoding="utf-8")
    assert all(f"Verdict.{code.name}" in source for code in Verdict)
    assert all(f"Parked.{code.name}" in source for code in Parked)


# --- feeds ----------------------------------------------------------------------------------------


def test_where_streams_go() -> None:
    state = received()
    assert feeds_of("case.accept", state) == ("point:HALL", "dept:SCJG")
    state.person = CLERK.hex()
    assert feeds_of("case.accept", state)[-1] == f"person:{CLERK.hex()}"
    assert feeds_of("item.publish", None) == ("zone",)
    assert feeds_of("device.revoke", None) == ("zone",)
    assert feeds_of("grant.issue", None) == ()
    assert feeds_of("case.edit", None) == ()
    fetched = feeds_of("case.fetch", state, Fetch("JZ", "领取", 21))
    assert fetched == (*feeds_of("case.accept", state), "point:JZ")


def test_the_hub_fetches_in_a_persons_name() -> None:
    """It has asked for their rights; nothing else does it write for anybody."""
    clerk = account(Role("issuing_clerk", point="JZ"), grants=[])
    assert verdict("case.fetch", Fetch("JZ", "领取", 21), device=HUB, by=clerk) is Verdict.OK
    assert verdict("case.deliver", FULL_ACT, device=HUB, by=clerk) is Verdict.NOT_ENTITLED


def test_who_may_fetch_is_who_acts_anywhere() -> None:
    anywhere = {r.role for row in LIFECYCLE.transitions for r in row.roles if r.scope == "any"}
    for role in {r.role for row in LIFECYCLE.transitions for r in row.roles}:
        assert may_fetch([Role(role)], TABLET, HUB_MS) is (role in anywhere)
        assert not may_fetch([Role(role, point="JZ")], TABLET, HUB_MS), "held elsewhere"
        assert not may_fetch([Role(role)], HUB, HUB_MS), "at no point"
        assert not may_fetch([Role(role, until_ms=HUB_MS - 1)], TABLET, HUB_MS)


ROLES = [
    "window_clerk", "issuing_clerk", "reviewer", "approver", "organ_head", "seal_keeper",
    "supervisor", "applicant", "agent", "guide", "sys_admin",
]  # fmt: skip
POINTS, DEPTS = ["HALL", "JZ"], ["SCJG", "SBJ"]
held_roles = st.lists(
    st.builds(
        Role,
        st.sampled_from(ROLES),
        st.sampled_from(["", *POINTS]),
        st.sampled_from(["", *DEPTS]),
        st.sampled_from([0, HUB_MS, HUB_MS + 1]),
        st.sampled_from([0, HUB_MS - 1, HUB_MS]),
    ),
    max_size=4,
)


@given(held_roles, st.sampled_from(["", *POINTS]))
def test_reading_against_an_oracle(roles: list[Role], point: str) -> None:
    oracle = {"zone"}
    for r in roles:
        if r.from_ms > HUB_MS or (r.until_ms and r.until_ms < HUB_MS) or r.point not in {"", point}:
            continue
        for p in POINTS:
            if r.role == "supervisor" or (r.role.endswith("_clerk") and r.point in {"", p}):
                oracle.add(f"point:{p}")
        for d in DEPTS:
            of_dept = r.role in {"reviewer", "approver", "organ_head", "seal_keeper"}
            if r.role == "supervisor" or (of_dept and r.dept in {"", d}):
                oracle.add(f"dept:{d}")
        if r.role in {"applicant", "agent"}:
            oracle.add(f"person:{CLERK.hex()}")
    assert readable_feeds(CLERK, roles, point, POINTS, DEPTS, HUB_MS) == oracle


@given(held_roles, st.sampled_from(sorted(ROW_BY_TYPE)), st.sampled_from(["", *POINTS]))
def test_what_a_screen_offers_is_what_the_hub_takes(
    roles: list[Role], type_: str, point: str
) -> None:
    if type_ in {"case.receive", "case.submit_online"}:
        return
    device = DeviceFacts(12, "desk", point)
    now = [role for role in roles if holds_role(role, device, HUB_MS)]
    state: CaseState = received()
    offered = may_act(type_, now, state, CLERK, device)
    full = msgspec.structs.replace(FULL_ACT, missing=[])
    answer = verdict(type_, full, device=device, by=account(*roles))
    entitled = {Verdict.OK, Verdict.ACT_INCOMPLETE}
    assert offered == (answer in entitled)
