"""The console's pages of a device, of a feed and of what is held where, by the hub's flows."""

from pathlib import Path

import pytest

from server.flows.backup import back_up
from server.flows.branches import Branch, BranchCase
from server.flows.console import Overview, overview, revoke_device
from server.flows.enrol import Former, enrol, make_code
from server.flows.hub import Hub
from server.flows.problems import Cause, problems
from server.flows.refusals import Code, Refusal
from server.flows.report import give_challenge, keep_report
from server.flows.show_device import DevicePage, show_device
from server.flows.show_replicas import FeedPage, Replicas, show_feed, show_replicas
from sync import chain
from sync.event import Edit
from sync.feed import Cursor, start
from sync.messages import FaultMessage, Hello, Parted, ReadTo, Standing, encode_standing
from tests.server.conftest import Still
from tests.server.inside import HERE, enrol_tablet, item, push, sign_in_console, sign_in_on
from tests.server.tablet import Tablet

ADMIN, MANAGER, CLERK = "xitong", "dating.guanli", "dating.shouli1"


def cursor_at(hub: Hub, name: str, n: int | None = None) -> Cursor:
    """A true replica's cursor, `n` entries into a feed; None: at its end."""
    with hub.store.read() as tx:
        feed = tx.feeds.find(name)
        assert feed is not None
        if n == 0:
            return start(name)
        at = feed.n if n is None else n
        hash_ = tx.feeds.hash_at(feed.id, at)
    assert hash_ is not None
    return Cursor(name, at, hash_)


def report(
    still: Still,
    tablet: Tablet,
    *reads: Cursor,
    last: int | None = None,
    known: int = 0,
    epoch: int = 1,
    parted: list[Parted] | None = None,
) -> None:
    """Have a tablet report where it stands; its log ends where it does unless said otherwise."""
    hub, end = still.hub, tablet.last_seq if last is None else last
    said = [ReadTo(read.feed, read.n, read.hash) for read in reads]
    stand = Standing(end, max(end, known), epoch, said, "best-effort", 40, 50, parted or [])
    standing = encode_standing(stand)
    challenge = give_challenge(hub, tablet.number, still.wall.ms)
    signed = tablet.report(challenge, 0, 0, 2, still.wall.ms, standing)
    hello = Hello(1, 1, hub.zone, tablet.number, b"", "0.1.0", 0, bytes(32), [])
    assert keep_report(hub, hello, signed, b"") is None


def page_of(hub: Hub, tablet: Tablet, username: str = ADMIN) -> DevicePage:
    page = show_device(hub, sign_in_console(hub, username), tablet.number)
    assert isinstance(page, DevicePage)
    return page


def replicas_of(hub: Hub, username: str = ADMIN) -> Replicas:
    page = show_replicas(hub, sign_in_console(hub, username))
    assert isinstance(page, Replicas)
    return page


def feed_of(hub: Hub, name: str) -> FeedPage:
    page = show_feed(hub, sign_in_console(hub, ADMIN), name)
    assert isinstance(page, FeedPage)
    return page


def overview_of(hub: Hub) -> Overview:
    page = overview(hub, sign_in_console(hub, ADMIN))
    assert isinstance(page, Overview)
    return page


# --- replicas ---------------------------------------------------------------------------------------


def test_a_replica_agrees_lags_or_differs(still: Still) -> None:
    hub, zone = still.hub, cursor_at(still.hub, "zone")
    states = {
        "same": zone,
        "behind": cursor_at(hub, "zone", zone.n - 3),
        "differs": Cursor("zone", zone.n - 3, bytes(32)),
        "ahead": Cursor("zone", zone.n + 90, zone.hash),
    }
    tablets = {state: enrol_tablet(hub) for state in states}
    # Enrolment grows the zone's feed: the head is asked for again.
    end = cursor_at(hub, "zone")
    states["same"] = end
    for state, tablet in tablets.items():
        report(still, tablet, states[state])
    told = {one.device: one for one in feed_of(hub, "zone").readers}
    assert {told[tablet.number].state: state for state, tablet in tablets.items()} == {
        state: state for state in states
    }
    shown = feed_of(hub, "zone").feed
    assert (shown.n, shown.hash, shown.readers) == (end.n, end.hash.hex(), 4)
    assert (shown.behind, shown.differs) == (1, 2)
    replicas = {one.device: one for one in replicas_of(hub).replicas}
    assert replicas[tablets["behind"].number].behind == end.n - zone.n + 3
    assert [replicas[tablets[state].number].differs for state in states] == [0, 0, 1, 1]
    assert overview_of(hub).differing == 2
    # Who is out of service reads nothing any more, and differs for nobody to mend.
    revoked = revoke_device(
        hub, sign_in_console(hub, ADMIN), tablets["differs"].number, "as a test has it"
    )
    assert not isinstance(revoked, Refusal)
    assert overview_of(hub).differing == feed_of(hub, "zone").feed.differs == 1


def test_no_feed_is_called_what_a_database_cannot_keep(either: Still) -> None:
    reader = sign_in_console(either.hub, ADMIN)
    assert show_feed(either.hub, reader, "point:\0") == Refusal(Code.NOT_FOUND)


def test_nothing_read_yet_is_late_and_no_difference(still: Still) -> None:
    tablet = enrol_tablet(still.hub)
    report(still, tablet, start("zone"), start("point:NOWHERE"))
    states = {one.feed: one.state for one in page_of(still.hub, tablet).readings}
    assert states == {"zone": "behind", "point:NOWHERE": "same"}


def test_where_a_copy_was_another_is_named(still: Still) -> None:
    tablet, other = enrol_tablet(still.hub), enrol_tablet(still.hub)
    end = cursor_at(still.hub, "zone")
    parted = [Parted("zone", end.n - 2, still.wall.ms), Parted("point:NOWHERE", 3, 4)]
    report(still, tablet, end, start("point:HALL"), parted=parted)
    report(still, other, end)
    said = {one.feed: (one.parted_n, one.parted_ms) for one in page_of(still.hub, tablet).readings}
    assert said == {"zone": (end.n - 2, still.wall.ms), "point:HALL": (0, 0)}
    readers = {one.device: one.parted_n for one in feed_of(still.hub, "zone").readers}
    assert readers == {tablet.number: end.n - 2, other.number: 0}


def test_who_does_not_say_what_it_reads_is_not_called_equal(still: Still) -> None:
    hub, tablet = still.hub, enrol_tablet(still.hub)
    one = next(one for one in replicas_of(hub).replicas if one.device == tablet.number)
    assert (one.reported, one.feeds) == (False, 0)
    assert page_of(hub, tablet).stand is None
    report(still, tablet, epoch=0)
    one = next(one for one in replicas_of(hub).replicas if one.device == tablet.number)
    assert (one.reported, one.old_epoch) == (True, True)


# --- what is lost -----------------------------------------------------------------------------------


def losses_of(hub: Hub, tablet: Tablet) -> list[tuple[str, int, int]]:
    listed = [one for one in replicas_of(hub).losses if one.device == tablet.number]
    assert listed == page_of(hub, tablet).losses
    return [(one.kind, one.first_seq, one.last_seq) for one in listed]


def worked(still: Still, tablet: Tablet, count: int) -> bytes:
    """A clerk takes in so many cases, of which the hub gets the first only."""
    clerk = sign_in_on(still.hub, tablet, CLERK).account
    for _ in range(count):
        tablet.receive(item(still.hub), clerk, ms=still.wall.ms)
    assert push(still.hub, tablet.push(1, 1)) == ["ok"]
    return clerk


def test_numbers_that_are_not_here_are_named_with_where_they_are(still: Still) -> None:
    hub, tablet = still.hub, enrol_tablet(still.hub)
    worked(still, tablet, 5)
    assert losses_of(hub, tablet) == [], "it has not said that there is more"
    report(still, tablet)
    assert losses_of(hub, tablet) == [("unsent", 2, 5)]
    assert overview_of(hub).lost == 0
    # Its storage was set back, once behind what the hub holds and once not so far.
    report(still, tablet, last=0, known=5)
    assert losses_of(hub, tablet) == [("set-back", 2, 5)]
    report(still, tablet, last=3, known=5)
    assert losses_of(hub, tablet) == [("unsent", 2, 3), ("set-back", 4, 5)]
    assert overview_of(hub).lost == 1
    report(still, tablet)
    assert push(hub, tablet.push(2)) == ["ok"] * 4
    assert losses_of(hub, tablet) == []


def test_what_a_revoked_device_had_left_is_lost_with_it(still: Still) -> None:
    hub, tablet = still.hub, enrol_tablet(still.hub)
    worked(still, tablet, 3)
    report(still, tablet)
    assert not isinstance(
        revoke_device(hub, sign_in_console(hub, ADMIN), tablet.number, "丢失"), Refusal
    )
    assert losses_of(hub, tablet) == [("revoked", 2, 3)]
    assert [one.device for one in replicas_of(hub).replicas if one.device == tablet.number] == []


def test_what_others_work_rests_on_is_named(still: Still) -> None:
    """As after a restore: the hub itself cannot know of it, but whoever had seen it does."""
    hub, lost, writer = still.hub, enrol_tablet(still.hub), enrol_tablet(still.hub)
    clerk = sign_in_on(hub, writer, CLERK).account
    stream = writer.receive(item(hub), clerk, ms=still.wall.ms)
    seen = [(lost.number, 7), (writer.number + 50, 2)]
    writer.write("case.edit", stream, clerk, Edit({"k": "v"}), ms=still.wall.ms, seen=seen)
    assert push(hub, writer.push()) == ["ok", "cause-missing"]
    assert losses_of(hub, lost) == [("awaited", 1, 7)]
    listed = problems(hub, sign_in_console(hub, ADMIN))
    assert not isinstance(listed, Refusal)
    (waiting,) = [one for one in listed if one.kind == "parked"]
    assert waiting.waits_for == [Cause(lost.number, "平板", 7), Cause(writer.number + 50, "", 2)]
    assert page_of(hub, writer).problems == [waiting]
    assert page_of(hub, writer).counts["parked"] == 1


def test_a_manager_is_not_told_which_device_of_another_point_has_it(still: Still) -> None:
    hub, writer = still.hub, enrol_tablet(still.hub)
    lost = [enrol_tablet(hub, "JZ") for _ in range(2)]
    beside = enrol_tablet(hub)
    clerk = sign_in_on(hub, writer, CLERK).account
    stream = writer.receive(item(hub), clerk, ms=still.wall.ms)
    seen = [(lost[0].number, 7), (lost[1].number, 9), (beside.number, 2)]
    writer.write("case.edit", stream, clerk, Edit({"k": "v"}), ms=still.wall.ms, seen=seen)
    assert push(hub, writer.push()) == ["ok", "cause-missing"]
    listed = problems(hub, sign_in_console(hub, MANAGER))
    assert not isinstance(listed, Refusal)
    (waiting,) = [one for one in listed if one.kind == "parked"]
    elsewhere = Cause(0, "", 0)
    assert waiting.waits_for == [elsewhere, Cause(beside.number, "平板", 2)]
    assert page_of(hub, writer, MANAGER).problems == [waiting]
    assert [one.device for one in page_of(hub, writer).problems[0].waits_for] == [
        one.number for one in (*lost, beside)
    ]


# --- a device ---------------------------------------------------------------------------------------


def test_a_devices_page_has_both_branches_and_what_it_reports(still: Still) -> None:
    hub, tablet = still.hub, enrol_tablet(still.hub)
    clerk = worked(still, tablet, 1)
    other = Tablet(key=tablet.key, number=tablet.number, zone=tablet.zone, point=tablet.point)
    theirs = []
    for number in ("JK-HALL-0002-20261123-8", "JK-HALL-0002-20261123-9"):
        stream = other.receive(item(hub), clerk, ms=still.wall.ms + 1, receipt_no=number)
        theirs.append((stream, number))
    # Nobody has looked into what a branch holds.
    other.write_bytes(b"\xc1")
    with pytest.raises(AssertionError) as refused:
        push(hub, other.push())
    assert isinstance(refused.value.args[0], FaultMessage)
    report(still, tablet, cursor_at(hub, "zone"))
    page = page_of(hub, tablet)
    mine = [BranchCase(stream.hex(), number, ["收件"], True, False) for stream, number in theirs]
    assert page.branches == [Branch(1, 3, still.wall.ms, mine, 2)]
    # Who brings one of them writes it anew, under another number.
    stream, number = theirs[0]
    bringer = enrol_tablet(hub)
    author = sign_in_on(hub, bringer, CLERK).account
    bringer.receive(item(hub), author, ms=still.wall.ms, stream=stream)
    assert push(hub, bringer.push()) == ["ok"]
    brought = page_of(hub, tablet).branches[0].cases
    assert [(one.receipt_no, one.here) for one in brought] == [
        (number, True),
        (theirs[1][1], False),
    ]
    assert (page.device.last_seq, page.counts["forked"]) == (1, 1)
    assert page.device.forked_ms > 0
    stand = page.stand
    assert stand is not None
    assert (stand.storage, stand.used_bytes, stand.quota_bytes) == ("best-effort", 40, 50)
    assert [one.state for one in page.readings] == ["same"]
    assert page.device.unsent_attachments == 2


# --- the backup -------------------------------------------------------------------------------------


def test_what_is_in_no_backup_is_counted_from_the_newest(still: Still, tmp_path: Path) -> None:
    hub, tablet = still.hub, enrol_tablet(still.hub)
    mark = replicas_of(hub).watermark
    assert mark is not None
    with hub.store.read() as tx:
        assert mark.unbacked == tx.zone.get().position
    assert (mark.taken_ms, mark.unbacked_since_ms > 0) == (0, True)
    taken_ms = still.wall.ms
    back_up(hub, tmp_path)
    mark = replicas_of(hub).watermark
    assert mark is not None
    assert (mark.taken_ms, mark.unbacked, mark.unbacked_since_ms) == (taken_ms, 0, 0)
    still.wall.ms += 5_000
    worked(still, tablet, 1)
    mark = replicas_of(hub).watermark
    assert mark is not None
    with hub.store.read() as tx:
        unsaved = [row for row in tx.ledger.walk(mark.position, 100) if row.type != "backup.made"]
    assert (mark.unbacked, mark.unbacked_since_ms) == (len(unsaved), unsaved[0].hub_ms)
    seen = overview_of(hub)
    assert (seen.unbacked, seen.backed_ms) == (mark.unbacked, taken_ms)


# --- who may look -----------------------------------------------------------------------------------


def test_a_points_manager_sees_what_is_of_that_point(still: Still) -> None:
    hub, own, other = still.hub, enrol_tablet(still.hub), enrol_tablet(still.hub, "INCU")
    worked(still, own, 1)
    for tablet in (own, other):
        report(still, tablet, cursor_at(hub, "zone"))
    manager = sign_in_console(hub, MANAGER)
    assert isinstance(show_device(hub, manager, own.number), DevicePage)
    assert show_device(hub, manager, other.number) == Refusal(Code.NOT_ENTITLED)
    shown = replicas_of(hub, MANAGER)
    assert shown.watermark is None
    assert {one.device for one in shown.replicas} == {own.number}
    assert [one.name for one in shown.feeds] == ["zone", "point:HALL"]
    page = show_feed(hub, manager, "zone")
    assert isinstance(page, FeedPage)
    assert [one.device for one in page.readers] == [own.number]
    assert show_feed(hub, manager, "dept:SCJG") == Refusal(Code.NOT_ENTITLED)


def test_who_has_no_business_here_is_refused(still: Still) -> None:
    hub, tablet = still.hub, enrol_tablet(still.hub)
    clerk, admin = sign_in_console(hub, CLERK), sign_in_console(hub, ADMIN)
    denied = Refusal(Code.NOT_ENTITLED)
    assert show_device(hub, clerk, tablet.number) == denied
    assert show_replicas(hub, clerk) == denied
    assert show_feed(hub, clerk, "zone") == denied
    assert show_device(hub, admin, 1) == Refusal(Code.DEVICE_UNKNOWN)
    assert show_device(hub, admin, 9_999) == Refusal(Code.DEVICE_UNKNOWN)
    assert show_feed(hub, admin, "point:NOWHERE") == Refusal(Code.NOT_FOUND)


def test_a_manager_is_not_told_which_number_a_device_has_at_another_point(still: Still) -> None:
    hub, old, new = still.hub, enrol_tablet(still.hub), Tablet()
    revoke_device(hub, sign_in_console(hub, ADMIN), old.number, "迁走")
    made = make_code(hub, "INCU", "tablet", b"")
    assert not isinstance(made, Refusal)
    vouched = old.key.sign(chain.succession_statement(hub.zone, old.number, new.key.public))
    done = enrol(
        hub, made.code, new.key.public, 1, "平板", HERE, former=Former(old.number, vouched)
    )
    assert not isinstance(done, Refusal)
    successors = [page_of(hub, old, who).successor for who in (ADMIN, MANAGER)]
    assert successors == [done.device, 0]
    assert page_of(hub, Tablet(number=done.device), ADMIN).former == [old.number]
