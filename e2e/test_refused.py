"""A right withdrawn while the line was cut: nothing taken in under it is lost, and a colleague sends it again."""

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
    yield from serve(copy_of(template, tmp_path_factory.mktemp("refused") / "data", surfaces))


class Withdrawn:
    """A tablet of two clerks; the second, at work behind a cut line, has lost the right to it meanwhile."""

    def __init__(self, office: Office, folder: Path) -> None:
        self.tablet = office.tablet(CLERK_HALL)
        self.tablet.lock()
        self.tablet.page.get_by_role("link", name="其他人登录").click()
        self.tablet.sign_in(SECOND_CLERK_HALL, OTHER_PIN)
        self.held = self.tablet.intake.take_in(SHOP, applicant(55))
        self.tablet.cases.open(self.held)
        self.tablet.cases.expect_tick(self.held, "已到中心")
        self.tablet.line.cut()
        self.tablet.expect_cut()
        self.tablet.cases.decide("受理")
        self.person = applicant(54)
        self.refused = self.tablet.intake.take_in(SHOP, self.person, photo=SHOP.materials[1])
        withdraw_role(office.hub, folder, SECOND_CLERK_HALL.username)
        self.tablet.line.restore()


def test_a_clerk_loses_a_right_behind_a_cut_line_and_a_colleague_goes_on(
    office: Office, tmp_path: Path
) -> None:
    """One story, since the right is gone for good."""
    left = Withdrawn(office, tmp_path)
    its_author_is_told(left)
    left.tablet.lock()
    left.tablet.unlock(name="受理员甲")
    a_colleague_sends_it_again(left)
    the_other_step_is_taken_note_of(left)
    phone = office.phone()
    phone.follow(left.refused, left.person.last4)
    expect(phone.standing).to_be_visible()


def its_author_is_told(left: Withdrawn) -> None:
    """Who has no right any more is told so, and never that the case is over."""
    tablet = left.tablet
    tablet.cases.open(left.refused)
    tablet.cases.expect_state("中心未收")
    foot = tablet.page.locator("article footer")
    expect(foot).to_contain_text("请有权限的同事登录本机后重新上报", timeout=ARRIVAL_MS)
    expect(foot).not_to_contain_text("办完")
    expect(foot.get_by_role("button")).to_have_count(0)
    notes = tablet.page.get_by_role("region", name="提醒")
    expect(notes).to_contain_text("“综窗受理员”职责已被收回")
    tablet.page.get_by_role("navigation", name="主菜单").get_by_role("link", name="收件").click()
    expect(tablet.page.get_by_role("heading", name="您现在没有收件的职责")).to_be_visible()
    expect(tablet.page.get_by_role("combobox", name="查找事项")).to_be_hidden()
    # Its own case went on where this person may not read: no older state is told of it.
    tablet.cases.go()
    expect(tablet.cases.row(left.held)).to_contain_text("进度不在本机")


def a_colleague_sends_it_again(left: Withdrawn) -> None:
    tablet = left.tablet
    beside = tablet.beside()
    tablet.come_forward()
    expect(tablet.bar).to_contain_text("要处理 2")
    tablet.cases.open(left.refused)
    note = tablet.cases.note("“收件”被中心退回")
    expect(note).to_contain_text("受理员乙没有这一步的权限")
    tablet.page.get_by_role("button", name="重新上报").click()
    tablet.cases.expect_state("已收件")
    tablet.cases.expect_tick(left.refused, "已到中心")
    expect(tablet.bar).to_contain_text("要处理 1")
    expect(note).to_be_hidden()
    for author in ("受理员甲", "受理员乙"):
        expect(tablet.cases.history).to_contain_text(author)
    beside.come_forward()
    beside.cases.open(left.refused)
    beside.cases.expect_state("已收件")
    expect(beside.page.get_by_role("button", name="重新上报")).to_be_hidden()
    tablet.come_forward()


def the_other_step_is_taken_note_of(left: Withdrawn) -> None:
    """A refused step of a case that the hub has is told beside it, until somebody has taken note of it."""
    tablet = left.tablet
    tablet.cases.open(left.held)
    tablet.cases.expect_tick(left.held, "已到中心")
    expect(tablet.cases.row(left.held)).to_contain_text("被退回")
    note = tablet.cases.note("“受理”被中心退回")
    note.get_by_role("button", name="知道了").click()
    expect(tablet.bar).not_to_contain_text("要处理")
    expect(tablet.cases.row(left.held)).not_to_contain_text("被退回")
    tablet.reload()
    tablet.expect_work()
    tablet.expect_all_sent()
    expect(tablet.bar).not_to_contain_text("要处理")
    tablet.cases.open(left.held)
    expect(tablet.cases.history).to_contain_text("被退回")
