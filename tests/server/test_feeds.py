"""What enters which feed, entry for entry: dispatch, a move to another point and department, an applicant, a fetch."""

import os
from typing import Any

from server.flows.fetch import Fetched, fetch
from server.flows.hub import Hub, new_stream
from server.flows.verify import verify
from sync.event import Applicant, Receive, decode_head
from tests.server.conftest import Still
from tests.server.inside import HERE, enrol_tablet, item, push, sign_in_on
from tests.server.tablet import Tablet
from tests.server.test_entitlement import make_applicant, receipt_of

TWO_ORGANS = "STREET-001"
PARTS: dict[str, Any] = {
    "opinion": "同意",
    "reason": "理由",
    "recipient": "张三",
    "manner": "in_person",
}


def feeds_with(hub: Hub, stream: bytes) -> dict[str, tuple[str, ...]]:
    """The types of a stream's events in every feed that has it, in the feed's order."""
    found: dict[str, tuple[str, ...]] = {}
    with hub.store.read() as tx:
        for feed in tx.feeds.all():
            for row in tx.feeds.page(feed.id, 0, 10_000, 1 << 30):
                head = decode_head(row.event)
                if head.stream == stream:
                    type_ = head.type.removeprefix("case.")
                    found[feed.name] = (*found.get(feed.name, ()), type_)
    return found


def act(still: Still, tablet: Tablet, stream: bytes, username: str, type_: str) -> None:
    person = sign_in_on(still.hub, tablet, username)
    still.wall.ms += 1
    tablet.act(type_, stream, person.account, ms=still.wall.ms, **PARTS)
    assert push(still.hub, tablet.push(tablet.last_seq)) == ["ok"]


def test_a_case_is_its_departments_from_its_receipt_and_a_dispatch_repeats_nothing(
    either: Still,
) -> None:
    hub, tablet = either.hub, enrol_tablet(either.hub, "JZ")
    clerk = sign_in_on(hub, tablet, "jiuzhan.shouli")
    stream = tablet.receive(item(hub), clerk.account, ms=either.wall.ms)
    push(hub, tablet.push())
    both = {"point:JZ", "dept:SCJG"}
    assert feeds_with(hub, stream) == dict.fromkeys(both, ("receive",))
    act(either, tablet, stream, "shijian.shencha", "case.accept")
    act(either, tablet, stream, "shijian.zhishou", "case.assign_review")
    types = ("receive", "accept", "number", "assign_review")
    assert feeds_with(hub, stream) == dict.fromkeys(both, types)
    assert verify(hub).difference is None


def test_a_case_that_moves_takes_its_history_along_and_leaves_nobody_behind(either: Still) -> None:
    """Submitted for one point and department, received at and for others, and then fetched by a third."""
    hub = either.hub
    person = make_applicant(either)
    hall, jiuzhan = enrol_tablet(hub, "HALL"), enrol_tablet(hub, "JZ")
    sign_in_on(hub, hall, "shenqingren")
    first, second = item(hub, TWO_ORGANS, 0), item(hub, TWO_ORGANS, 1)
    assert first.dept != second.dept
    stream = new_stream(either.wall.ms, os.urandom)
    body = Receive(
        first.facts, "HALL", first.dept, Applicant("李四", "idcard", "440524188001010014"), {}, [],
        person=person.hex(),
    )  # fmt: skip
    hall.write("case.submit_online", stream, person, body, ms=either.wall.ms)
    assert push(hub, hall.push()) == ["ok"]
    before = {"point:HALL", f"dept:{first.dept}", f"person:{person.hex()}"}
    assert feeds_with(hub, stream) == dict.fromkeys(before, ("submit_online",))
    act(either, hall, stream, "dating.shouli1", "case.prereview_pass")
    clerk = sign_in_on(hub, jiuzhan, "jiuzhan.shouli")
    jiuzhan.receive(second, clerk.account, ms=either.wall.ms, stream=stream)
    assert push(hub, jiuzhan.push()) == ["ok"]
    all_of_it = ("submit_online", "prereview_pass", "receive")
    after = before | {"point:JZ", f"dept:{second.dept}"}
    assert feeds_with(hub, stream) == dict.fromkeys(after, all_of_it)
    issuing = sign_in_on(hub, enrol_tablet(hub, "INCU"), "fuhua.chujian")
    for _ in range(2):
        assert isinstance(fetch(hub, issuing, receipt_of(hub, stream), "查询", HERE), Fetched)
    everywhere = after | {"point:INCU"}
    assert feeds_with(hub, stream) == dict.fromkeys(everywhere, (*all_of_it, "fetch"))
    # The point that it left decides nothing in it any more, though it still reads.
    gone = sign_in_on(hub, hall, "dating.shouli1")
    hall.act("case.refuse_acceptance", stream, gone.account, ms=either.wall.ms, reason="理由")
    assert push(hub, hall.push(hall.last_seq)) == ["not-entitled"]
    assert feeds_with(hub, stream) == dict.fromkeys(everywhere, (*all_of_it, "fetch"))
    assert verify(hub).difference is None


def test_a_transfer_gives_the_case_to_another_point_with_all_that_it_was(either: Still) -> None:
    hub = either.hub
    jiuzhan, hall = enrol_tablet(hub, "JZ"), enrol_tablet(hub, "HALL")
    clerk = sign_in_on(hub, jiuzhan, "jiuzhan.shouli")
    stream = jiuzhan.receive(item(hub, "ZWJ-001"), clerk.account, ms=either.wall.ms)
    assert push(hub, jiuzhan.push()) == ["ok"]
    dept = next(name for name in feeds_with(hub, stream) if name.startswith("dept:"))

    def transfer(point: str) -> list[str]:
        either.wall.ms += 1
        jiuzhan.act(
            "case.transfer",
            stream,
            clerk.account,
            ms=either.wall.ms,
            reason="申请人搬家",
            point=point,
        )
        return push(hub, jiuzhan.push(jiuzhan.last_seq))

    assert transfer("MARS") == ["catalogue-mismatch"]
    assert transfer("HALL") == ["ok"]
    both = dict.fromkeys(["point:JZ", dept, "point:HALL"], ("receive", "transfer"))
    assert feeds_with(hub, stream) == both
    # Now it is the other point's to carry on.
    assert transfer("JZ") == ["not-entitled"]
    act(either, hall, stream, "dating.shouli1", "case.accept")
    after = ("receive", "transfer", "accept", "number")
    assert feeds_with(hub, stream) == dict.fromkeys(both, after)
    assert verify(hub).difference is None


def test_an_applicant_named_at_the_window_reads_the_case_from_its_beginning(either: Still) -> None:
    """And may do there what the applicant may."""
    hub = either.hub
    person = make_applicant(either)
    tablet = enrol_tablet(hub, "JZ")
    clerk = sign_in_on(hub, tablet, "jiuzhan.shouli")
    stream = tablet.receive(item(hub), clerk.account, ms=either.wall.ms, person=person.hex())
    assert push(hub, tablet.push()) == ["ok"]
    sign_in_on(hub, tablet, "shenqingren")
    act(either, tablet, stream, "shenqingren", "case.withdraw")
    own = feeds_with(hub, stream)[f"person:{person.hex()}"]
    assert own == ("receive", "withdraw")
