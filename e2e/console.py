"""The console as an administrator uses it: sign in, make enrolment codes, watch points and devices."""

import re
from typing import Literal, Self

from playwright.sync_api import BrowserContext, Locator, Page, expect

from e2e.guard import Guard
from e2e.line import Line
from e2e.people import ADMINISTRATOR, PASSWORD

# The console asks the hub every few seconds.
LOOK_MS = 20_000
# The columns of the table of devices.
Figure = Literal["未上传", "待传图片", "被退回"]
_COLUMNS: dict[Figure, int] = {"未上传": 4, "待传图片": 5, "被退回": 6}


class Console:
    """The console in one tab."""

    def __init__(self, context: BrowserContext, line: Line, guard: Guard) -> None:
        self.context = context
        self.line = line
        self.guard = guard
        self.page = context.new_page()

    def open(self, path: str = "/console/") -> Self:
        self.page.goto(f"{self.line.url}{path}")
        return self

    def ask_to_sign_in(self, username: str, password: str = PASSWORD) -> None:
        self.page.get_by_label("账号", exact=True).fill(username)
        self.page.get_by_label("口令", exact=True).fill(password)
        self.page.get_by_role("button", name="登录", exact=True).click()

    def sign_in(self) -> Self:
        self.ask_to_sign_in(ADMINISTRATOR.username)
        expect(self.page.get_by_role("heading", name="总览")).to_be_visible()
        return self

    def go(self, place: Literal["总览", "要处理的问题", "数据与备份", "登记设备"]) -> None:
        self.page.get_by_role("navigation", name="主菜单").get_by_role("link", name=place).click()
        expect(self.page.get_by_role("heading", name=place, level=1)).to_be_visible()

    def make_code(self, point: str, kind: Literal["平板", "电脑"] = "平板") -> str:
        """An enrolment code as the administrator reads it out."""
        self.go("登记设备")
        self.page.get_by_role("radio", name=point).check()
        self.page.get_by_role("radio", name=kind).check()
        self.page.get_by_role("button", name=re.compile("生成")).click()
        picture = self.page.get_by_role("img", name=re.compile("的二维码$"))
        expect(picture).to_be_visible()
        return re.sub("^登记码 (.+) 的二维码$", r"\1", picture.get_attribute("alt") or "")

    def device(self, name: str) -> Locator:
        """The row of a device in the overview."""
        header = self.page.get_by_role("rowheader", name=name)
        return self.page.get_by_role("region", name="设备").get_by_role("row").filter(has=header)

    def watch(self, device: str) -> Page:
        """The page of a device."""
        self.device(device).get_by_role("link").click()
        expect(self.page.get_by_role("heading", level=1)).to_contain_text(device)
        return self.page

    def expect_total(self, name: str, value: int) -> None:
        """One of the figures on top of the overview."""
        total = self.page.locator("dl > div").filter(has=self.page.get_by_text(name, exact=True))
        expect(total.locator("dd")).to_have_text(str(value), timeout=LOOK_MS)

    def expect_figure(self, device: str, figure: Figure, value: int) -> None:
        cell = self.device(device).get_by_role("cell").nth(_COLUMNS[figure])
        expect(cell).to_have_text(str(value), timeout=LOOK_MS)

    def revoke(self, device: str, reason: str) -> None:
        self.device(device).get_by_role("button", name=re.compile("停用")).click()
        dialog = self.page.get_by_role("dialog")
        dialog.get_by_label("原因").fill(reason)
        dialog.get_by_role("button", name="停用这台设备").click()
        expect(self.device(device)).to_contain_text(reason)
