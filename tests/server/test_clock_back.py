"""Nobody writes into a time that is over: along a device's log the clock only grows, or the event is refused."""

import msgspec
import pytest

from server.flows.hub import Hub
from server.flows.ingest import ingest, read_push
from server.flows.rebuild import rebuild
from server.flows.verify import verify
from server.store.store import Transaction
from sync import clock
from sync.errors import Fault, Parked, Verdict
from sync.event import Edit, decode_head
from sync.limits import GRANT_MS
from sync.messages import FaultMessage
from tests.server.conftest import Still
from tests.server.inside import enrol_tablet, item, push, sign_in_on
from tests.server.tablet import Tablet

CLERK = "dating.shouli1"


def backdate(tablet: Tablet, ms: int) -> None:
    """What a tampered device does: its next event is written as of then."""
    tablet.hlc = clock.pack(ms, 0)


def hlc_here(hub: Hub, tablet: Tablet) -> bytes:
    with hub.store.read() as tx:
        return tx.devices.get(tablet.number).hlc


def test_an_old_grant_is_not_to_be_had_again(still: Still) -> None:
    hub, wall = still.hub, still.wall
    tablet = enrol_tablet(hub)
    clerk, begin = sign_in_on(hub, tablet, CLERK).account, wall.ms
    tablet.receive(item(hub), clerk, ms=begin)
    tablet.receive(item(hub), clerk, ms=begin + GRANT_MS + 9)
    latest = tablet.hlc
    backdate(tablet, begin + 1)
    tablet.receive(item(hub), clerk, ms=0)
    # Going on from the refused one would be going back all the same.
    tablet.receive(item(hub), clerk, ms=0)
    wall.ms = begin + 2 * GRANT_MS
    codes = push(hub, tablet.push())
    assert codes == [
        Verdict.OK, Verdict.GRANT_EXPIRED, Verdict.CLOCK_BACK, Verdict.CLOCK_BACK,
    ]  # fmt: skip
    assert hlc_here(hub, tablet) == latest
    assert push(hub, tablet.push()) == codes, "and pushing it again says the same"


def test_the_clock_is_kept_between_pushes_and_the_next_good_event_counts(still: Still) -> None:
    hub = still.hub
    tablet = enrol_tablet(hub)
    clerk, ms = sign_in_on(hub, tablet, CLERK).account, still.wall.ms
    tablet.receive(item(hub), clerk, ms=ms)
    push(hub, tablet.push())
    good = tablet.hlc
    tablet.write_bytes(tablet.events[-1])
    tablet.hlc = good
    tablet.receive(item(hub), clerk, ms=ms)
    assert push(hub, tablet.push(2)) == [Verdict.CLOCK_BACK, Verdict.OK]
    assert hlc_here(hub, tablet) == tablet.hlc == clock.tick(good, ms)


def test_what_cannot_be_read_breaks_no_order(still: Still) -> None:
    hub = still.hub
    tablet = enrol_tablet(hub)
    clerk, ms = sign_in_on(hub, tablet, CLERK).account, still.wall.ms
    stream = tablet.receive(item(hub), clerk, ms=ms)
    tablet.write_bytes(b"no event")
    # Its body cannot be read, its time can: it counts.
    tablet.hlc = clock.tick(tablet.hlc, ms + 5)
    tablet.write_bytes(
        msgspec.msgpack.encode([1, "case.edit", stream, tablet.hlc, clerk, 0, [], {"fields": 7}])
    )
    backdate(tablet, ms + 4)
    tablet.write("case.edit", stream, clerk, Edit({"proposedName": "后"}), ms=0)
    tablet.write("case.edit", stream, clerk, Edit({"proposedName": "新"}), ms=ms + 6)
    assert push(hub, tablet.push()) == [
        Verdict.OK, Verdict.MALFORMED, Verdict.MALFORMED, Verdict.CLOCK_BACK, Verdict.OK,
    ]  # fmt: skip


def test_a_parked_event_is_held_to_its_place_in_the_log_not_to_its_release(still: Still) -> None:
    hub = still.hub
    opener, tablet = enrol_tablet(hub), enrol_tablet(hub)
    clerk, ms = sign_in_on(hub, tablet, CLERK).account, still.wall.ms
    at_other = sign_in_on(hub, opener, CLERK).account
    stream = opener.receive(item(hub), at_other, ms=ms)
    tablet.write("case.edit", stream, clerk, Edit({"proposedName": "甲"}), ms=ms + 1)
    tablet.receive(item(hub), clerk, ms=ms + 9)
    backdate(tablet, ms + 5)
    tablet.receive(item(hub), clerk, ms=0)
    codes = [Parked.STREAM_MISSING, Verdict.OK, Verdict.CLOCK_BACK]
    assert push(hub, tablet.push()) == codes
    push(hub, opener.push())
    assert push(hub, tablet.push()) == [Verdict.OK, Verdict.OK, Verdict.CLOCK_BACK]


def test_a_forks_branch_moves_no_clock(still: Still) -> None:
    hub = still.hub
    tablet = enrol_tablet(hub)
    clerk, ms = sign_in_on(hub, tablet, CLERK).account, still.wall.ms
    tablet.receive(item(hub), clerk, ms=ms)
    push(hub, tablet.push())
    before = hlc_here(hub, tablet)
    branch = Tablet(tablet.key, tablet.number, tablet.zone)
    branch.receive(item(hub), clerk, ms=ms + 999_999)
    answer = ingest(hub, read_push(hub, branch.push())).answer
    assert isinstance(answer, FaultMessage) and answer.code == Fault.CHAIN_FORK
    assert hlc_here(hub, tablet) == before
    tablet.receive(item(hub), clerk, ms=ms + 1)
    assert push(hub, tablet.push(2)) == [Verdict.OK]


@pytest.mark.parametrize("parked", [False, True])
def test_verify_knows_the_clock_and_rebuild_mends_it(still: Still, parked: bool) -> None:
    hub = still.hub
    tablet = enrol_tablet(hub)
    clerk, ms = sign_in_on(hub, tablet, CLERK).account, still.wall.ms
    tablet.receive(item(hub), clerk, ms=ms)
    if parked:
        tablet.write("case.edit", b"s" * 16, clerk, Edit({"k": "v"}), ms=ms + 7)
    push(hub, tablet.push())
    assert verify(hub).difference is None
    kept = hlc_here(hub, tablet)
    assert kept == max(decode_head(event).hlc for event in tablet.events)
    with hub.store.write() as tx:
        _set_clock(tx, tablet, clock.ZERO)
    assert verify(hub).difference == f"device {tablet.number}: another clock than that of its log"
    rebuild(hub)
    assert verify(hub).difference is None
    assert hlc_here(hub, tablet) == kept


def _set_clock(tx: Transaction, tablet: Tablet, hlc: bytes) -> None:
    row = tx.devices.get(tablet.number)
    tx.devices.move_head(row.number, row.seq, row.link, hlc)
