"""The console as an administrator uses it: sign in, watch points and devices, make enrolment codes."""

import re
from typing import Self

from playwright.sync_api import BrowserContext, Locator, expect

from e2e.guard import Guard
from e2e.line import Line
from e2e.people import ADMINISTRATOR, PASSWORD


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

    def sign_in(self, username: str = ADMINISTRATOR.username, password: str = PASSWORD) -> None:
        self.page.get_by_label("用户名").fill(username)
        self.page.get_by_label("口令", exact=True).fill(password)
        self.page.get_by_role("button", name="登录", exact=True).click()

    def go(self, place: str) -> None:
        self.page.get_by_role("link", name=re.compile(place)).click()
        expect(self.page.get_by_role("heading", name=place, level=1)).to_be_visible()

    def device(self, number: int) -> Locator:
        """The row of a device."""
        return self.page.get_by_role("row").filter(
            has=self.page.get_by_role("cell", name=str(number), exact=True)
        )
