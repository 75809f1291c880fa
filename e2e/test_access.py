"""Who may use a tablet: enrolment codes, PINs that slow down, colleagues who share it, unsent work that stays."""

from playwright.sync_api import expect

from e2e.forms import SHOP
from e2e.office import Office
from e2e.people import CLERK, CLERK_HALL, PIN, SECOND_CLERK_HALL, applicant

OTHER_PIN = "918273"
WRONG_PIN = "135792"


def test_enrolment_codes_that_will_not_do_say_why(office: Office) -> None:
    device = office.device()
    refused = device.page.get_by_role("alert")
    device.ask_to_enrol("AAAAA-AAAAA")
    expect(refused).to_contain_text("登记码不对")
    used = office.hub.enrol_code("JZ")
    office.device().enrol(used)
    device.ask_to_enrol(used)
    expect(refused).to_contain_text("登记码已用过")
    stale = office.hub.enrol_code("JZ")
    office.hub.let_codes_expire()
    device.ask_to_enrol(stale)
    expect(refused).to_contain_text("登记码已过期")
    # What was typed stays, and a good one is taken, in small letters and without its hyphen.
    expect(device.page.get_by_label("登记码", exact=True)).to_have_value(stale)
    device.enrol(office.hub.command("enrol-code", "JZ").strip().lower().replace("-", " "))


def test_wrong_pins_slow_down_and_a_reload_forgives_nothing(office: Office) -> None:
    tablet = office.tablet(CLERK)
    tablet.line.cut()
    tablet.reload()
    refused = tablet.page.get_by_role("alert")
    for _ in range(3):
        tablet.ask_to_unlock(WRONG_PIN)
        expect(refused).to_contain_text("解锁码不对")
        expect(tablet.page.get_by_label("输入 6 位解锁码")).to_have_value("")
    tablet.ask_to_unlock(WRONG_PIN)
    expect(refused).to_contain_text("请等")
    tablet.reload()
    expect(refused).to_contain_text("请等")
    expect(tablet.page.get_by_label("输入 6 位解锁码")).to_be_disabled()
    # The wait is over by itself, and the right PIN opens, with the line still cut.
    expect(tablet.page.get_by_label("输入 6 位解锁码")).to_be_enabled(timeout=15_000)
    tablet.unlock(PIN)
    tablet.expect_cut()


def test_whoever_forgot_the_pin_sets_a_new_one_with_the_password(office: Office) -> None:
    tablet = office.tablet(CLERK)
    tablet.intake.begin(SHOP, applicant(38))
    tablet.intake.expect_kept()
    tablet.lock()
    tablet.page.get_by_role("link", name="忘了解锁码").click()
    tablet.sign_in(CLERK, OTHER_PIN)
    # Only the new one opens from now on, the line cut, and the draft is still there.
    tablet.line.cut()
    tablet.reload()
    tablet.ask_to_unlock(PIN)
    expect(tablet.page.get_by_role("alert")).to_contain_text("解锁码不对")
    tablet.unlock(OTHER_PIN)
    tablet.intake.go()
    tablet.intake.resume(applicant(38).name)


def test_colleagues_who_share_a_tablet_see_nothing_of_each_others_drafts(office: Office) -> None:
    first, second = applicant(30), applicant(31)
    tablet = office.tablet(CLERK_HALL)
    tablet.intake.begin(SHOP, first)
    tablet.intake.expect_kept()
    tablet.lock()
    tablet.page.get_by_role("link", name="其他人登录").click()
    tablet.sign_in(SECOND_CLERK_HALL, OTHER_PIN)
    tablet.intake.go()
    expect(tablet.page.get_by_text("没有草稿")).to_be_visible()
    tablet.intake.begin(SHOP, second)
    tablet.intake.expect_kept()
    tablet.cases.go()
    tablet.cases.search(first.name)
    expect(tablet.page.get_by_text("没有找到")).to_be_visible()

    # Nor with the line cut, nor by the other's PIN.
    tablet.line.cut()
    tablet.lock()
    tablet.ask_to_unlock(PIN, "受理员乙")
    expect(tablet.page.get_by_role("alert")).to_contain_text("解锁码不对")
    tablet.unlock(PIN, "受理员甲")
    tablet.intake.go()
    tablet.intake.resume(first.name)
    expect(tablet.intake.field("operatorName")).to_have_value(first.name)
    tablet.intake.go()
    expect(tablet.page.get_by_role("link", name=second.name)).to_be_hidden()


def test_a_change_of_clerk_leaves_nothing_on_any_screen(office: Office) -> None:
    first, second = applicant(34), applicant(35)
    tablet = office.tablet(CLERK_HALL)
    tablet.intake.take_in(SHOP, first)
    tablet.page.get_by_role("button", name="同一人再办一件").click()
    carried = tablet.page.get_by_text("下一件将带入")
    expect(carried).to_contain_text(first.name)
    tablet.lock()
    tablet.unlock(PIN)
    expect(tablet.page.get_by_role("heading", name="办什么事项")).to_be_visible()
    expect(carried).to_be_hidden()

    # A colleague signs in in another tab, and nobody has locked.
    tablet.intake.begin(SHOP, second)
    tablet.intake.expect_kept()
    beside = tablet.beside()
    beside.expect_work()
    beside.open("/desk/sign-in")
    beside.sign_in(SECOND_CLERK_HALL, OTHER_PIN)
    tablet.come_forward()
    expect(tablet.page.get_by_role("heading", name="办什么事项")).to_be_visible()
    expect(tablet.page.get_by_text("受理员乙")).to_be_visible()
    expect(tablet.page.get_by_text(second.name)).to_be_hidden()
    beside.come_forward().intake.go()
    expect(beside.page.get_by_text("没有草稿")).to_be_visible()


def test_locking_and_signing_out_keep_what_was_not_sent(office: Office) -> None:
    tablet = office.tablet(CLERK)
    tablet.line.cut()
    tablet.expect_cut()
    receipt = tablet.intake.take_in(SHOP, applicant(32), photo=SHOP.materials[0])
    draft = applicant(33)
    tablet.intake.begin(SHOP, draft)
    tablet.lock()
    tablet.unlock(PIN)
    # The form opens where it was.
    expect(tablet.intake.field("operatorName")).to_have_value(draft.name)
    # Without a line nobody gets in again, so it is asked before; what waits is said to whoever finds the tablet locked.
    tablet.sign_out()
    asked = tablet.page.get_by_role("dialog", name="没连上中心时退出登录")
    asked.get_by_role("button", name="换人").click()
    expect(tablet.page.get_by_text("本机还有 2 项没上传")).to_be_visible()
    tablet.unlock(PIN)
    tablet.sign_out()
    asked.get_by_role("button", name="退出登录").click()
    expect(tablet.page.get_by_role("heading", name="登录")).to_be_visible()

    tablet.line.restore()
    tablet.reload()
    tablet.sign_in(CLERK, OTHER_PIN)
    tablet.cases.go()
    tablet.cases.expect_tick(receipt, "已到中心")
    tablet.intake.go()
    tablet.intake.resume(draft.name)
    expect(tablet.intake.field("operatorName")).to_have_value(draft.name)


def test_a_browser_that_was_wiped_says_what_was_not_sent(office: Office) -> None:
    tablet = office.tablet(CLERK)
    tablet.line.cut()
    tablet.expect_cut()
    tablet.intake.take_in(SHOP, applicant(36))
    tablet.expect_waiting(1)
    tablet.page.evaluate("() => { indexedDB.deleteDatabase('zongchuang') }")
    tablet.reload()
    expect(tablet.page.get_by_role("heading", name="登记本机")).to_be_visible()
    lost = tablet.page.get_by_role("alert").filter(has_text="本机的数据被浏览器清除过")
    expect(lost).to_contain_text("清除前有 1 项没有上传")
