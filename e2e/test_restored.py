"""A hub that is lost and comes back from last night's backup: the tablets bring what it lacks."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import expect

from e2e.conftest import serve
from e2e.console import Console
from e2e.desk import Desk
from e2e.forms import COOPERATIVE, SHOP, STATEMENT
from e2e.hub import Hub, copy_of
from e2e.office import Office
from e2e.people import CLERK_HALL, PASSWORD, SECOND_CLERK_HALL, applicant

# A quiet tablet reports every 20 s, and the console asks every 5 s.
SAID_MS = 45_000
# A tablet that could not reach its hub for long waits before it tries again.
MET_MS = 60_000


@pytest.fixture(scope="module")
def served_hub(
    template: Path, surfaces: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Hub]:
    """A hub of its own, which is lost on the way."""
    yield from serve(copy_of(template, tmp_path_factory.mktemp("restored") / "data", surfaces))


def sign_in_again(desk: Desk) -> None:
    """The sessions were the lost hub's."""
    expect(desk.page.get_by_text("登录已过期").first).to_be_visible()
    desk.bar.click()
    sheet = desk.page.get_by_role("dialog", name="待上传")
    sheet.get_by_label("的口令").fill(PASSWORD)
    sheet.get_by_role("button", name="登录").click()
    expect(sheet.get_by_text("登录已过期")).to_be_hidden()
    sheet.get_by_role("button", name="关闭").click()


def expect_confirmed(desk: Desk, *receipts: str) -> None:
    desk.expect_all_sent(MET_MS)
    desk.cases.go()
    for receipt in receipts:
        desk.cases.expect_tick(receipt, "已到中心", MET_MS)
        expect(desk.cases.row(receipt)).to_have_count(1)


def expect_difference_named(console: Console, device: str) -> None:
    """The console tells of the restore, and from where on the device's copies had been the lost hub's."""
    console.go("数据与备份")
    expect(console.page.get_by_text("最近一次恢复")).to_be_visible()
    replicas = console.page.get_by_role("region", name="各设备与中心对照", exact=True)
    replicas.get_by_role("row").filter(has_text=device).get_by_role("link").click()
    held = console.page.get_by_role("region", name="设备上的数据与中心对照", exact=True).last
    said = held.get_by_text(re.compile(r"曾从第 \d+ 条起不同"))
    expect(said.first).to_be_visible(timeout=SAID_MS)


def test_what_was_done_since_the_backup_comes_back(office: Office, tmp_path: Path) -> None:
    hub = office.hub
    tablet = office.tablet(CLERK_HALL, "一号")
    old = tablet.intake.take_in(SHOP, applicant(401))
    expect_confirmed(tablet, old)
    hub.command("backup", str(tmp_path))
    (backup,) = (path for path in tmp_path.iterdir() if (path / "backup.json").exists())

    # Since then: a case with a photograph; a second tablet, whose clerk takes in one as well and accepts the other two.
    colleague = office.tablet(SECOND_CLERK_HALL, "二号")
    lost = tablet.intake.take_in(STATEMENT, applicant(402), photo=STATEMENT.materials[0])
    theirs = colleague.intake.take_in(SHOP, applicant(403))
    expect_confirmed(tablet, lost)
    for receipt in (old, lost):
        colleague.cases.open(receipt)
        colleague.cases.decide("受理")
    expect_confirmed(colleague, old, lost, theirs)
    tablet.cases.open(lost)
    tablet.cases.expect_state("已受理")
    (photo,) = hub.attachments()
    before = hub.acts()

    hub.kill()
    hub.lose_all_but(backup)
    assert before.keys() - hub.acts().keys() == {lost, theirs}
    assert not hub.attachments()
    # The window goes on; and one of the tablets does not meet the new hub yet.
    tablet.expect_cut(MET_MS)
    during = tablet.intake.take_in(SHOP, applicant(404))
    tablet.intake.begin(COOPERATIVE, applicant(405))
    tablet.intake.expect_kept()
    colleague.line.cut()
    hub.start()

    # What it wrote goes up without anybody; what others wrote comes with the password. The form in hand stays.
    tablet.expect_hub(MET_MS)
    tablet.expect_all_sent(MET_MS)
    assert hub.acts().keys() == {old, lost, during}
    sign_in_again(tablet)
    expect(tablet.intake.field("operatorName")).to_have_value(applicant(405).name)
    expect_confirmed(tablet, old, lost, during)
    assert [path.name for path in hub.attachments()] == [photo.name]
    tablet.cases.open(lost)
    tablet.cases.expect_state("已收件")

    # The acceptance is with the other tablet alone, which still believes the lost hub, and of which the new one knows
    # nothing; then it brings it.
    colleague.cases.expect_tick(lost, "已到中心")
    colleague.line.restore()
    colleague.send_now()
    colleague.expect_hub(MET_MS)
    colleague.expect_all_sent(MET_MS)
    sign_in_again(colleague)
    expect_confirmed(colleague, old, lost, theirs, during)
    tablet.cases.expect_state("已受理")
    tablet.cases.decide("后台分办")
    expect_confirmed(tablet, old, lost, theirs, during)
    # By log: each act once, none refused, whatever order the two tablets came in.
    assert hub.acts() == before | {
        during: ["case.receive"],
        lost: [*before[lost], "case.assign_review"],
    }
    expect_difference_named(office.console().sign_in(), "一号")
