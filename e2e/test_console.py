"""The console for those who only look, for those who may not, and while the hub does not answer."""

import re
from datetime import UTC, datetime, timedelta

from playwright.sync_api import Route, expect

from e2e.console import LOOK_MS
from e2e.office import Office
from e2e.people import CLERK_HALL, SUPERVISOR


def test_who_only_watches_is_offered_nothing_else(office: Office) -> None:
    office.tablet(CLERK_HALL, "被看的平板")
    console = office.console()
    console.ask_to_sign_in(SUPERVISOR.username)
    row = console.device("被看的平板")
    expect(row).to_contain_text("在线")
    expect(row.get_by_role("button")).to_have_count(0)
    menu = console.page.get_by_role("navigation", name="主菜单")
    expect(menu.get_by_role("link", name="要处理的问题")).to_be_visible()
    expect(menu.get_by_role("link", name="登记设备")).to_have_count(0)
    expect(console.page.get_by_text("需要时请找系统管理员，或本点位的管理员").first).to_be_visible()
    # The address may still be typed.
    console.open("/console/enrol")
    expect(console.page.get_by_text("您的账号可以看，但不能登记设备")).to_be_visible()
    expect(console.page.get_by_role("button", name=re.compile("生成"))).to_have_count(0)


def test_who_has_no_right_to_the_console_is_told_so(office: Office) -> None:
    console = office.console()
    console.ask_to_sign_in(CLERK_HALL.username)
    denied = console.page.get_by_text("您的账号不能看这一页")
    expect(denied).to_be_visible()
    for path in (
        "/console/problems",
        "/console/enrol",
        "/console/replicas",
        "/console/replicas/zone",
        "/console/devices/2",
    ):
        console.open(path)
        expect(denied).to_be_visible()
    console.page.get_by_role("button", name="换账号登录").click()
    expect(console.page.get_by_role("heading", name="登录控制台")).to_be_visible()


def test_pages_say_that_they_wait_that_they_failed_and_how_old_they_are(office: Office) -> None:
    console = office.console().sign_in()
    page, held = console.page, list[Route]()

    def hold(route: Route) -> None:
        held.append(route)

    for path, address in (
        ("/console/", "**/api/console/overview"),
        ("/console/problems", "**/api/console/problems"),
        ("/console/enrol", "**/api/console/overview"),
        ("/console/replicas", "**/api/console/replicas"),
        ("/console/replicas/zone", "**/api/console/feed?name=zone"),
    ):
        page.route(address, hold)
        console.open(path)
        expect(page.get_by_role("status").filter(has_text="正在取数据")).to_be_visible()
        # The page asks again by itself: every try fails until the failure was looked at.
        page.route(address, lambda route: route.abort())
        for route in held:
            route.abort()
        held.clear()
        failed = page.get_by_role("alert").filter(has_text="没有取到数据")
        expect(failed).to_be_visible()
        with page.expect_request(address):
            failed.get_by_role("button", name="现在再试").click()
        expect(failed).to_be_visible()
        page.unroute(address)
        expect(failed).to_be_hidden(timeout=LOOK_MS)
        expect(page.get_by_role("main").get_by_role("heading", level=1)).to_be_visible()
    console.go("总览")
    console.line.cut()
    old = page.get_by_role("alert")
    expect(old).to_contain_text("连不上中心", timeout=LOOK_MS)
    expect(page.get_by_role("region", name="设备")).to_be_visible()
    console.line.restore()
    expect(old).to_be_hidden(timeout=LOOK_MS)


def test_a_code_is_good_for_its_time_though_this_clock_is_off(office: Office) -> None:
    console = office.console().sign_in()
    console.page.clock.install(time=datetime.now(UTC) + timedelta(minutes=20))
    console.make_code("九站街道")
    expect(console.page.get_by_role("timer")).to_contain_text(re.compile("还剩 (10:00|09:)"))
