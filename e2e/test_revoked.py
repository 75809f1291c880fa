"""A tablet that is taken out of service: it says so, takes nothing more in, loses nothing, and is enrolled anew."""

from playwright.sync_api import Page, expect

from e2e.forms import SHOP, STATEMENT
from e2e.office import Office
from e2e.people import CLERK, applicant

KEYS_OF = """table => new Promise((resolve, reject) => {
    const opening = indexedDB.open("zongchuang")
    opening.onerror = () => reject(opening.error)
    opening.onsuccess = () => {
        const asked = opening.result.transaction(table).objectStore(table).getAllKeys()
        asked.onsuccess = () => { opening.result.close(); resolve(asked.result.map(String)) }
    }
})"""


def stored(page: Page, table: str) -> list[str]:
    """The keys of what the tablet has stored."""
    return [str(key) for key in page.evaluate(KEYS_OF, table)]


def test_a_revoked_tablet_is_enrolled_anew_with_all_that_was_on_it(office: Office) -> None:
    tablet = office.tablet(CLERK, "停用的平板")
    page = tablet.page
    person = applicant(71)
    colleague = office.tablet(CLERK, "旁边的平板")
    theirs = colleague.intake.take_in(SHOP, applicant(73), photo=SHOP.materials[1])
    held = tablet.intake.take_in(SHOP, applicant(74), photo=SHOP.materials[1])
    tablet.cases.go()
    tablet.cases.expect_tick(held, "已到中心")
    expect(tablet.cases.row(theirs)).to_be_visible()
    tablet.expect_all_sent()
    tablet.line.cut()
    tablet.expect_cut()
    receipt_no = tablet.intake.take_in(SHOP, person, photo=SHOP.materials[1])
    tablet.intake.begin(STATEMENT, applicant(72))
    tablet.intake.expect_kept()
    console = office.console().sign_in()
    console.revoke("停用的平板", "送修")
    tablet.line.restore()

    # It knows as soon as the hub answers, and says so on every page; the form in hand stays.
    expect(tablet.bar).to_contain_text("本机已停用", timeout=30_000)
    expect(page.get_by_role("button", name="收件", exact=True)).to_be_disabled()
    page.get_by_role("button", name="查看和重新登记").click()
    expect(page.get_by_role("region", name="中心没有收的")).to_contain_text(person.name)
    expect(page.get_by_text("没办完的草稿 1 份")).to_be_visible()

    # What came from others and what the hub holds is gone from it; what exists nowhere else is not.
    expect(page.get_by_role("region", name="已从本机删除")).to_contain_text("从中心读来的办件")
    assert stored(page, "feeds") == ["zone"]
    assert len(stored(page, "photos")) == 1, "of what the hub did not take"
    tablet.cases.go()
    expect(tablet.cases.row(receipt_no)).to_be_visible()
    expect(tablet.cases.row(theirs)).to_be_hidden()
    page.get_by_role("navigation", name="主菜单").get_by_role("link", name="已停用").click()
    page.get_by_role("link", name=person.name).first.click()
    tablet.cases.expect_state("中心未收")
    expect(page.get_by_text("本机已停用，中心不再收")).to_be_visible()
    expect(page.get_by_role("button", name="打印凭证")).to_be_hidden()
    tablet.open("/desk/intake")
    tablet.unlock()
    expect(page.get_by_role("heading", name="本机已停用，不能再收件")).to_be_visible()

    tablet.enrol_anew(office.hub.enrol_code(CLERK.point), CLERK)
    tablet.expect_hub()
    page.get_by_role("button", name="去重新上报").click()
    expect(page.get_by_role("listitem").filter(has_text=receipt_no)).to_contain_text(person.name)
    page.get_by_role("button", name=f"重新上报：{person.name}").click()
    expect(page.get_by_text("都已重新上报")).to_be_visible()
    tablet.cases.go()
    tablet.cases.expect_tick(receipt_no, "已到中心")
    tablet.intake.go()
    expect(page.get_by_role("region", name="没办完的")).to_contain_text(applicant(72).name)
    tablet.lock()
    tablet.unlock()
