"""A case of another point, fetched by its number: read there from then on, on record, and by nobody else."""

from collections.abc import Callable

import pytest

from server.flows.attachments import read_attachment, store_attachment
from server.flows.console import revoke_device
from server.flows.fetch import Fetched, fetch
from server.flows.hub import Hub
from server.flows.read_feed import Pages
from server.flows.reader import Reader
from server.flows.refusals import Code, Refusal
from server.flows.verify import verify
from sync.event import Fetch, decode_body, decode_head
from sync.fold import CaseState, decode_state
from sync.messages import Ack, Page, Subscribe
from sync.number import make_receipt_number
from tests.server.client import Client
from tests.server.conftest import Still
from tests.server.inside import (
    HERE,
    case_types,
    enrol_tablet,
    item,
    push,
    read_all,
    sign_in_console,
    sign_in_on,
)
from tests.server.tablet import DATE, Tablet
from tests.server.test_photos import photo_of, picture

REASON = "申请人在本点位领取结果"
NOT_FOUND, NOT_ENTITLED = Refusal(Code.FETCH_NOT_FOUND), Refusal(Code.NOT_ENTITLED)


def take_in(still: Still, tablet: Tablet, username: str = "jiuzhan.shouli") -> tuple[bytes, Reader]:
    """A case received at the tablet's point; its clerk reads there."""
    clerk = sign_in_on(still.hub, tablet, username)
    stream = tablet.receive(item(still.hub), clerk.account, ms=still.wall.ms)
    assert push(still.hub, tablet.push(tablet.last_seq)) == ["ok"]
    return stream, clerk


def state_of(hub: Hub, stream: bytes) -> CaseState:
    with hub.store.read() as tx:
        row = tx.cases.find(stream)
    assert row is not None
    return decode_state(row.fold)


def carry_on(still: Still, tablet: Tablet, stream: bytes, *acts: tuple[str, str]) -> None:
    """Acts by these people on one tablet, all taken."""
    first = tablet.last_seq + 1
    for username, type_ in acts:
        person = sign_in_on(still.hub, tablet, username)
        parts = {"opinion": "同意", "reason": "理由", "recipient": "张三", "manner": "in_person"}
        still.wall.ms += 1
        tablet.act(type_, stream, person.account, ms=still.wall.ms, **parts)
    assert set(push(still.hub, tablet.push(first))) == {"ok"}


def test_a_fetched_case_is_read_from_its_beginning_and_goes_on(either: Still) -> None:
    hub, home, away = either.hub, enrol_tablet(either.hub, "JZ"), enrol_tablet(either.hub, "HALL")
    stream, _ = take_in(either, home)
    issuing = sign_in_on(hub, away, "dating.chujian")
    number = state_of(hub, stream).receipt_no
    pages = Pages(hub)
    assert case_types(pages, issuing, away.number) == []

    done = fetch(hub, issuing, number, f" {REASON} ", HERE)
    assert isinstance(done, Fetched)
    assert done.stream == stream
    assert done.growth.feeds == {"point:JZ", "point:HALL", "dept:SCJG"}
    assert case_types(pages, issuing, away.number) == ["case.receive", "case.fetch"]
    read = [decode_head(event) for event in read_all(pages, issuing, away.number)]
    head = next(one for one in read if one.type == "case.fetch")
    assert (head.actor, head.stream) == (issuing.account, stream)
    assert decode_body(head) == Fetch("HALL", REASON, away.number)
    assert state_of(hub, stream).history[-1][7:] == ("applied", "", "received", "received", REASON)

    # Once more, as somebody else types it: the same answer, and nothing is written.
    again = fetch(hub, issuing, number.lower().replace("-", " "), REASON, HERE)
    assert isinstance(again, Fetched)
    assert (again.stream, again.growth.feeds) == (stream, frozenset())

    # What happens at home comes along, and the result is handed out here.
    carry_on(either, home, stream, ("shijian.shencha", "case.accept"),
             ("shijian.zhishou", "case.assign_review"), ("shijian.shencha", "case.review_opinion"),
             ("shijian.zhishou", "case.approve"), ("yongyin", "case.seal_and_make"))  # fmt: skip
    carry_on(either, away, stream, ("dating.chujian", "case.deliver"))
    assert state_of(hub, stream).state == "delivered"
    assert case_types(pages, issuing, 0)[-1] == "case.deliver"
    assert verify(hub).difference is None


def test_an_official_number_fetches_as_well(either: Still) -> None:
    hub, home, away = either.hub, enrol_tablet(either.hub, "JZ"), enrol_tablet(either.hub, "HALL")
    stream, _ = take_in(either, home)
    carry_on(either, home, stream, ("shijian.shencha", "case.accept"))
    case_no = state_of(hub, stream).case_no
    assert case_no
    issuing = sign_in_on(hub, away, "dating.chujian")
    done = fetch(hub, issuing, f"{case_no[:18]} {case_no[18:]}".lower(), REASON, HERE)
    assert isinstance(done, Fetched)
    assert done.stream == stream


def test_only_that_case_and_only_that_point(still: Still) -> None:
    hub, home, away = still.hub, enrol_tablet(still.hub, "JZ"), enrol_tablet(still.hub, "HALL")
    stream, _ = take_in(still, home)
    other, _ = take_in(still, home)
    issuing = sign_in_on(hub, away, "dating.chujian")
    assert isinstance(fetch(hub, issuing, state_of(hub, stream).receipt_no, REASON, HERE), Fetched)
    read = {decode_head(event).stream for event in read_all(Pages(hub), issuing, 0)}
    assert stream in read
    assert other not in read
    elsewhere = sign_in_on(hub, enrol_tablet(hub, "SJ"), "shuangji.chujian")
    assert case_types(Pages(hub), elsewhere, 0) == []


def test_photographs_come_along(still: Still) -> None:
    hub, home, away = still.hub, enrol_tablet(still.hub, "JZ"), enrol_tablet(still.hub, "HALL")
    clerk = sign_in_on(hub, home, "jiuzhan.shouli")
    content = picture()
    photo = photo_of(content)
    stream = home.receive(item(hub), clerk.account, ms=still.wall.ms, photos=[photo])
    push(hub, home.push())
    store_attachment(hub, home.number, photo.sha256, content)
    issuing = sign_in_on(hub, away, "dating.chujian")
    assert read_attachment(hub, photo.sha256, issuing) == Refusal(Code.NOT_FOUND)
    fetch(hub, issuing, state_of(hub, stream).receipt_no, REASON, HERE)
    assert not isinstance(read_attachment(hub, photo.sha256, issuing), Refusal)


@pytest.mark.parametrize(
    ("point", "username"),
    [("HALL", "dating.shouli1"), ("HALL", "shijian.shencha"), ("HALL", "jiancha"),
     ("HALL", "xitong"), ("SJ", "dating.chujian")],
)  # fmt: skip
def test_who_acts_at_one_point_alone_fetches_nothing(
    still: Still, point: str, username: str
) -> None:
    stream, _ = take_in(still, enrol_tablet(still.hub, "JZ"))
    reader = sign_in_on(still.hub, enrol_tablet(still.hub, point), username)
    number = state_of(still.hub, stream).receipt_no
    assert fetch(still.hub, reader, number, REASON, HERE) == NOT_ENTITLED


def test_a_browser_that_is_no_device_fetches_nothing(still: Still) -> None:
    stream, _ = take_in(still, enrol_tablet(still.hub, "JZ"))
    issuing = sign_in_console(still.hub, "dating.chujian")
    number = state_of(still.hub, stream).receipt_no
    assert fetch(still.hub, issuing, number, REASON, HERE) == NOT_ENTITLED


def test_a_right_that_was_withdrawn_meanwhile_counts(still: Still) -> None:
    hub, away = still.hub, enrol_tablet(still.hub)
    stream, _ = take_in(still, enrol_tablet(hub, "JZ"))
    issuing = sign_in_on(hub, away, "dating.chujian")
    revoke_device(hub, sign_in_console(hub, "xitong"), away.number, "丢失")
    before = state_of(hub, stream)
    assert fetch(hub, issuing, before.receipt_no, REASON, HERE) == NOT_ENTITLED
    assert state_of(hub, stream) == before


def test_nothing_is_fetched_without_a_reason(still: Still) -> None:
    stream, _ = take_in(still, enrol_tablet(still.hub, "JZ"))
    issuing = sign_in_on(still.hub, enrol_tablet(still.hub), "dating.chujian")
    number = state_of(still.hub, stream).receipt_no
    assert fetch(still.hub, issuing, number, " ", HERE) == Refusal(Code.BAD_REQUEST)


def test_guessing_is_slowed_down_and_a_hit_forgives_nothing(either: Still) -> None:
    hub = either.hub
    stream, _ = take_in(either, enrol_tablet(hub, "JZ"))
    issuing = sign_in_on(hub, enrol_tablet(hub), "dating.chujian")
    number = state_of(hub, stream).receipt_no
    for wrong in ["", "JK", "0" * 43, "'; --", "\x00", number[:-1], "9" * 100, "一", "-", " "]:
        assert fetch(hub, issuing, wrong, REASON, HERE) == NOT_FOUND
        if wrong == "一":
            assert isinstance(fetch(hub, issuing, number, REASON, HERE), Fetched)
    slow = fetch(hub, issuing, number, REASON, HERE)
    assert slow == Refusal(Code.SLOW_DOWN, {"seconds": 1})
    either.wall.ms += 1_000
    assert isinstance(fetch(hub, issuing, number, REASON, HERE), Fetched)


def test_over_the_wire_the_page_comes_to_who_reads_the_point(
    new_device: Callable[..., Client],
) -> None:
    home, away = new_device("JZ", "jiuzhan.shouli"), new_device("HALL", "dating.chujian")
    neighbour = new_device("HALL", "dating.shouli1")
    stream = home.tablet.receive(home.item("SCJG-001"), home.account, ms=home.now_ms)
    assert isinstance(home.push(), Ack)
    number = f"JK-JZ-{home.tablet.number}"
    refused = away.call("POST", "/api/fetch", json={"number": number, "reason": REASON})
    assert (refused.status_code, refused.json()["code"]) == (404, "fetch-not-found")
    cut = away.call("POST", "/api/fetch", json={"number": number, "reason": "长" * 201})
    assert (cut.status_code, cut.json()["code"]) == (400, "bad-request")
    end = neighbour.pull("point:HALL")[-1]
    with neighbour.socket() as socket:
        socket.say(
            neighbour.hello(), Subscribe("point:HALL", end.after + len(end.entries), end.hash)
        )
        receipt = make_receipt_number("JZ", home.tablet.number, DATE, 1)
        ask = {"number": receipt, "reason": REASON}
        answer = away.call("POST", "/api/fetch", json=ask)
        assert (answer.status_code, answer.json()) == (200, {"case": stream.hex()})
        page = socket.hear_until(Page)
        while not page.entries:
            page = socket.hear_until(Page)
    types = [decode_head(entry[4] or b"").type for entry in page.entries]
    assert types == ["case.receive", "case.fetch"]
    nobody = away.http.post("/api/fetch", json=ask)
    assert (nobody.status_code, nobody.json()["code"]) == (401, "session-expired")
