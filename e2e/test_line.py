"""Lines as they are: blocked WebSockets, a captive portal, silence. No tick turns without the hub's own word."""

from playwright.sync_api import expect

from e2e.desk import HEARTBEAT_MS
from e2e.forms import SHOP
from e2e.office import Office
from e2e.people import CLERK, ISSUING_CLERK, applicant


def test_http_carries_everything_where_websockets_are_blocked(office: Office) -> None:
    tablet = office.tablet(CLERK)
    neighbour = office.tablet(ISSUING_CLERK)
    tablet.line.block_websockets()
    neighbour.line.block_websockets()
    neighbour.cases.go()
    receipt = tablet.intake.take_in(SHOP, applicant(20), photo=SHOP.materials[0])
    tablet.cases.go()
    tablet.cases.expect_tick(receipt, "已到中心")
    neighbour.cases.expect_tick(receipt, "已到中心")
    tablet.expect_all_sent()
    tablet.expect_hub()


def test_a_captive_portal_turns_no_tick_and_stops_no_work(office: Office) -> None:
    tablet = office.tablet(CLERK)
    tablet.line.portal()
    tablet.expect_cut()
    receipt = tablet.intake.take_in(SHOP, applicant(21), photo=SHOP.materials[0])
    tablet.cases.go()
    tablet.send_now()
    tablet.cases.expect_tick(receipt, "已存本机")
    tablet.expect_cut()
    # The surface itself is not replaced by the portal's page either.
    tablet.reload()
    tablet.unlock()
    tablet.cases.go()
    tablet.cases.expect_tick(receipt, "已存本机")
    tablet.expect_waiting(1, photos=1)
    tablet.line.restore()
    tablet.cases.expect_tick(receipt, "已到中心")
    tablet.expect_all_sent()


def test_a_silent_line_is_noticed_and_said(office: Office) -> None:
    tablet = office.tablet(CLERK)
    tablet.line.hang()
    receipt = tablet.intake.take_in(SHOP, applicant(22))
    tablet.cases.go()
    tablet.expect_cut(within_ms=HEARTBEAT_MS)
    tablet.cases.expect_tick(receipt, "已存本机")
    tablet.line.restore()
    tablet.cases.expect_tick(receipt, "已到中心")


def test_the_browser_that_believes_itself_offline_works_on(office: Office) -> None:
    tablet = office.tablet(CLERK)
    tablet.context.set_offline(True)
    receipt = tablet.intake.take_in(SHOP, applicant(23))
    tablet.reload()
    tablet.unlock()
    tablet.cases.go()
    expect(tablet.cases.row(receipt)).to_be_visible()
    tablet.context.set_offline(False)
    tablet.cases.expect_tick(receipt, "已到中心")
