"""The desk surface as the people at it use it: enrol, sign in, unlock, change places, know how the line is."""

import re
from pathlib import Path
from typing import Self

from playwright.sync_api import BrowserContext, Locator, Page, expect

from e2e.casework import Casework
from e2e.guard import Guard
from e2e.intake import Intake
from e2e.line import Line
from e2e.people import PASSWORD, PIN, Account

# The hub's answer to a push, and a heartbeat that goes unanswered, in ms; a screen says so within it.
SOON_MS = 20_000
HEARTBEAT_MS = 60_000


class Desk:
    """One device with one tab open; a second tab is `beside()` it."""

    def __init__(
        self, context: BrowserContext, line: Line, guard: Guard, page: Page | None = None
    ) -> None:
        self.context = context
        self.line = line
        self.guard = guard
        self.page = page or context.new_page()
        self.intake = Intake(self.page)
        self.cases = Casework(self.page)

    def open(self, path: str = "/desk/") -> Self:
        self.page.goto(f"{self.line.url}{path}")
        return self

    def beside(self) -> "Desk":
        """Another tab of the same device."""
        return Desk(self.context, self.line, self.guard).open()

    def come_forward(self) -> Self:
        """Brings this tab to the front: browsers let hidden ones wait."""
        self.page.bring_to_front()
        return self

    def await_offline_ready(self) -> None:
        """Waits until a reload needs no line: the service worker holds the surface and controls the page."""
        self.page.wait_for_function(
            "() => new URL(navigator.serviceWorker.controller?.scriptURL ?? 'none:').pathname === '/desk/sw.js'"
        )

    # Before work

    def ask_to_enrol(self, code: str, name: str = "") -> None:
        self.page.get_by_label("登记码", exact=True).fill(code)
        self.page.get_by_label("给本机起个名字").fill(name)
        self.page.get_by_role("button", name="登记", exact=True).click()

    def enrol(self, code: str, name: str = "") -> None:
        self.ask_to_enrol(code, name)
        expect(self.page.get_by_role("heading", name="登录")).to_be_visible()

    def ask_to_sign_in(self, username: str, password: str = PASSWORD) -> None:
        self.page.get_by_label("账号", exact=True).fill(username)
        self.page.get_by_label("口令", exact=True).fill(password)
        self.page.get_by_role("button", name="登录", exact=True).click()

    def sign_in(self, account: Account, pin: str = PIN) -> None:
        """The first sign-in of a person on this device: password, then a PIN of their own, typed twice."""
        self.ask_to_sign_in(account.username)
        self.page.get_by_label("输入 6 位解锁码").fill(pin)
        self.page.get_by_label("再输入一次").fill(pin)
        self.expect_work()

    def ask_to_unlock(self, pin: str, name: str = "") -> None:
        if name:
            self.page.get_by_role("button", name=re.compile(name)).click()
        self.page.get_by_label("输入 6 位解锁码").fill(pin)

    def unlock(self, pin: str = PIN, name: str = "") -> None:
        self.ask_to_unlock(pin, name)
        self.expect_work()

    def reload(self) -> None:
        self.page.reload()

    def enrol_anew(self, code: str, account: Account) -> None:
        """A device out of service gets a new number; its people sign in again, and their PINs stay."""
        self.page.get_by_role("button", name="重新登记此设备").click()
        self.page.get_by_label("登记码", exact=True).fill(code)
        self.page.get_by_role("button", name="登记", exact=True).click()
        expect(self.page.get_by_text("已重新登记")).to_be_visible()
        self.ask_to_sign_in(account.username)
        self.expect_work()

    def lock(self) -> None:
        """换人: the tablet is handed to a colleague."""
        self.page.get_by_role("button", name="换人").click()
        expect(
            self.page.get_by_label("输入 6 位解锁码").or_(self.page.get_by_text("谁在用"))
        ).to_be_visible()

    def sign_out(self) -> None:
        self.page.get_by_role("button", name="更多").click()
        self.page.get_by_role("menuitem", name="退出登录").click()

    def expect_work(self) -> None:
        expect(self.page.get_by_role("navigation", name="主菜单")).to_be_visible()

    # The line

    @property
    def bar(self) -> Locator:
        """The status bar: where the line ends, what waits, what was refused."""
        return self.page.get_by_role("button", name="线路和待上传情况")

    def expect_cut(self, within_ms: int = SOON_MS) -> None:
        expect(self.bar).to_contain_text("断网", timeout=within_ms)

    def expect_hub(self, within_ms: int = SOON_MS) -> None:
        expect(self.bar).to_contain_text("线路通到：中心", timeout=within_ms)

    def expect_point(self, within_ms: int = SOON_MS) -> None:
        """The hub is away and the point's relay is there."""
        expect(self.bar).to_contain_text("线路通到：点位", timeout=within_ms)

    def expect_waiting(self, count: int, photos: int = 0) -> None:
        expect(self.bar).to_contain_text(f"{count} 件待上传", timeout=SOON_MS)
        if photos:
            self.expect_waiting_photos(photos)

    def expect_waiting_photos(self, count: int) -> None:
        expect(self.bar).to_contain_text(f"{count} 张图片待补传", timeout=SOON_MS)

    def expect_all_sent(self, within_ms: int = SOON_MS) -> None:
        expect(self.bar).not_to_contain_text(
            re.compile(r"\d (件待上传|张图片待补传)|断网|正在连接"), timeout=within_ms
        )
        expect(self.bar).to_contain_text(re.compile("全部已上传|要处理"), timeout=SOON_MS)

    def export_unsent(self, passphrase: str, file: Path) -> None:
        """导出未上传内容, under a passphrase."""
        self.bar.click()
        sheet = self.page.get_by_role("dialog", name="待上传")
        sheet.get_by_role("button", name="导出未上传内容").click()
        sheet.get_by_label("文件口令", exact=True).fill(passphrase)
        sheet.get_by_label("再输入一次文件口令").fill(passphrase)
        with self.page.expect_download() as saved:
            sheet.get_by_role("button", name="导出", exact=True).click()
        saved.value.save_as(file)
        expect(sheet.get_by_text("已导出")).to_be_visible()
        sheet.get_by_role("button", name="关闭").click()

    def send_now(self) -> None:
        """立即上传, as an impatient person does."""
        self.bar.click()
        sheet = self.page.get_by_role("dialog", name="待上传")
        sheet.get_by_role("button", name="立即上传").click()
        expect(sheet.get_by_text("已在后台尝试")).to_be_visible()
        sheet.get_by_role("button", name="关闭").click()
