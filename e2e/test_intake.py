"""Intake with the line cut: nothing that a person wrote or photographed is lost, whatever happens to the browser."""

from PIL import Image
from playwright.sync_api import expect

from e2e.browser import TABLET
from e2e.desk import Desk
from e2e.forms import COOPERATIVE, SHOP
from e2e.office import Office
from e2e.people import CLERK, PIN, applicant


def test_case_taken_in_with_the_line_cut_arrives_by_itself(office: Office) -> None:
    tablet = office.tablet(CLERK)
    tablet.line.cut()
    tablet.expect_cut()
    receipt = tablet.intake.take_in(SHOP, applicant(1), photo=SHOP.materials[0])
    tablet.cases.go()
    tablet.cases.expect_tick(receipt, "已存本机")
    expect(tablet.cases.row(receipt)).to_contain_text("待补传")
    tablet.expect_waiting(1, photos=1)
    tablet.line.restore()
    tablet.cases.expect_tick(receipt, "已到中心")
    expect(tablet.cases.row(receipt)).not_to_contain_text("待补传")
    tablet.expect_all_sent()


def test_a_browser_killed_in_mid_form_loses_nothing(office: Office) -> None:
    person = applicant(2)
    answers = COOPERATIVE.answers(person)
    profile = office.profile()
    line = office.line()
    tablet = Desk(*office.place(profile.open(**TABLET), line)).open()
    office.staff(tablet, CLERK, "tablet", "没电的平板")
    line.cut()
    tablet.intake.begin(COOPERATIVE, person)
    tablet.intake.photograph(COOPERATIVE.materials[1], "纪要")
    tablet.intake.answer("members", "")
    tablet.intake.field("members").press_sequentially("9")
    tablet.intake.expect_kept()
    # Typed in the very moment of the end: what the screen calls saved stays, and no more is promised.
    profile.kill()
    office.forget(tablet.context)

    tablet = Desk(*office.place(profile.open(**TABLET), line)).open()
    tablet.unlock(PIN)
    tablet.intake.go()
    tablet.intake.resume(person.name)
    for key, answer in answers.items():
        expect(tablet.intake.field(key)).to_have_value("9" if key == "members" else answer)
    expect(tablet.intake.photographs(COOPERATIVE.materials[1])).to_have_count(1)
    receipt = tablet.intake.receive()
    line.restore()
    tablet.cases.go()
    tablet.cases.expect_tick(receipt, "已到中心")
    tablet.expect_all_sent()


def test_two_tabs_of_one_tablet_share_its_numbers_and_its_line(office: Office) -> None:
    first = office.tablet(CLERK)
    second = first.beside()
    second.expect_work()
    sent_before, refused_before = office.hub.events_taken(), office.hub.pushes_refused()
    receipts = [
        first.intake.take_in(SHOP, applicant(10)),
        second.intake.take_in(SHOP, applicant(11)),
        first.come_forward().intake.take_in(SHOP, applicant(12)),
    ]
    assert len(set(receipts)) == 3, receipts
    second.cases.go()
    for receipt in receipts:
        second.cases.expect_tick(receipt, "已到中心")
    # The sign-in, shown once for both tabs, and each case is one event; the hub was offered each of them once.
    assert office.hub.events_taken() - sent_before == 1 + 3

    # The tab that held the line goes away; the other takes the line over.
    first.page.close()
    receipts.append(second.intake.take_in(SHOP, applicant(13)))
    assert len(set(receipts)) == 4, receipts
    second.cases.go()
    second.cases.expect_tick(receipts[-1], "已到中心")
    assert office.hub.events_taken() - sent_before == 1 + 4
    assert office.hub.pushes_refused() == refused_before


def test_one_draft_in_two_tabs_is_one_draft(office: Office) -> None:
    first = office.tablet(CLERK)
    first.intake.begin(COOPERATIVE, applicant(15))
    first.intake.expect_kept()
    second = first.beside()
    second.intake.go()
    second.intake.resume(applicant(15).name)
    second.intake.answer("members", "24")
    second.intake.expect_kept()
    # What is typed in the one is on the other's screen, and stays when that goes on.
    expect(first.come_forward().intake.field("members")).to_have_value("24")
    first.intake.answer("capital", "80")
    expect(second.intake.field("capital")).to_have_value("80")
    expect(second.intake.field("members")).to_have_value("24")

    receipt = first.intake.receive()
    second.come_forward().intake.field("capital").fill("90")
    expect(second.page.get_by_role("alert").filter(has_text="没有存上")).to_contain_text("已经收件")
    first.come_forward().cases.open(receipt)
    expect(first.cases.field("成员出资总额（万元）")).to_have_text("80")
    first.intake.go()
    expect(first.page.get_by_text("没有草稿")).to_be_visible()


def test_a_photograph_is_made_small_and_says_nothing_of_where_it_was_taken(office: Office) -> None:
    tablet = office.tablet(CLERK)
    before = set(office.hub.attachments())
    receipt = tablet.intake.take_in(SHOP, applicant(14), photo=SHOP.materials[0])
    tablet.cases.go()
    tablet.cases.expect_tick(receipt, "已到中心")
    (stored,) = set(office.hub.attachments()) - before
    with Image.open(stored) as picture:
        assert max(picture.size) <= 1_600
        assert not picture.getexif()
    assert stored.stat().st_size < 400_000
