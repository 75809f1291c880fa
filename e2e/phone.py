"""The applicant surface as a person holds it: find an item, read its guide, follow a case."""

import re
from typing import Self

from playwright.sync_api import BrowserContext, Locator, expect

from e2e.guard import Guard
from e2e.line import Line

# A waiting function may not answer with a promise, so this one asks the cache itself, frame by frame.
_AWAIT_KEPT = """async (path) => {
  for (let frame = 0; frame < 900; frame += 1) {
    if ((await caches.match(path)) !== undefined) return true
    await new Promise((resolve) => requestAnimationFrame(resolve))
  }
  return false
}"""


class Phone:
    """One phone with one tab."""

    def __init__(self, context: BrowserContext, line: Line, guard: Guard) -> None:
        self.context = context
        self.line = line
        self.guard = guard
        self.page = context.new_page()

    def open(self, path: str = "/") -> Self:
        self.page.goto(f"{self.line.url}{path}")
        return self

    def await_offline_ready(self, item: str) -> None:
        """Waits until the service worker holds the surface and the guide of an item."""
        self.page.wait_for_function(
            "() => new URL(navigator.serviceWorker.controller?.scriptURL ?? 'none:').pathname === '/sw.js'"
        )
        kept = self.page.evaluate(_AWAIT_KEPT, f"/api/guide/items/{item}")
        assert kept, f"the guide of {item} was not kept"

    def look_for(self, text: str) -> None:
        self.page.get_by_role("searchbox").or_(self.page.get_by_label("找一找要办的事")).first.fill(
            text
        )

    def open_guide(self, name: str) -> None:
        self.page.get_by_role("main").get_by_role(
            "link", name=re.compile(re.escape(name))
        ).first.click()
        expect(self.page.get_by_role("heading", name=name, level=1)).to_be_visible()

    def follow(self, receipt_no: str, last4: str) -> None:
        """Asks how a case stands; the answer, or the refusal, is on the screen."""
        self.open("/follow")
        self.ask_number(receipt_no)
        self.answer_last4(last4)

    def ask_number(self, receipt_no: str) -> None:
        self.page.get_by_label("收件号", exact=True).fill(receipt_no)
        self.page.get_by_role("button", name="继续").click()

    def answer_last4(self, last4: str) -> None:
        self.page.get_by_label("证件号码最后四位").fill(last4)
        self.page.get_by_role("button", name="查进度").click()

    @property
    def standing(self) -> Locator:
        """How the case stands, in plain words."""
        return self.page.locator("#follow-now")

    @property
    def refusal(self) -> Locator:
        return self.page.get_by_role("alert")
