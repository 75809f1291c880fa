"""A tablet whose storage was copied: the copy is told, stops, and brings its own work under a new number."""

import re

from playwright.sync_api import Locator, Page, expect

from e2e.browser import TABLET
from e2e.desk import Desk
from e2e.forms import SHOP, STATEMENT
from e2e.office import Office
from e2e.people import CLERK, applicant


def copied(office: Office) -> tuple[Desk, str, str]:
    """A tablet behind a cut line that is the copy of another; what that brought: of both, and of its own."""
    profile, line = office.profile(), office.line()
    first = Desk(*office.place(profile.open(**TABLET), line)).open()
    office.staff(first, CLERK, "tablet", "被复制的平板")
    line.cut()
    shared = first.intake.take_in(SHOP, applicant(83))
    profile.kill()
    office.forget(first.context)
    copy = profile.copy()
    line.restore()
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
    tablet.unlock()
    return tablet, shared, theirs


def expect_nothing_offered(tablet: Desk) -> None:
    """Before what the hub has is here nobody can tell what it took: it says so, in every tab and after a reload."""
    page = tablet.page
    expect(page.get_by_text("有的中心可能没有收")).to_be_visible()
    page.get_by_role("button", name="去重新上报").click()
    expect(page.get_by_text("连上后自动接着取")).to_be_visible(timeout=30_000)
    expect(offers(page)).to_have_count(0)
    tablet.reload()
    tablet.unlock()
    tablet.open("/desk/former")
    tablet.unlock()
    expect(page.get_by_text("取完才能重新上报")).to_be_visible()
    second = tablet.beside().open("/desk/former")
    expect(second.page.get_by_text("取完才能重新上报")).to_be_visible()
    second.page.close()
    tablet.come_forward()


def offers(page: Page) -> Locator:
    return page.get_by_role("button", name=re.compile("^重新上报："))


def test_a_copied_tablet_is_enrolled_anew_and_brings_what_only_it_has(office: Office) -> None:
    # The copy gives a number that the tablet, which went on, has given to somebody else.
    tablet, shared, theirs = copied(office)
    page, person = tablet.page, applicant(81)
    mine = tablet.intake.take_in(SHOP, person, photo=SHOP.materials[1])
    assert mine == theirs, "the same log and the same counter"
    tablet.line.restore()
    expect(page.get_by_text("本设备的记录出现两个版本")).to_be_visible(timeout=30_000)
    tablet.intake.begin(STATEMENT, applicant(82))
    tablet.intake.expect_kept()
    tablet.intake.all_materials()
    tablet.intake.ask_to_receive()
    expect(page.get_by_text("请联系管理员重新登记").first).to_be_visible()

    # The console names it, and what to do.
    console = office.console().sign_in()
    expect(console.page.get_by_text("“被复制的平板”的记录出现分叉")).to_be_visible()
    watching = office.console().sign_in().watch("被复制的平板")
    branch = watching.get_by_role("region", name="分叉的记录", exact=True)
    expect(branch).to_contain_text(re.compile(f"{mine}.*中心还没有此件"))
    console.revoke("被复制的平板", "资料被复制")
    expect(tablet.bar).to_contain_text("本机已停用", timeout=30_000)
    tablet.open("/desk/")
    tablet.unlock()
    expect(page.get_by_role("region", name="中心没有收的")).to_contain_text(person.name)

    tablet.line.hold_back()
    tablet.enrol_anew(office.hub.enrol_code(CLERK.point), CLERK)
    expect_nothing_offered(tablet)

    # Then what only this branch has is offered by itself; what the other brought is not brought again.
    tablet.line.restore()
    expect(offers(page)).to_have_count(1, timeout=30_000)
    tablet.expect_hub()
    row = page.get_by_role("listitem").filter(has_text=person.name)
    expect(row).to_contain_text("换新号")
    page.get_by_role("button", name=f"重新上报：{person.name}").click()
    expect(page.get_by_text("都已重新上报")).to_be_visible()

    expect(branch).to_contain_text(re.compile(f"{mine}.*中心已有此件"), timeout=30_000)

    # All cases are there, each once, each with a number of its own.
    tablet.cases.go()
    tablet.cases.expect_tick(shared, "已到中心")
    expect(page.get_by_role("listitem").filter(has_text=applicant(83).name)).to_have_count(1)
    tablet.cases.expect_tick(theirs, "已到中心")
    expect(tablet.cases.row(theirs)).to_contain_text(applicant(80).name)
    brought = page.get_by_role("listitem").filter(has_text=person.name)
    expect(brought).to_have_count(1)
    expect(brought).not_to_contain_text(mine)
    expect(brought.locator(".ticks .word")).to_have_text("已到中心", timeout=30_000)
    tablet.intake.go()
    expect(page.get_by_role("region", name="没办完的")).to_contain_text(applicant(82).name)
