"""A tablet whose storage was copied: the copy is told, stops, and brings its own work under a new number."""

from playwright.sync_api import expect

from e2e.browser import TABLET
from e2e.desk import Desk
from e2e.forms import SHOP, STATEMENT
from e2e.office import Office
from e2e.people import CLERK, applicant


def test_a_copied_tablet_is_enrolled_anew_and_brings_what_only_it_has(office: Office) -> None:
    profile, line = office.profile(), office.line()
    first = Desk(*office.place(profile.open(**TABLET), line)).open()
    office.staff(first, CLERK, "tablet", "被复制的平板")
    profile.kill()
    office.forget(first.context)
    copy = profile.copy()

    # The tablet goes on and gives a receipt; the copy, behind a cut line, gives the same number to somebody else.
    first = Desk(*office.place(profile.open(**TABLET), line)).open()
    first.unlock()
    first.expect_hub()
    theirs = first.intake.take_in(SHOP, applicant(80))
    first.cases.go()
    first.cases.expect_tick(theirs, "已到中心")
    profile.kill()
    office.forget(first.context)
    line.cut()
    tablet = Desk(*office.place(copy.open(**TABLET), line)).open()
    page, person = tablet.page, applicant(81)
    tablet.unlock()
    mine = tablet.intake.take_in(SHOP, person, photo=SHOP.materials[1])
    assert mine == theirs, "the same log and the same counter"
    line.restore()
    expect(page.get_by_text("本设备的记录出现两个版本")).to_be_visible(timeout=30_000)
    tablet.intake.begin(STATEMENT, applicant(82))
    tablet.intake.expect_kept()
    tablet.intake.all_materials()
    tablet.intake.ask_to_receive()
    expect(page.get_by_text("请联系管理员重新登记").first).to_be_visible()

    # The console names it, and what to do.
    console = office.console().sign_in()
    expect(console.page.get_by_text("“被复制的平板”的记录出现分叉")).to_be_visible()
    console.revoke("被复制的平板", "资料被复制")
    expect(tablet.bar).to_contain_text("本机已停用", timeout=30_000)
    tablet.open("/desk/")
    tablet.unlock()
    expect(page.get_by_role("region", name="中心没有收的")).to_contain_text(person.name)
    tablet.enrol_anew(office.hub.enrol_code(CLERK.point), CLERK)
    tablet.expect_hub()
    page.get_by_role("button", name="去重新上报").click()
    row = page.get_by_role("listitem").filter(has_text=person.name)
    expect(row).to_contain_text("换新号")
    page.get_by_role("button", name=f"重新上报：{person.name}").click()
    expect(page.get_by_text("都已重新上报")).to_be_visible()

    # Both cases are there, each once, each with a number of its own.
    tablet.cases.go()
    tablet.cases.expect_tick(theirs, "已到中心")
    expect(tablet.cases.row(theirs)).to_contain_text(applicant(80).name)
    brought = page.get_by_role("listitem").filter(has_text=person.name)
    expect(brought).to_have_count(1)
    expect(brought).not_to_contain_text(mine)
    expect(brought.locator(".ticks .word")).to_have_text("已到中心", timeout=30_000)
    tablet.intake.go()
    expect(page.get_by_role("region", name="没办完的")).to_contain_text(applicant(82).name)
