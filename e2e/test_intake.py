"""Intake with the line cut: nothing that a person wrote or photographed is lost, whatever happens to the browser."""

from playwright.sync_api import expect

from e2e.forms import SHOP
from e2e.office import Office
from e2e.people import CLERK, applicant


def test_case_taken_in_with_the_line_cut_arrives_by_itself(office: Office) -> None:
    tablet = office.tablet(CLERK)
    tablet.line.cut()
    tablet.expect_cut()
    receipt = tablet.intake.take_in(SHOP, applicant(1), photo=SHOP.materials[0])
    tablet.cases.go()
    tablet.cases.expect_tick(receipt, "已存本机")
    expect(tablet.cases.row(receipt)).to_contain_text("待补传")
    tablet.line.restore()
    tablet.cases.expect_tick(receipt, "已到中心")
    expect(tablet.cases.row(receipt)).not_to_contain_text("待补传")
    tablet.expect_all_sent()
