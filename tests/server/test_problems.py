"""What the console says needs a person: all of it is counted, and to a point's manager their own is shown."""

from server.flows import problems as listed
from server.flows.console import Overview, overview
from server.flows.hub import Hub
from server.flows.problems import Problem, problems
from tests.server.conftest import Still
from tests.server.inside import enrol_tablet, item, push, sign_in_console, sign_in_on
from tests.server.tablet import Tablet

CLERK = "dating.shouli1"


def shown_to(hub: Hub, username: str) -> list[Problem]:
    found = problems(hub, sign_in_console(hub, username))
    assert isinstance(found, list)
    return found


def counted_for(hub: Hub, username: str) -> dict[str, int]:
    seen = overview(hub, sign_in_console(hub, username))
    assert isinstance(seen, Overview)
    return seen.problems


def push_refused(hub: Hub, tablet: Tablet, count: int) -> None:
    first = tablet.last_seq + 1
    for n in range(count):
        tablet.write_bytes(b"no event %d" % n)
    assert push(hub, tablet.push(first)) == ["malformed"] * count


def push_parked(hub: Hub, tablet: Tablet, actor: bytes, stream: bytes, ms: int) -> None:
    first = tablet.last_seq + 1
    tablet.act("case.accept", stream, actor, ms=ms)
    assert push(hub, tablet.push(first)) == ["stream-missing"]


def test_another_points_many_hide_no_managers_own(still: Still) -> None:
    """The list is cut to the newest; what it is cut to must not be decided by what others may see."""
    hub, ours, theirs = still.hub, enrol_tablet(still.hub), enrol_tablet(still.hub, "INCU")
    actor = sign_in_on(hub, ours, CLERK).account
    many = listed.PROBLEMS_MAX + 1
    push_refused(hub, ours, 1)
    still.wall.ms += 1
    push_refused(hub, theirs, many)
    push_parked(hub, theirs, actor, b"1" * 16, still.wall.ms)
    push_parked(hub, ours, actor, b"2" * 16, still.wall.ms)
    assert [(one.kind, one.device) for one in shown_to(hub, "dating.guanli")] == [
        ("parked", ours.number),
        ("refused", ours.number),
    ]
    assert counted_for(hub, "dating.guanli") == {"refused": 1, "parked": 1}
    assert counted_for(hub, "xitong") == {"refused": many + 1, "parked": 2}
    assert len(shown_to(hub, "xitong")) == listed.PROBLEMS_MAX + 2


def test_every_kind_is_counted_as_it_is_listed(still: Still) -> None:
    hub, tablet = still.hub, enrol_tablet(still.hub)
    clerk = sign_in_on(hub, tablet, CLERK).account
    stream = tablet.receive(item(hub), clerk, ms=still.wall.ms)
    tablet.act("case.deliver", stream, clerk, ms=still.wall.ms)
    tablet.act("case.supplement", stream, clerk, ms=still.wall.ms, base=1)
    assert push(hub, tablet.push())[0] == "ok"
    push_refused(hub, tablet, 1)
    shown = shown_to(hub, "xitong")
    counted = counted_for(hub, "xitong")
    assert {one.kind for one in shown} >= {"refused", "void"}
    assert counted == {kind: sum(one.kind == kind for one in shown) for kind in counted}
    assert {one.receipt_no for one in shown if one.kind == "void"} != {""}
