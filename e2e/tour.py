"""A walk past every screen of the three surfaces; whoever walks along looks at each: with axe, or with a camera."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from playwright.sync_api import Page, expect

from e2e.console import Console
from e2e.desk import SOON_MS, Desk
from e2e.forms import COOPERATIVE, SHOP
from e2e.office import Office
from e2e.people import CLERK_HALL, PIN, applicant, misread, photograph
from e2e.phone import Phone
from e2e.scenery import Hall
from e2e.storage import held, leave_as

Surface = Literal["applicant", "desk", "console"]


@dataclass(frozen=True, slots=True)
class Stop:
    """One screen as it stands now."""

    surface: Surface
    screen: str
    page: Page


def applicant_screens(phone: Phone, hall: Hall) -> Iterator[Stop]:
    """Guide, search, following; large type, English, without a line."""

    def stop(screen: str) -> Stop:
        return Stop("applicant", screen, phone.page)

    main = phone.page.get_by_role("main")
    expect(main.get_by_role("heading", name="大家常办")).to_be_visible()
    expect(main.get_by_role("link", name=re.compile(SHOP.name)).first).to_be_visible()
    yield stop("home")
    phone.look_for("开店")
    yield stop("search")
    phone.look_for("天上的月亮")
    expect(main.get_by_text("没有找到").last).to_be_visible()
    yield stop("search-nothing")
    phone.open("/items")
    expect(main.get_by_role("link", name=re.compile(SHOP.name))).to_be_visible()
    yield stop("items")
    phone.open(f"/guide/{COOPERATIVE.id}")
    expect(main.get_by_role("heading", name=COOPERATIVE.name)).to_be_visible()
    yield stop("guide")
    phone.open("/follow")
    yield stop("follow-number")
    phone.ask_number("JK-HALL-2")
    expect(phone.refusal).to_be_visible()
    yield stop("follow-number-wrong")
    phone.ask_number(hall.review)
    expect(phone.page.get_by_label("证件号码最后四位")).to_be_visible()
    yield stop("follow-id")
    phone.answer_last4("0000")
    expect(phone.refusal).to_be_visible()
    yield stop("follow-refused")
    phone.answer_last4(applicant(43).last4)
    expect(phone.standing).to_be_visible()
    yield stop("follow-result")
    phone.open("/nothing-here")
    expect(main.get_by_text("没有这一页").first).to_be_visible()
    yield stop("missing")
    phone.open("/")
    phone.page.get_by_role("button", name=re.compile("^大字版")).click()
    yield stop("home-large")
    phone.page.get_by_role("button", name=re.compile("^(标准|普通|大字)")).click()
    phone.page.get_by_role("button", name=re.compile("English")).click()
    expect(phone.page.locator("html")).to_have_attribute("lang", "en")
    yield stop("home-english")


def access_screens(device: Desk, office: Office) -> Iterator[Stop]:
    """From a fresh browser to the first work of the day."""

    def stop(screen: str) -> Stop:
        return Stop("desk", screen, device.page)

    expect(device.page.get_by_role("heading", name="登记本机")).to_be_visible()
    yield stop("enrol")
    device.ask_to_enrol("AAAAA-AAAAA")
    expect(device.page.get_by_role("alert")).to_be_visible()
    yield stop("enrol-refused")
    device.enrol(office.hub.enrol_code(CLERK_HALL.point), "一楼大厅 3 号窗口")
    yield stop("sign-in")
    device.ask_to_sign_in(CLERK_HALL.username)
    expect(device.page.get_by_label("输入 6 位解锁码")).to_be_visible()
    yield stop("pin")
    device.page.get_by_label("输入 6 位解锁码").fill(PIN)
    device.page.get_by_label("再输入一次").fill(PIN)
    device.expect_work()
    device.await_offline_ready()
    device.lock()
    yield stop("lock")
    device.unlock()
    expect(device.page.get_by_text("没有草稿")).to_be_visible()


def intake_screens(clerk: Desk) -> Iterator[Stop]:
    """From finding an item to the receipt, with a slip on the way."""
    person, page, intake = applicant(47), clerk.page, clerk.intake

    def stop(screen: str) -> Stop:
        return Stop("desk", screen, page)

    intake.go()
    expect(page.get_by_role("heading", name="高频事项")).to_be_visible()
    yield stop("intake")
    page.get_by_role("combobox", name="查找事项").fill("kd")
    expect(page.get_by_role("option").first).to_be_visible()
    yield stop("intake-find")
    page.get_by_role("combobox", name="查找事项").fill("")
    intake.find_item(COOPERATIVE.keys, COOPERATIVE.name)
    yield stop("draft-empty")
    intake.fill({**COOPERATIVE.answers(person), "operatorIdNo": misread(person.id_no)})
    intake.shoot(COOPERATIVE.materials[0], photograph(person.id_no, table=240))
    yield stop("photo-crop")
    intake.take_crop()
    intake.expect_kept()
    intake.ask_to_receive()
    expect(page.get_by_role("alert")).to_be_visible()
    yield stop("draft-wrong")
    intake.answer("operatorIdNo", person.id_no)
    intake.ask_to_receive()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_be_visible()
    yield stop("draft-incomplete")
    dialog.get_by_role("button", name="回去补齐").click()
    intake.all_materials()
    intake.photographs(COOPERATIVE.materials[0]).first.click()
    expect(dialog).to_be_visible()
    expect(dialog.get_by_role("img")).to_be_visible()
    yield stop("photo")
    dialog.get_by_role("button", name="关闭").click()
    yield stop("draft")
    intake.receive()
    yield stop("receipt")
    page.get_by_role("radio", name="80 毫米小票").check()
    yield stop("receipt-slip")
    page.get_by_role("radio", name="A4").check()


def case_screens(hall: Hall) -> Iterator[Stop]:
    """Lists, cases, what needs a person, the sheets of the acts."""
    clerk, page = hall.clerk, hall.clerk.page

    def stop(screen: str, of: Page = page) -> Stop:
        return Stop("desk", screen, of)

    clerk.cases.go()
    expect(clerk.cases.row(hall.received)).to_be_visible()
    yield stop("cases")
    clerk.cases.open(hall.approved)
    yield stop("case")
    clerk.cases.open(hall.twice)
    expect(page.get_by_text("两个人各填了一个")).to_be_visible()
    yield stop("case-two-values")
    page.get_by_role("radio", name="要处理").check()
    expect(clerk.cases.row(hall.received)).to_be_hidden()
    yield stop("attention")
    page.get_by_role("radio", name="全部").check()
    clerk.cases.open(hall.void)
    expect(page.get_by_text("没有生效").first).to_be_visible()
    yield stop("case-void")
    clerk.cases.open(hall.received)
    yield from sheet(clerk, "一次性告知补正", "act-correction")
    yield from sheet(clerk, "不予受理", "act-refuse")
    page.get_by_role("button", name="修改信息").click()
    expect(page.get_by_role("dialog")).to_be_visible()
    yield stop("case-edit")
    page.get_by_role("dialog").get_by_role("button", name="关闭").click()
    hall.approver.cases.go("待办")
    yield stop("queue", hall.approver.page)
    hall.approver.cases.open(hall.review, "待办")
    yield stop("queue-case", hall.approver.page)
    yield from sheet(hall.approver, "准予", "act-approve")


def sheet(desk: Desk, act: str, screen: str) -> Iterator[Stop]:
    """One act's sheet, opened and closed again."""
    opened = desk.cases.act(act)
    expect(opened).to_be_visible()
    yield Stop("desk", screen, desk.page)
    opened.get_by_role("button", name="关闭").click()
    expect(opened).to_be_hidden()


def line_screens(clerk: Desk) -> Iterator[Stop]:
    """What waits and why, with the line cut."""
    page = clerk.page
    clerk.line.cut()
    clerk.expect_cut()
    clerk.intake.take_in(SHOP, applicant(48), photo=SHOP.materials[0])
    clerk.cases.go()
    yield Stop("desk", "cases-cut", page)
    clerk.bar.click()
    sheet = page.get_by_role("dialog", name="待上传")
    expect(sheet.get_by_role("listitem").first).to_be_visible()
    yield Stop("desk", "waiting", page)
    sheet.get_by_role("button", name="导出未上传内容").click()
    expect(sheet.get_by_label("再输入一次文件口令")).to_be_visible()
    yield Stop("desk", "export", page)
    sheet.get_by_role("button", name="关闭").click()
    clerk.lock()
    yield Stop("desk", "lock-cut", page)
    clerk.unlock()
    clerk.line.restore()
    clerk.expect_all_sent()


def english_desk(clerk: Desk) -> Iterator[Stop]:
    """The desk in its second language."""
    clerk.intake.go()
    clerk.page.get_by_role("button", name="更多").click()
    clerk.page.get_by_role("menuitem", name="English").click()
    expect(clerk.page.locator("html")).to_have_attribute("lang", "en")
    yield Stop("desk", "intake-english", clerk.page)


def console_screens(console: Console) -> Iterator[Stop]:
    """Sign-in, the overview with its troubles, problems, copies and one device's, an enrolment code, a revocation."""
    page = console.page

    def stop(screen: str) -> Stop:
        return Stop("console", screen, page)

    expect(page.get_by_role("heading", name="登录控制台")).to_be_visible()
    yield stop("sign-in")
    console.ask_to_sign_in("nobody", "wrong")
    expect(page.get_by_role("alert")).to_be_visible()
    yield stop("sign-in-refused")
    console.sign_in()
    expect(page.get_by_role("region", name="设备")).to_be_visible()
    yield stop("overview")
    console.device("一楼大厅 3 号窗口").get_by_role("button", name=re.compile("停用")).click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_be_visible()
    yield stop("revoke")
    dialog.get_by_role("button", name="不停用").click()
    expect(dialog).to_be_hidden()
    console.go("要处理的问题")
    yield stop("problems")
    page.get_by_role("radio", name="未生效").check()
    expect(page.get_by_role("row").nth(1)).to_be_visible()
    yield stop("problems-void")
    console.go("数据与备份")
    copies = page.get_by_role("region", name="各设备与中心对照", exact=True)
    expect(copies.get_by_role("row").nth(1)).to_be_visible()
    yield stop("replicas")
    copies.get_by_role("link", name="一楼大厅 3 号窗口").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("一楼大厅 3 号窗口")
    yield stop("device")
    held = page.get_by_role("region", name="设备上的数据与中心对照", exact=True).last
    held.get_by_role("link", name="全区公用").click()
    expect(page.get_by_role("heading", name="全区公用")).to_be_visible()
    yield stop("feed")
    console.go("登记设备")
    yield stop("enrol")
    console.make_code("管委会一楼大厅")
    yield stop("enrol-code")


def revoked_screens(device: Desk, office: Office) -> Iterator[Stop]:
    """A tablet out of service, and enrolled anew."""
    page = device.page

    def stop(screen: str) -> Stop:
        return Stop("desk", screen, page)

    device.line.cut()
    device.expect_cut()
    device.intake.take_in(SHOP, applicant(49), photo=SHOP.materials[0])
    device.intake.take_in(SHOP, applicant(50))
    office.console().sign_in().revoke("一楼大厅 3 号窗口", "送修")
    device.line.restore()
    page.get_by_role("button", name="查看和重新登记").click(timeout=30_000)
    expect(page.get_by_role("region", name="中心没有收的").get_by_role("link")).to_have_count(3)
    yield stop("revoked")
    page.get_by_role("link", name=applicant(49).name).first.click()
    device.cases.expect_state("中心未收")
    yield stop("revoked-case")
    device.cases.go()
    page.get_by_role("radio", name="要处理").check()
    yield stop("revoked-list")
    device.lock()
    yield stop("revoked-lock")
    page.get_by_role("button", name="重新登记此设备").click()
    expect(page.get_by_label("登记码", exact=True)).to_be_visible()
    yield stop("enrol-anew")
    page.go_back()
    device.unlock()
    page.get_by_role("link", name="已停用").click()
    device.enrol_anew(office.hub.enrol_code(CLERK_HALL.point), CLERK_HALL)
    page.get_by_role("button", name="去重新上报").click()
    expect(page.get_by_role("button", name=re.compile("^重新上报：")).first).to_be_visible()
    yield stop("former")


def storage_screens(tablet: Desk) -> Iterator[Stop]:
    """A form that is not saved because the storage hangs; data that a new version of the program cannot upgrade."""
    page = tablet.page
    tablet.intake.begin(COOPERATIVE, applicant(51))
    tablet.intake.expect_kept()
    with held(tablet, 21):
        tablet.intake.answer("members", "36")
        expect(page.locator("header .saved")).to_contain_text("没有存上", timeout=SOON_MS)
        yield Stop("desk", "not-saved", page)
    tablet.intake.expect_kept()
    tablet.line.cut()
    tablet.expect_cut()
    tablet.intake.take_in(SHOP, applicant(52))
    leave_as(tablet, 10, in_the_way=True)
    tablet.open()
    expect(page.get_by_role("heading", name="本机数据没能升级")).to_be_visible()
    yield Stop("desk", "upgrade-failed", page)
    tablet.ask_to_unlock(PIN)
    expect(page.get_by_label("再输入一次文件口令")).to_be_visible()
    yield Stop("desk", "upgrade-failed-export", page)


def whole_tour(office: Office, hall: Hall) -> Iterator[Stop]:
    """Every screen once."""
    device = office.device()
    yield from access_screens(device, office)
    yield from intake_screens(hall.clerk)
    yield from case_screens(hall)
    yield from line_screens(hall.clerk)
    yield from english_desk(hall.clerk)
    yield from applicant_screens(office.phone(), hall)
    yield from console_screens(office.console())
    yield from revoked_screens(device, office)
    yield from storage_screens(office.tablet(CLERK_HALL))


def settle(page: Page) -> None:
    """Lets colours and sheets arrive where they are going."""
    page.evaluate(
        "() => Promise.all(document.getAnimations().filter((one) => one.effect.getTiming().iterations !== Infinity)"
        ".map((one) => one.finished.catch(() => undefined)))"
    )
