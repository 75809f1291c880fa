"""Rights that change while somebody reads: nothing of a feed leaves the hub after its right was withdrawn."""

from collections.abc import Callable

import msgspec
import pytest

from server.flows.batch import Batch
from server.flows.console import revoke_device
from server.flows.follow import Followed, follow
from server.flows.hub import Hub
from server.flows.read_feed import Asked, PageFrame, Pages, RightsChanged
from server.flows.reader import Reader, renew
from sync.errors import Fault
from sync.event import AccountSet, Edit, Role
from sync.feed import Cursor, start
from sync.messages import Ack, FaultMessage, Page, Ping, Pong, Subscribe, Welcome
from tests.server.client import Client
from tests.server.conftest import Still
from tests.server.inside import HERE, enrol_tablet, item, push, sign_in_console, sign_in_on
from tests.server.tablet import Tablet

POINT = "point:HALL"
GUIDE = Role("guide", point="HALL")


def set_roles(hub: Hub, reader: Reader, *roles: Role, closed: bool = False) -> None:
    """The zone's files are loaded with other roles for this person."""
    with hub.store.write() as tx:
        batch = Batch(hub, tx)
        body = AccountSet(reader.body.username, reader.body.name, list(roles), closed)
        batch.author("account.set", reader.account, body)
        batch.close()


def take_in(still: Still, tablet: Tablet, clerk: Reader) -> None:
    tablet.receive(item(still.hub), clerk.account, ms=still.wall.ms)
    assert push(still.hub, tablet.push(tablet.last_seq)) == ["ok"]


def read_on(pages: Pages, reader: Reader, cursor: Cursor) -> Cursor | RightsChanged:
    """The next page, as the line asks for it with the rights that it knows."""
    asked = Asked(cursor, reader.device, reader.access, even_empty=True)
    page = pages.next([asked])[0]
    if isinstance(page, RightsChanged):
        return page
    assert isinstance(page, PageFrame)
    return Cursor(cursor.feed, cursor.n + len(page.page.entries), page.page.hash)


@pytest.mark.parametrize("verdict", ["not-entitled", "grant-expired"])
def test_what_was_refused_for_the_right_alone_a_colleague_writes_anew(
    either: Still, verdict: str
) -> None:
    """From the same tablet, into the same case, under the receipt number that was printed: once."""
    hub, tablet = either.hub, enrol_tablet(either.hub)
    author = sign_in_on(hub, tablet, "dating.shouli2")
    taken = {"item": item(hub), "receipt_no": tablet.next_receipt_no()}
    if verdict == "grant-expired":
        either.wall.ms += 73 * 3_600_000
    stream = tablet.receive(actor=author.account, ms=either.wall.ms, **taken)
    edit = Edit(fields={"businessScope": msgspec.Raw(msgspec.msgpack.encode("零售"))})
    tablet.write("case.edit", stream, author.account, edit, ms=either.wall.ms + 1)
    if verdict == "not-entitled":
        set_roles(hub, author, GUIDE)
    # Without its opening nobody is entitled in a case.
    assert push(hub, tablet.push())[0] == verdict
    assert set(push(hub, tablet.push())) <= {"not-entitled", "grant-expired"}
    assert not isinstance(follow(hub, taken["receipt_no"], "002X", HERE), Followed)

    colleague = sign_in_on(hub, tablet, "dating.shouli1")
    first = tablet.last_seq + 1
    ms = either.wall.ms + 2
    tablet.receive(actor=colleague.account, ms=ms, stream=stream, **taken)
    tablet.write("case.edit", stream, colleague.account, edit, ms=ms + 1)
    assert push(hub, tablet.push(first)) == ["ok", "ok"]
    told = follow(hub, taken["receipt_no"], "002X", HERE)
    assert isinstance(told, Followed)
    assert told.state == "received"
    # The number stands for this case from now on, and for no other.
    last = tablet.last_seq + 1
    tablet.receive(actor=colleague.account, ms=ms + 2, **taken)
    assert push(hub, tablet.push(last)) == ["receipt-invalid"]


@pytest.mark.parametrize("way", ["role", "closed", "device"])
def test_the_next_page_is_not_read_with_the_rights_of_before(either: Still, way: str) -> None:
    hub, tablet, other = either.hub, enrol_tablet(either.hub), enrol_tablet(either.hub)
    clerk = sign_in_on(hub, tablet, "dating.shouli1")
    reader = sign_in_on(hub, other, "dating.shouli2")
    admin = sign_in_console(hub, "xitong")
    take_in(either, tablet, clerk)
    pages = Pages(hub)
    reader = renew(hub, reader) or reader
    cursor = read_on(pages, reader, start(POINT))
    assert isinstance(cursor, Cursor)
    assert cursor.n > 0
    take_in(either, tablet, clerk)
    match way:
        case "role":
            set_roles(hub, reader, GUIDE)
        case "closed":
            set_roles(hub, reader, *reader.body.roles, closed=True)
        case _:
            revoke_device(hub, admin, other.number, "丢失")
    assert read_on(pages, reader, cursor) == RightsChanged()
    assert read_on(pages, reader, start(POINT)) == RightsChanged(), "nor one that is kept"
    left = renew(hub, reader)
    assert left is None if way != "role" else left is not None and left.feeds == {"zone"}
    with hub.store.read() as tx:
        # The clerk beside goes on as before.
        access = tx.zone.get().access
    assert isinstance(read_on(pages, renew(hub, clerk) or clerk, cursor), Cursor)
    assert access > reader.access


def test_a_role_over_again_ends_what_it_let_read(either: Still) -> None:
    """A role for a span, such as one of the duty roster's."""
    hub, tablet = either.hub, enrol_tablet(either.hub)
    reader = sign_in_on(hub, tablet, "shijian.zhishou")
    day = either.wall.ms + 1_000
    set_roles(hub, reader, Role("approver", dept="SCJG", from_ms=day, until_ms=day + 1_000))
    readable = []
    for either.wall.ms in (day - 1, day, day + 1_000, day + 1_001):
        reader = renew(hub, reader) or reader
        readable.append("dept:SCJG" in reader.feeds)
    assert readable == [False, True, True, False]


NewDevice = Callable[..., Client]


def roles_by(admin: Client, account: bytes, username: str, *roles: Role) -> None:
    """An administrator writes a person's roles on a device."""
    admin.tablet.write(
        "account.set", account, admin.account, AccountSet(username, username, list(roles)),
        ms=admin.now_ms,
    )  # fmt: skip
    ack = admin.push(admin.tablet.push(admin.tablet.last_seq))
    assert isinstance(ack, Ack)
    assert [run.code for run in ack.runs] == ["ok"]


def take_in_over_the_wire(clerk: Client) -> bytes:
    clerk.tablet.receive(clerk.item("SCJG-001"), clerk.account, ms=clerk.now_ms)
    assert isinstance(clerk.push(clerk.tablet.push(clerk.tablet.last_seq)), Ack)
    return clerk.tablet.events[-1]


def test_an_open_socket_is_told_and_hears_no_more(new_device: NewDevice) -> None:
    """Withdrawn while the socket reads; then given again, which the next welcome says."""
    clerk, admin = new_device("SJ", "shuangji.shouli"), new_device("HALL", "xitong")
    reader = new_device("SJ", "shuangji.chujian")
    name = "point:SJ"
    with reader.socket() as line:
        line.say(reader.hello(), Subscribe(name, 0, start(name).hash))
        take_in_over_the_wire(clerk)
        while not line.hear_until(Page).entries:
            pass
        roles_by(admin, reader.account, "shuangji.chujian", Role("guide", point="SJ"))
        later = take_in_over_the_wire(clerk)
        told = line.hear_until(FaultMessage)
        assert (told.code, told.about) == (Fault.FEED_NOT_ENTITLED, name)
        line.say(Subscribe(name, 0, start(name).hash), Ping(7))
        heard = [line.hear(), line.hear()]
        assert [getattr(one, "code", "") for one in heard] == [Fault.FEED_NOT_ENTITLED, ""]
        assert isinstance(heard[1], Pong)
        # As every device does.
        line.say(Subscribe("zone", 0, start("zone").hash))
        back = Role("issuing_clerk", point="SJ")
        roles_by(admin, reader.account, "shuangji.chujian", back)
        assert line.ended() == "rights-grown"
    with reader.socket() as line:
        line.say(reader.hello(), Subscribe(name, 0, start(name).hash))
        assert name in [head.feed for head in line.hear_until(Welcome).feeds]
        events = [entry[4] for entry in line.hear_until(Page).entries]
        assert later in events
