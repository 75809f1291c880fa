"""The papers that the desk prints, with so much on them that they go over several sheets."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from e2e.desk import Desk
from e2e.forms import COOPERATIVE
from e2e.office import Office
from e2e.paper import Sheet, printed
from e2e.people import CLERK_HALL, applicant

MM = 72 / 25.4
A4 = (210 * MM, 297 * MM)
SLIP = (80 * MM, 297 * MM)
# Material by material the end of the paper walks over the end of a sheet.
MATERIALS = range(7, 20)
STEPS = range(9, 18)

# More of what is there, made of what is there: A… and Z… are the first and the last word of each.
MORE_MATERIALS = """count => {
    const [body, end] = document.querySelectorAll('article.paper tbody')
    const rows = Array.from({ length: count }, (_, at) => {
        const row = end.rows[0].cloneNode(true)
        row.cells[1].textContent = `A${at}.` + '材料名称很长'.repeat(14) + `Z${at}.`
        return row
    })
    end.rows[0].replaceWith(rows.pop())
    body.replaceChildren(...rows)
}"""
MORE_STEPS = """count => {
    const steps = document.querySelector('.history ol')
    const first = steps.lastElementChild
    steps.replaceChildren(...Array.from({ length: count }, (_, at) => {
        const step = first.cloneNode(true)
        step.querySelector('b').textContent = `A${at}.`
        step.querySelector('.times').textContent = `Z${at}.`
        return step
    }))
}"""


@pytest.fixture
def clerk(office: Office) -> Desk:
    return office.tablet(CLERK_HALL)


def test_a_receipt_of_many_materials_breaks_between_them(clerk: Desk) -> None:
    clerk.intake.take_in(COOPERATIVE, applicant(61))
    for choice, size in (("A4", A4), ("80 毫米小票", SLIP)):
        clerk.page.get_by_role("radio", name=choice).check()
        for count, sheets in prints(clerk.page, MORE_MATERIALS, MATERIALS):
            expect_whole(sheets, size, count)
            expect_together(sheets, "收到材料", "A0.")
            # Nobody signs a sheet on which nothing stands.
            expect_together(sheets, f"A{count - 1}.", "本凭证证明", "申请人(签字)", "收件人(签字)")
            for sheet in sheets:
                assert "序号" in sheet.text, "rows without the heads of their columns"


def test_a_case_with_a_long_history_breaks_between_its_steps(clerk: Desk) -> None:
    receipt = clerk.intake.take_in(COOPERATIVE, applicant(62))
    clerk.cases.go()
    clerk.cases.open(receipt)
    clerk.cases.decide("一次性告知补正", lacking=COOPERATIVE.materials[0])
    expect(clerk.page.get_by_text("已告知补正 1 项")).to_be_visible()
    for count, sheets in prints(clerk.page, MORE_STEPS, STEPS):
        expect_whole(sheets, A4, count)
        expect_together(sheets, "办理经过", "A0.")
        expect_together(sheets, "申请内容", "拟定名称")
        expect_together(sheets, "交来的材料", COOPERATIVE.materials[1])


def prints(page: Page, grow: str, counts: range) -> Iterator[tuple[int, list[Sheet]]]:
    """The paper with each number of rows on it; it must have come to a second sheet."""
    most = 1
    for count in counts:
        page.evaluate(grow, count)
        sheets = printed(page)
        most = max(most, len(sheets))
        yield count, sheets
    assert most > 1, "everything fitted on one sheet: nothing was shown of its breaks"


def expect_whole(sheets: list[Sheet], size: tuple[float, float], count: int) -> None:
    """Nothing is lost or cut, and what belongs together stands on one sheet."""
    for sheet in sheets:
        assert (sheet.width, sheet.height) == pytest.approx(size, abs=1)
        assert sheet.words, "a sheet with nothing on it"
        for word in sheet.words:
            assert 0 < word.left < word.right < sheet.width, f"{word} goes over the edge"
            assert 0 < word.top < word.bottom < sheet.height, f"{word} goes over the edge"
    for at in range(count):
        expect_together(sheets, f"A{at}.", f"Z{at}.")


def expect_together(sheets: list[Sheet], *words: str) -> None:
    """All of them stand on the same sheet, and on no other."""
    at = [[number for number, sheet in enumerate(sheets) if word in sheet.text] for word in words]
    assert all(one == at[0] and len(one) == 1 for one in at), dict(zip(words, at, strict=True))
