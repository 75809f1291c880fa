"""Cases as clerks and the back office see and decide them: lists, ticks, acts, what needs a person."""

import re
from typing import Literal

from playwright.sync_api import Locator, Page, expect

Tick = Literal["已存本机", "已到点位", "已到中心"]
# A tick turns when the hub has said so; a photograph and a reconnection may come before it.
ARRIVAL_MS = 30_000


class Casework:
    """The lists 办件 and 待办, and the case beside them."""

    def __init__(self, page: Page) -> None:
        self.page = page

    def go(self, place: Literal["办件", "待办"] = "办件") -> None:
        self.page.get_by_role("navigation", name="主菜单").get_by_role("link", name=place).click()
        expect(self.page.get_by_role("region", name=place)).to_be_visible()

    def row(self, receipt_no: str) -> Locator:
        return self.page.get_by_role("listitem").filter(
            has=self.page.get_by_role("button").filter(has_text=receipt_no)
        )

    def search(self, text: str) -> None:
        self.page.get_by_label("查找办件").fill(text)

    def expect_tick(self, receipt_no: str, tick: Tick, within_ms: int = ARRIVAL_MS) -> None:
        expect(self.row(receipt_no).locator(".ticks .word")).to_have_text(tick, timeout=within_ms)

    def expect_state(self, state: str, within_ms: int = ARRIVAL_MS) -> None:
        expect(self.page.locator("article .standing .state")).to_have_text(state, timeout=within_ms)

    def open(self, receipt_no: str, place: Literal["办件", "待办"] = "办件") -> None:
        self.go(place)
        self.row(receipt_no).get_by_role("button").click(timeout=ARRIVAL_MS)
        expect(self.page.locator("article .numbers")).to_contain_text(receipt_no)

    def fetch(self, receipt_no: str) -> None:
        """Asks for a case of another point by its number, and waits until it is here and open."""
        self.go()
        self.search(receipt_no)
        self.page.get_by_role("button", name="到其他点位找").click()
        sheet = self.page.get_by_role("dialog", name="调取其他点位的办件")
        expect(sheet.get_by_label("收件号或办件编号")).to_have_value(receipt_no)
        sheet.get_by_role("button", name="调取", exact=True).click()
        expect(self.page.locator("article .numbers")).to_contain_text(
            receipt_no, timeout=ARRIVAL_MS
        )

    def field(self, label: str) -> Locator:
        """A field of the open case, with its one value or its two."""
        terms = self.page.get_by_role("region", name="申请内容").locator("dl > div")
        return terms.filter(has=self.page.locator("dt").get_by_text(label, exact=True)).locator(
            "dd"
        )

    @property
    def history(self) -> Locator:
        return self.page.get_by_role("region", name="办理经过")

    def note(self, title: str) -> Locator:
        """A note on the open case that something needs a person."""
        return self.page.locator("article .notes > .note").filter(has_text=title)

    # Acts

    def act(self, name: str) -> Locator:
        """Opens the sheet of an act, from the big button or the menu beside it."""
        foot = self.page.locator("article footer")
        big = foot.get_by_role("button", name=name, exact=True)
        menu = foot.get_by_role("button", name=re.compile("^(其他办理|办理)"))
        expect(big.or_(menu).first).to_be_visible()
        if big.is_visible():
            big.click()
        else:
            menu.click()
            self.page.get_by_role("menuitem", name=re.compile(f"^{name}")).click()
        return self.page.get_by_role("dialog", name=name)

    def decide(self, name: str, opinion: str = "", reason: str = "", lacking: str = "") -> None:
        """Does an act with what it needs, and waits for the sheet to close; `lacking` names a material."""
        sheet = self.act(name)
        if opinion:
            sheet.get_by_label("意见").fill(opinion)
        if reason:
            sheet.get_by_label("理由").fill(reason)
        if lacking:
            sheet.get_by_role("checkbox", name=lacking).check()
            sheet.get_by_label(f"{lacking}怎么补").fill("缺申请人签字页")
        sheet.get_by_role("button", name=f"确认{name}").click()
        expect(sheet).to_be_hidden()

    def settle(self, receipt_no: str, act: str, opinion: str = "") -> None:
        """Opens a case from the queue and does one act."""
        self.open(receipt_no, "待办")
        self.decide(act, opinion)

    def edit(self, answers: dict[str, str]) -> None:
        """Changes answers outside of any act."""
        self.page.get_by_role("button", name="修改信息").click()
        sheet = self.page.get_by_role("dialog", name="修改信息")
        for key, answer in answers.items():
            sheet.locator(f"#field-{key}").fill(answer)
        sheet.get_by_role("button", name=re.compile("^保存")).click()
        expect(sheet).to_be_hidden()
