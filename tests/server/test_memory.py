"""What a push takes of the hub's memory is given back when its transaction ends, without the garbage collector."""

import gc

from sync.errors import Verdict
from sync.fold import CaseState
from tests.server.conftest import Still
from tests.server.inside import enrol_tablet, item, push, sign_in_on


def kept_cases() -> int:
    """How many folded cases are in memory."""
    return sum(type(one) is CaseState for one in gc.get_objects())


def test_a_push_leaves_no_case_in_memory(still: Still) -> None:
    """Collecting by hand costs a hub that is busy more than it brings: nothing may wait for it."""
    hub = still.hub
    tablet = enrol_tablet(hub)
    clerk = sign_in_on(hub, tablet, "dating.shouli1").account
    kind = item(hub)
    gc.collect()
    gc.disable()
    try:
        before = kept_cases()
        for _ in range(3):
            tablet.receive(kind, clerk, ms=still.wall.ms)
            assert set(push(hub, tablet.push())) == {Verdict.OK}
        assert kept_cases() == before
    finally:
        gc.enable()
