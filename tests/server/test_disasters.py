"""Disasters that befell others, by name: each on production code, each with the fault at the moment that hurt them.

Where another test shows exactly the same, docs/reliability.md names it and there is none here.
"""

from collections.abc import Callable

import msgspec
import pytest

import sync.fold
import sync.replica
from sync import clock
from sync.errors import Fault, Void
from sync.event import Edit, decode_head
from sync.fold import CaseState, Source, state_bytes
from sync.messages import FaultMessage
from sync.outbox import Accepted
from tests.simulator import checks
from tests.simulator.device_node import DeviceNode
from tests.simulator.hub_node import HubNode
from tests.simulator.line import GOOD
from tests.simulator.office import SEATS, Database, furnish
from tests.simulator.old_cases import OLD_CASES
from tests.simulator.old_cases import furnish as furnish_cases
from tests.simulator.world import World

CASE = OLD_CASES[0]
CLERK, COLLEAGUE = SEATS[0], SEATS[1]
SETTLED_MS_MAX = 300_000
YEARS_MS = 10 * 365 * 86_400_000


class Office:
    """A hub and two tablets of one point, driven by a virtual clock."""

    def __init__(self) -> None:
        self.world = World(7)
        self.database = Database(lambda store: furnish_cases(furnish(store)))
        self.hub = HubNode(self.world, self.database)
        self.clerk = DeviceNode(self.world, self.hub, CLERK, GOOD, 0)
        self.colleague = DeviceNode(self.world, self.hub, COLLEAGUE, GOOD, 0)
        self.settle()

    @property
    def both(self) -> tuple[DeviceNode, DeviceNode]:
        return self.clerk, self.colleague

    def edit(self, device: DeviceNode, value: str, key: str = "name") -> int:
        """One more event of this device's; its seq."""
        device.guard(
            lambda: device.write("case.edit", CASE, Edit({key: value}), self._actor(device))
        )
        return len(device.disk.log)

    def settle(self) -> None:
        """Until nothing is under way; fails when that takes too long."""
        assert self.world.run_until(self.world.now_ms + SETTLED_MS_MAX, self._settled)
        self.world.run_until(self.world.now_ms + 1_000)

    def shown(self, device: DeviceNode, key: str = "name") -> list[object]:
        """The values that this device's screen shows of a field."""
        return [value for value, *_ in device.present(CASE).values.get(f"f:{key}", [])]

    def placed(self, device: DeviceNode) -> list[int]:
        """The seqs of a device's events that are in the ledger, in its order."""
        query = "select seq from ledger where device = ? order by position"
        return [int(str(seq)) for (seq,) in self.database.query(query, device.number)]

    def check(self) -> None:
        """What must hold of the ledger, and of what the tablets show."""
        record = checks.Record(self.database)
        for check in checks.OF_THE_RECORD:
            check(record)
        checks.check_saved_is_saved(record, self.both)
        checks.check_told(record, self.both)
        checks.check_convergence(record, self.both)
        checks.check_prefix(record, self.both)

    def _actor(self, device: DeviceNode) -> bytes:
        return device.seat.people[0].stream

    def _settled(self) -> bool:
        lengths = self.database.feed_lengths()
        return self.hub.up and all(
            one.idle and all(cursor.n == lengths[cursor.feed] for cursor in one.replica.cursors)
            for one in self.both
        )


@pytest.fixture
def office() -> Office:
    return Office()


def test_a_client_keeps_its_checkpoint_and_the_server_is_restored(office: Office) -> None:
    """cht-core 8093: what was written after the restore had the numbers that the client had passed, and never came."""
    office.hub.back_up()
    for value in "甲乙丙":
        office.edit(office.clerk, value)
    office.settle()
    before = {cursor.feed: cursor.n for cursor in office.colleague.replica.cursors}
    office.hub.lose_disk()
    for device in office.both:
        device.cut()
    office.world.run_until(office.world.now_ms + 10)
    office.edit(office.clerk, "丁")
    office.settle()
    after = {cursor.feed: cursor.n for cursor in office.colleague.replica.cursors}
    assert after["point:HALL"] > before["point:HALL"]
    assert office.placed(office.clerk) == [1, 2, 3, 4]
    assert office.shown(office.colleague) == ["丁"]
    office.check()


def test_three_refusals_and_no_green_light(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    """CHT: after the third refused try a document was called sent."""
    tried: list[int] = []
    honest = HubNode.push

    def push(*_: object) -> FaultMessage:
        tried.append(1)
        return FaultMessage(Fault.SIGNATURE_INVALID, "push", "", 0)

    monkeypatch.setattr(HubNode, "push", push)
    seq = office.edit(office.clerk, "甲")
    while len(tried) < 7:
        office.world.run_until(office.world.now_ms + 5_000)
        assert not office.clerk.shows_confirmed(CASE)
        assert seq not in office.clerk.disk.settled
        assert office.clerk.disk.acked < seq
    monkeypatch.setattr(HubNode, "push", honest)
    office.settle()
    assert isinstance(office.clerk.disk.settled[seq], Accepted)
    office.check()


def test_everybody_reconnects_at_once_and_nobody_is_stranded(office: Office) -> None:
    """LiveStore 1394: of two that reconnected at one moment one never heard from the other again."""
    for round_ in range(12):
        office.edit(office.clerk, f"甲{round_}")
        office.edit(office.colleague, f"乙{round_}", "scope")
        # Anywhere in the exchange: greeting, push under way, page under way.
        office.world.run_until(office.world.now_ms + 7 * round_)
        for device in office.both:
            device.cut()
        office.world.run_until(office.world.now_ms + 1)
        for device in office.both:
            device.soon(0, device._reconnect)
    office.settle()
    for device in office.both:
        assert office.placed(device) == list(range(1, 13))
    shown = [state_bytes(device.present(CASE)) for device in office.both]
    assert shown[0] == shown[1]
    office.check()


def _dies_knowing_nothing(office: Office) -> None:
    """The tablet dies with the hub's word in its hand, before it has written that down."""
    office.world.light_fuse(office.clerk.name, 2)


def _dies_knowing_all(office: Office) -> None:
    """The tablet dies when it has just written down what the hub said."""
    office.world.light_fuse(office.clerk.name, 3)


def _hub_dies_unwritten(office: Office) -> None:
    """The hub dies before its commit: what was on its way there is nowhere but here."""
    office.world.light_fuse("hub", 1)


def _hub_dies_unsaid(office: Office) -> None:
    """The hub dies after its commit and says nothing: it is there, and nobody knows."""
    honest = office.hub.announce

    def announce(*_: object) -> None:
        office.hub.announce = honest  # type: ignore[method-assign]
        office.world.light_fuse("hub", 0)
        office.world.crash_point("hub", "after its commit")

    office.hub.announce = announce  # type: ignore[method-assign,assignment]


@pytest.mark.parametrize(
    "dies", [_dies_knowing_nothing, _dies_knowing_all, _hub_dies_unwritten, _hub_dies_unsaid]
)
def test_a_crash_between_the_two_who_must_know(
    office: Office, dies: Callable[[Office], None]
) -> None:
    """Classic Jazz 3522, and the reverse: one side believed what the other did not know, for ever."""
    office.edit(office.clerk, "甲")
    office.settle()
    dies(office)
    office.edit(office.clerk, "乙")
    office.edit(office.clerk, "丙", "scope")
    office.settle()
    assert (
        office.world.happened.get("device crash", 0) + office.world.happened.get("hub crash", 0)
        == 1
    )
    assert office.placed(office.clerk) == list(range(1, len(office.clerk.disk.log) + 1))
    office.check()


def test_the_echo_of_a_push_takes_nothing_along(office: Office) -> None:
    """RxDB 5571: what was written while an older version came back from the server was overwritten by it."""
    for n in range(20):
        office.edit(office.clerk, f"第{n}")
        office.world.run_until(office.world.now_ms + 13)
        assert office.shown(office.clerk) == [f"第{n}"]
    office.settle()
    assert office.placed(office.clerk) == list(range(1, 21))
    for device in office.both:
        assert office.shown(device) == ["第19"]
    office.check()


def test_what_an_old_version_does_not_know_is_there_after_its_update(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Dexie 2331: changes of a table that the old version lacked were passed over, and the cursor moved on."""
    honest = sync.fold.apply

    def of_yesterday(state: CaseState, source: Source) -> Void | None:
        known = source.head.type != "case.edit"
        head = (
            source.head if known else msgspec.structs.replace(source.head, type="case.of_tomorrow")
        )
        return honest(state, msgspec.structs.replace(source, head=head))

    monkeypatch.setattr(sync.replica, "apply", of_yesterday)
    office.edit(office.clerk, "乙")
    office.settle()
    cursors = office.colleague.replica.cursors
    assert office.colleague.present(CASE).unknown == 1
    assert office.shown(office.colleague) == ["甲"]
    monkeypatch.undo()
    for device in office.both:
        device.crash()
    office.world.run_until(office.world.now_ms + 2_000)
    assert office.colleague.present(CASE).unknown == 0
    assert office.shown(office.colleague) == ["乙"]
    assert office.colleague.replica.cursors == cursors
    office.settle()
    office.check()


def test_one_clock_far_ahead_poisons_no_other(office: Office) -> None:
    """At actual (7106): one device's clock, years ahead, became everybody's, and nothing could be ordered any more."""
    office.clerk.skew_ms = YEARS_MS
    ahead = office.edit(office.clerk, "甲")
    office.settle()
    office.clerk.skew_ms = 0
    beside, after = office.edit(office.colleague, "乙", "scope"), office.edit(office.clerk, "丙")
    office.settle()
    times = {
        name: clock.unpack(decode_head(device.disk.log[seq - 1].event).hlc)[0]
        for name, device, seq in (
            ("ahead", office.clerk, ahead),
            ("beside", office.colleague, beside),
            ("after", office.clerk, after),
        )
    }
    assert times["ahead"] > office.world.now_ms + YEARS_MS // 2
    assert times["beside"] <= office.world.now_ms
    # Its own log goes on in order, and what it says is judged, shown and confirmed like any other.
    assert times["after"] >= times["ahead"]
    assert office.placed(office.clerk) == [ahead, after]
    assert office.shown(office.colleague) == ["丙"]
    office.check()
