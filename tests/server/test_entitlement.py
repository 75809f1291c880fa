"""Only the entitled read: random work at every point, and every reader held to a ten-line oracle."""

import os
import random

import pytest

from server.flows.account import set_password
from server.flows.batch import Batch
from server.flows.console import Overview, create_code, overview, revoke_device
from server.flows.enrol import MadeCode
from server.flows.fetch import Fetched, fetch
from server.flows.hub import Hub, new_stream
from server.flows.read_feed import Asked, PageFrame, Pages, RightsChanged
from server.flows.reader import Reader, find_reader, renew
from server.flows.refusals import Code, Refusal
from server.flows.verify import verify
from sync.event import AccountSet, Applicant, Receive, Role, decode_head
from sync.feed import start
from tests.server.conftest import Still
from tests.server.inside import (
    HERE,
    PASSWORD,
    case_types,
    enrol_tablet,
    item,
    push,
    read_all,
    sign_in_console,
    sign_in_on,
)
from tests.server.tablet import Tablet

CLERKS = {
    "HALL": "dating.shouli1",
    "INCU": "fuhua.shouli",
    "JZ": "jiuzhan.shouli",
    "SJ": "shuangji.shouli",
}
ISSUING = {"HALL": "dating.chujian", "INCU": "fuhua.chujian", "JZ": "jiuzhan.chujian"}
READERS = [
    ("HALL", "dating.shouli2"), ("JZ", "jiuzhan.shouli"), ("JZ", "dating.shouli2"), ("INCU", "fuhua.chujian"),
    ("HALL", "shijian.shencha"), ("SJ", "shijian.zhishou"), ("HALL", "guizi.shencha"), ("HALL", "yongyin"),
    ("HALL", "jiancha"), ("HALL", "daoban"), ("HALL", "xitong"), ("JZ", "dating.guanli"),
]  # fmt: skip
ITEMS = ["SCJG-001", "ZWJ-001", "ZRGH-001", "JSJ-001"]


def may_read(reader: Reader, points: set[str], dept: str) -> bool:
    """The oracle: section 7 of the protocol in ten lines; `points`: where it lies or was fetched to."""
    for role in reader.body.roles:
        if role.point not in {"", reader.point}:
            continue
        if role.role in {"window_clerk", "issuing_clerk"} and (
            not role.point or role.point in points
        ):
            return True
        if role.role in {"reviewer", "approver", "organ_head", "seal_keeper"} and role.dept in {
            "",
            dept,
        }:
            return True
        if role.role == "supervisor":
            return True
    return False


@pytest.mark.parametrize("seed", range(4))
def test_nobody_reads_what_is_not_theirs(still: Still, seed: int) -> None:
    chance = random.Random(seed)
    hub = still.hub
    opened: dict[bytes, tuple[set[str], str]] = {}
    for point, username in CLERKS.items():
        tablet = enrol_tablet(hub, point)
        clerk = sign_in_on(hub, tablet, username).account
        for _ in range(chance.randint(1, 6)):
            kind = item(hub, chance.choice(ITEMS))
            stream = tablet.receive(kind, clerk, ms=still.wall.ms)
            opened[stream] = ({point}, kind.dept)
            if chance.random() < 0.5:
                tablet.act("case.accept", stream, clerk, ms=still.wall.ms)
        push(hub, tablet.push())
    for stream in chance.sample(sorted(opened), min(3, len(opened))):
        point = chance.choice(list(ISSUING))
        issuing = sign_in_on(hub, enrol_tablet(hub, point), ISSUING[point])
        assert isinstance(fetch(hub, issuing, receipt_of(hub, stream), "领取", HERE), Fetched)
        opened[stream][0].add(point)
    assert verify(hub).difference is None
    pages = Pages(hub)
    for point, username in chance.sample(READERS, len(READERS)):
        tablet = enrol_tablet(hub, point)
        reader = sign_in_on(hub, tablet, username)
        read = read_all(pages, reader, tablet.number)
        streams = {
            head.stream for event in read if (head := decode_head(event)).type.startswith("case.")
        }
        assert streams == {s for s, place in opened.items() if may_read(reader, *place)}, username
        assert not any(decode_head(event).type == "grant.issue" for event in read)


def test_after_a_revocation_nothing_more_is_read(still: Still) -> None:
    hub, tablet = still.hub, enrol_tablet(still.hub)
    reader = sign_in_on(hub, tablet, "dating.shouli1")
    admin = sign_in_console(hub, "xitong")
    pages = Pages(hub)
    assert isinstance(
        pages.next([Asked(start("zone"), tablet.number, reader.access, even_empty=True)])[0],
        PageFrame,
    )
    revoke_device(hub, admin, tablet.number, "丢失")
    after = pages.next([Asked(start("zone"), tablet.number, reader.access, even_empty=True)])[0]
    assert after == RightsChanged()
    assert renew(hub, reader) is None


@pytest.mark.parametrize("username", ["jiancha", "shenji"])
def test_who_only_watches_enrols_and_revokes_nothing(still: Still, username: str) -> None:
    hub, tablet = still.hub, enrol_tablet(still.hub)
    watcher = sign_in_console(hub, username)
    seen = overview(hub, watcher)
    assert isinstance(seen, Overview)
    assert len(seen.points) == 4
    refused = Refusal(Code.NOT_ENTITLED)
    assert create_code(hub, watcher, "HALL", "tablet") == refused
    assert revoke_device(hub, watcher, tablet.number, "丢失") == refused


@pytest.mark.parametrize("username", ["dating.guanli", "duijie"])
def test_who_may_read_no_case_makes_no_relay_that_would(still: Still, username: str) -> None:
    """A relay reads its whole point with a key that its maker holds."""
    hub = still.hub
    manager = sign_in_console(hub, username)
    assert "point:HALL" not in manager.feeds
    assert create_code(hub, manager, "HALL", "relay") == Refusal(Code.NOT_ENTITLED)
    assert isinstance(create_code(hub, manager, "HALL", "tablet"), MadeCode)
    assert isinstance(create_code(hub, sign_in_console(hub, "xitong"), "HALL", "relay"), MadeCode)


def test_a_role_that_ends_ends_reading(still: Still) -> None:
    hub, tablet = still.hub, enrol_tablet(still.hub)
    reader = sign_in_on(hub, tablet, "dating.shouli1")
    assert "point:HALL" in reader.feeds
    with hub.store.read() as tx:
        later = find_reader(tx, reader.token_hash, reader.until_ms)
    assert later is None


def test_pages_are_shared_but_never_with_their_author(still: Still) -> None:
    """One encoding for all who wrote nothing of it; the author's own page has no bytes of theirs."""
    hub = still.hub
    author, first, second = (enrol_tablet(hub) for _ in range(3))
    clerk = sign_in_on(hub, author, "dating.shouli1")
    author.receive(item(hub), clerk.account, ms=still.wall.ms)
    push(hub, author.push())
    pages = Pages(hub)
    with hub.store.read() as tx:
        access = tx.zone.get().access

    def page(number: int) -> PageFrame:
        found = pages.next([Asked(start("point:HALL"), number, access, even_empty=True)])[0]
        assert isinstance(found, PageFrame)
        return found

    assert page(first.number) is page(second.number)
    own = page(author.number)
    assert [entry[4] for entry in own.page.entries] == [None]
    assert page(first.number) is page(second.number), "the author's page was not kept"


def test_a_case_that_moves_to_another_point_brings_its_history(still: Still) -> None:
    """Submitted at one point, received at another: the second point reads it from its first event."""
    hub = still.hub
    applicant = make_applicant(still)
    hall, jiuzhan = enrol_tablet(hub, "HALL"), enrol_tablet(hub, "JZ")
    person = sign_in_on(hub, hall, "shenqingren").account
    hall_clerk = sign_in_on(hub, hall, "dating.shouli1").account
    clerk = sign_in_on(hub, jiuzhan, "jiuzhan.shouli")
    ms = still.wall.ms
    assert person == applicant
    stream = new_stream(ms, os.urandom)
    facts = item(hub)
    body = Receive(
        facts.facts, "HALL", facts.dept, Applicant("李四", "idcard", "440524188001010014"), {}, [],
        person=person.hex(),
    )  # fmt: skip
    hall.write("case.submit_online", stream, person, body, ms=ms)
    hall.act("case.prereview_pass", stream, hall_clerk, ms=ms)
    assert push(hub, hall.push()) == ["ok", "ok"]
    pages = Pages(hub)
    assert case_types(pages, clerk, jiuzhan.number) == []
    jiuzhan.receive(facts, clerk.account, ms=ms, stream=stream, person=person.hex())
    assert push(hub, jiuzhan.push()) == ["ok"]
    history = ["case.submit_online", "case.prereview_pass", "case.receive"]
    assert case_types(pages, clerk, 0) == history
    with hub.store.read() as tx:
        reader = find_reader(tx, sign_in_on_again(hub, hall), still.wall.ms)
    assert reader is not None
    assert case_types(pages, reader, 0) == history, "the applicant reads it as well"
    assert verify(hub).difference is None


def receipt_of(hub: Hub, stream: bytes) -> str:
    with hub.store.read() as tx:
        row = tx.cases.find(stream)
    assert row is not None
    return row.receipt_no


def make_applicant(still: Still) -> bytes:
    """An account of an applicant, as the hub writes it."""
    hub = still.hub
    stream = new_stream(still.wall.ms, os.urandom)
    with hub.store.write() as tx:
        batch = Batch(hub, tx)
        batch.author("account.set", stream, AccountSet("shenqingren", "李四", [Role("applicant")]))
        batch.close()
    assert set_password(hub, "shenqingren", PASSWORD) is None
    return stream


def sign_in_on_again(hub: Hub, tablet: Tablet) -> bytes:
    return sign_in_on(hub, tablet, "shenqingren").token_hash
