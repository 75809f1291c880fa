"""The applicant surface: guides with and without a line, and nothing of it reaches beyond its own place."""

from playwright.sync_api import expect

from e2e.forms import COOPERATIVE, SHOP
from e2e.office import Office
from e2e.people import CLERK_HALL, applicant


def test_one_visit_is_enough_for_a_phone_without_a_line(office: Office) -> None:
    phone = office.phone()
    phone.look_for("农民专业合作社设立")
    phone.open_guide(COOPERATIVE.name)
    phone.await_offline_ready(COOPERATIVE.id)
    phone.await_offline_ready(SHOP.id)

    phone.line.cut()
    phone.page.reload()
    expect(phone.page.get_by_role("heading", name=COOPERATIVE.name)).to_be_visible()
    for material in COOPERATIVE.materials:
        expect(phone.page.get_by_text(material).first).to_be_visible()
    # One that many people ask for opens too, though nobody has read it on this phone.
    phone.open("/")
    phone.look_for("开店")
    phone.open_guide(SHOP.name)


def test_following_with_the_line_cut_says_so_and_keeps_what_was_typed(office: Office) -> None:
    phone = office.phone()
    phone.await_offline_ready(SHOP.id)
    phone.line.cut()
    phone.follow("JK-HALL-12-20261123-0001-R", "1234")
    expect(phone.refusal).to_contain_text("连不上网")
    expect(phone.page.get_by_label("证件号码最后四位")).to_have_value("1234")


def test_what_was_seen_of_a_case_outlasts_a_reload_with_the_line_cut(office: Office) -> None:
    person = applicant(71)
    tablet = office.tablet(CLERK_HALL, "一号")
    receipt = tablet.intake.take_in(SHOP, person)
    tablet.expect_all_sent()
    phone = office.phone()
    phone.await_offline_ready(SHOP.id)
    phone.follow(receipt, person.last4)
    expect(phone.standing).to_be_visible()
    seen = phone.standing.inner_text()
    phone.line.cut()
    phone.page.reload()
    expect(phone.standing).to_have_text(seen)
    expect(phone.page.get_by_text(receipt)).to_be_visible()
    expect(phone.page.get_by_text("查询时间")).to_be_visible()
    # The proof that it is one's own is not kept anywhere.
    phone.page.get_by_role("link", name="再查一次").click()
    expect(phone.page.get_by_label("证件号码最后四位")).to_have_value("")
