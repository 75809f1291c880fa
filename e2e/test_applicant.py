"""The applicant surface: guides with and without a line, and nothing of it reaches beyond its own place."""

from playwright.sync_api import expect

from e2e.forms import COOPERATIVE, SHOP
from e2e.office import Office


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
