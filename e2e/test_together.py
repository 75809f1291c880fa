"""Several people at one case: nobody overwrites anybody in silence, one decision wins, a refusal is told its author."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import expect

from e2e.casework import ARRIVAL_MS
from e2e.conftest import serve
from e2e.forms import SHOP
from e2e.hub import Hub, copy_of
from e2e.office import Office
from e2e.people import CLERK_HALL, SECOND_CLERK_HALL, applicant
from e2e.zone import withdraw_role

OTHER_PIN = "918273"


@pytest.fixture(scope="module")
def served_hub(
    template: Path, surfaces: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Hub]:
    """A hub of its own, whose people lose roles."""
    yield from serve(copy_of(template, tmp_path_factory.mktemp("together") / "data", surfaces))


def test_two_values_of_one_field_are_both_shown_until_a_person_chooses(office: Office) -> None:
    first, second = office.tablet(CLERK_HALL, "一号"), office.tablet(SECOND_CLERK_HALL, "二号")
    receipt = first.intake.take_in(SHOP, applicant(50))
    second.cases.open(receipt)
    first.cases.open(receipt)
    first.cases.expect_tick(receipt, "已到中心")
    first.line.cut()
    second.line.cut()
    first.cases.edit({"contactPhone": "13900000001"})
    second.cases.edit({"contactPhone": "13900000002"})
    first.line.restore()
    second.line.restore()

    for tablet in (first, second):
        field = tablet.cases.field("联系电话")
        expect(field).to_contain_text("两个人各填了一个", timeout=ARRIVAL_MS)
        expect(field).to_contain_text("13900000001")
        expect(field).to_contain_text("13900000002")
        expect(tablet.cases.row(receipt)).to_contain_text("待核对")
        expect(tablet.page.get_by_text("有 1 处两人填得不一样")).to_be_visible()
    chosen = second.cases.field("联系电话").get_by_role("button", name=re.compile("13900000001"))
    chosen.click()
    for tablet in (second, first):
        field = tablet.cases.field("联系电话")
        expect(field).to_have_text("13900000001", timeout=ARRIVAL_MS)
        expect(tablet.cases.row(receipt)).not_to_contain_text("待核对")
        expect(tablet.page.get_by_text("处两人填得不一样")).to_be_hidden()
        # The newest first: who chose, what had stood there, what stands there now.
        told = tablet.cases.history.get_by_role("listitem").filter(has_text="联系电话").first
        expect(told).to_contain_text("现为：13900000001")
        expect(told).to_contain_text("原为：13900000002")


def test_the_second_of_two_decisions_has_no_effect_and_its_author_sees_why(office: Office) -> None:
    first, second = office.tablet(CLERK_HALL, "一号"), office.tablet(SECOND_CLERK_HALL, "二号")
    receipt = first.intake.take_in(SHOP, applicant(51))
    second.cases.open(receipt)
    first.cases.open(receipt)
    second.line.cut()
    second.expect_cut()
    second.cases.decide("不予受理", reason="不属于本机关职权范围。")
    second.cases.expect_state("不予受理")
    first.cases.decide("受理")
    first.cases.expect_state("已受理")
    expect(first.cases.history).not_to_contain_text("还没有到中心", timeout=ARRIVAL_MS)
    second.line.restore()

    for tablet in (second, first):
        tablet.cases.expect_state("已受理")
        note = tablet.cases.note("“不予受理”没有生效")
        expect(note).to_be_visible(timeout=ARRIVAL_MS)
        expect(note).to_contain_text("受理 → 已受理")
        expect(tablet.cases.history).to_contain_text("不属于本机关职权范围。")
    second.expect_all_sent()


def test_a_refused_case_is_told_its_author_and_blocks_nothing(
    office: Office, tmp_path: Path
) -> None:
    hub = office.hub
    tablet = office.tablet(CLERK_HALL)
    tablet.lock()
    tablet.page.get_by_role("link", name="其他人登录").click()
    tablet.sign_in(SECOND_CLERK_HALL, OTHER_PIN)
    tablet.line.cut()
    tablet.expect_cut()
    withdraw_role(hub, tmp_path, SECOND_CLERK_HALL.username)
    # The tablet cannot know yet; what the hub will say of this case is only known once it has it.
    refused = tablet.intake.take_in(SHOP, applicant(52))
    tablet.lock()
    tablet.unlock(name="受理员甲")
    taken = tablet.intake.take_in(SHOP, applicant(53))
    tablet.line.restore()
    tablet.cases.go()
    tablet.cases.expect_tick(taken, "已到中心")
    tablet.expect_all_sent()

    tablet.lock()
    tablet.unlock(OTHER_PIN, "受理员乙")
    expect(tablet.bar).to_contain_text("要处理 1")
    tablet.cases.open(refused)
    expect(tablet.cases.row(refused)).to_contain_text("被退回")
    tablet.cases.expect_tick(refused, "已存本机")
    expect(tablet.page.get_by_text("办理时您的账号没有这一步的权限").first).to_be_visible()
    # Nothing of what was written is lost.
    expect(tablet.cases.field("经营者（法定代表人）姓名")).to_have_text(applicant(52).name)

    console = office.console().sign_in()
    console.go("要处理的问题")
    problem = console.page.get_by_role("row").filter(has_text="经办人当时没有办这一步的权限")
    expect(problem.first).to_contain_text("收件")
