"""A point while the hub is away: tablets see each other's work through the relay, and all of it arrives once."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import expect

from e2e.conftest import serve
from e2e.forms import SHOP
from e2e.hub import Hub, copy_of
from e2e.office import Office
from e2e.people import CLERK_HALL, SECOND_CLERK_HALL, applicant
from e2e.relay import Relay

# A second on a quiet machine; this one is not.
MOMENTS_MS = 5_000


@pytest.fixture(scope="module")
def served_hub(
    template: Path, surfaces: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Hub]:
    """A hub of its own, with a relay at the hall."""
    yield from serve(copy_of(template, tmp_path_factory.mktemp("point") / "data", surfaces))


def test_two_tablets_work_on_at_their_point_while_the_hub_is_away(
    office: Office, tmp_path: Path
) -> None:
    hub = office.hub
    first, second = office.tablet(CLERK_HALL, "一号"), office.tablet(SECOND_CLERK_HALL, "二号")
    relay = Relay(hub, tmp_path / "relay", "HALL", [first.line.url, second.line.url])
    relay.start()
    try:
        hub.kill()
        for tablet in (first, second):
            tablet.expect_point()
        receipt = first.intake.take_in(SHOP, applicant(60))
        first.cases.go()
        first.cases.expect_tick(receipt, "已到点位")
        second.cases.go()
        second.cases.expect_tick(receipt, "已到点位", MOMENTS_MS)
        first.expect_waiting(1)
        # A colleague goes on with what the hub has not seen yet.
        second.cases.open(receipt)
        second.cases.decide("受理")
        first.cases.open(receipt)
        first.cases.expect_state("已受理")
        second.reload()
        second.unlock()
        second.cases.go()
        second.cases.expect_tick(receipt, "已到点位")

        hub.start()
        for tablet in (first, second):
            tablet.expect_hub(within_ms=60_000)
            tablet.expect_all_sent()
            tablet.cases.go()
            tablet.cases.expect_tick(receipt, "已到中心")
            expect(tablet.cases.row(receipt)).to_have_count(1)
        first.cases.open(receipt)
        first.cases.expect_state("已受理")
        # 收件, 受理, and the hub's own case number: each once.
        expect(first.cases.history.get_by_role("listitem")).to_have_count(3)
    finally:
        relay.stop()
