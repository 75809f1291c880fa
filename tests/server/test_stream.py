"""The stream over a real hub: enrol, sign in, push, read, by HTTP and by WebSocket."""

from collections.abc import Callable

from sync.errors import Fault, Verdict
from sync.feed import Cursor, Taken, start, take_page
from sync.limits import PRINT_BYTES
from sync.messages import (
    Ack,
    Compare,
    FaultMessage,
    Page,
    Ping,
    Pong,
    Prints,
    Subscribe,
    Welcome,
)
from sync.repair import answered, begin, found, question
from sync.replica import Replica
from tests.server.client import Client, only

NewDevice = Callable[..., Client]
CLERK, REVIEWER = "dating.shouli1", "shijian.shencha"
ITEM = "SCJG-001"


def test_a_case_goes_up_and_comes_down_elsewhere(new_device: NewDevice) -> None:
    clerk, other = new_device("HALL", CLERK), new_device("HALL", "dating.shouli2")
    stream = clerk.tablet.receive(clerk.item(ITEM), clerk.account, ms=clerk.now_ms)
    ack = clerk.push()
    assert isinstance(ack, Ack)
    assert [run.code for run in ack.runs] == [Verdict.OK]
    pages = other.pull("point:HALL")
    events = [entry[4] for page in pages for entry in page.entries]
    assert clerk.tablet.events[0] in events
    own = clerk.pull("point:HALL")
    entries = [entry for page in own for entry in page.entries if entry[1] == clerk.tablet.number]
    assert [entry[4] for entry in entries] == [None], "the author holds the bytes"
    assert stream


def test_a_page_chains_to_the_signed_head(new_device: NewDevice) -> None:
    client = new_device("HALL", CLERK)
    cursor = start("zone")
    for page in client.pull("zone"):
        taken = take_page(cursor, page, client.tablet.number, lambda _: None)
        assert isinstance(taken, Taken)
        cursor = taken.cursor
    assert cursor.n >= 230


def test_a_socket_hears_of_a_case_at_once(new_device: NewDevice) -> None:
    clerk, other = new_device("HALL", CLERK), new_device("HALL", "dating.shouli2")
    with other.socket() as line:
        line.say(other.hello())
        welcome = line.hear_until(Welcome)
        head = next(head for head in welcome.feeds if head.feed == "point:HALL")
        line.say(Subscribe("point:HALL", head.n, head.hash))
        assert line.hear_until(Page).entries == []
        clerk.tablet.receive(clerk.item(ITEM), clerk.account, ms=clerk.now_ms)
        with clerk.socket() as pushing:
            pushing.say(clerk.hello(), clerk.tablet.push())
            assert [run.code for run in pushing.hear_until(Ack).runs] == [Verdict.OK]
        page = line.hear_until(Page)
        assert [entry[4] for entry in page.entries] == clerk.tablet.events
        line.say(Ping(7))
        assert line.hear_until(Pong).token == 7


def test_a_reader_of_another_history_is_told_where_it_parts(new_device: NewDevice) -> None:
    clerk = new_device("HALL", CLERK)
    replica = Replica(clerk.tablet.number)
    for page in clerk.pull("zone"):
        taken = replica.check(page, lambda _: None)
        assert isinstance(taken, Taken)
        replica.accept(taken)
    theirs = replica.chain("zone")
    ours = [*theirs[:200], *(bytes([i]) * 32 for i in range(40))]
    parted, search = Cursor("zone", len(ours) - 1, ours[-1]), begin("zone", ours)
    assert only(clerk.exchange(parted.subscribe()), FaultMessage).code == Fault.FEED_HASH
    with clerk.socket() as line:
        line.say(clerk.hello())
        line.hear_until(Welcome)
        while (asked := question(search)) is not None:
            line.say(asked)
            told = line.hear_until(Prints)
            assert only(clerk.exchange(asked), Prints) == told, "over HTTP the same"
            search = answered(search, told)
    assert found(search) == Cursor("zone", 199, theirs[199])
    past = clerk.exchange(Compare("zone", len(theirs) - 3, 1, 9))
    assert only(past, Prints).prints == theirs[-2][:PRINT_BYTES] + theirs[-1][:PRINT_BYTES]
    for feed in ("point:JZ", "nothing"):
        turned = only(clerk.exchange(Compare(feed, 0, 1, 1)), FaultMessage)
        assert (turned.code, turned.about) == (Fault.FEED_NOT_ENTITLED, feed)


def test_the_back_office_reads_its_department_only(new_device: NewDevice) -> None:
    reviewer = new_device("HALL", REVIEWER)
    welcome = only(reviewer.exchange(), Welcome)
    assert [head.feed for head in welcome.feeds] == ["dept:SCJG", "zone"]
