"""A new version of the desk arrives while much is unsent: nobody is interrupted, and nothing is lost."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import expect

from e2e.conftest import serve
from e2e.forms import COOPERATIVE, SHOP
from e2e.hub import Hub, copy_of
from e2e.office import Office
from e2e.people import CLERK, applicant

NEW = "/* the next version */"


@pytest.fixture(scope="module")
def served_hub(
    template: Path, surfaces: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Hub]:
    """A hub with surfaces of its own, of which a newer version can be put in place."""
    folder = tmp_path_factory.mktemp("update")
    static = Path(shutil.copytree(surfaces, folder / "dist"))
    yield from serve(copy_of(template, folder / "data", static))


def release(static: Path) -> None:
    """Puts a newer service worker in place of the desk's, as a new build does."""
    worker = static / "desk" / "sw.js"
    worker.write_text(worker.read_text(encoding="utf-8") + NEW, encoding="utf-8")
    for packed in (".br", ".gz"):
        worker.with_name(worker.name + packed).unlink(missing_ok=True)


def test_an_update_waits_for_consent_and_loses_nothing(office: Office) -> None:
    tablet = office.tablet(CLERK)
    tablet.line.hold_back()
    tablet.expect_cut()
    waiting = [
        tablet.intake.take_in(SHOP, applicant(60), photo=SHOP.materials[0]),
        tablet.intake.take_in(SHOP, applicant(61)),
    ]
    draft = applicant(62)
    tablet.intake.begin(COOPERATIVE, draft)
    tablet.intake.expect_kept()
    release(office.hub.static)

    # The browser finds it on the next visit; the clerk goes on with the form as long as they like.
    tablet.reload()
    tablet.unlock()
    offer = tablet.page.get_by_text("有新版本")
    expect(offer).to_be_visible()
    expect(tablet.intake.field("operatorName")).to_have_value(draft.name)
    tablet.intake.answer("members", "36")
    tablet.intake.expect_kept()

    tablet.page.get_by_role("button", name="更新应用").click()
    expect(tablet.page.get_by_label("输入 6 位解锁码")).to_be_visible()
    tablet.unlock()
    expect(offer).to_be_hidden()
    expect(tablet.intake.field("members")).to_have_value("36")
    tablet.expect_waiting(2, photos=1)
    tablet.line.restore()
    tablet.cases.go()
    for receipt in waiting:
        tablet.cases.expect_tick(receipt, "已到中心")
    tablet.expect_all_sent()


def test_a_second_tab_is_not_reloaded_under_its_clerk(office: Office) -> None:
    first = office.tablet(CLERK)
    second = first.beside()
    second.expect_work()
    draft = applicant(63)
    second.intake.begin(COOPERATIVE, draft)
    second.intake.expect_kept()
    release(office.hub.static)
    first.reload()
    first.expect_work()
    first.page.get_by_role("button", name="更新应用").click()
    # Gone with the old page; then the first tab works again, with the keys that the second holds.
    expect(first.page.get_by_text("有新版本")).to_be_hidden()
    first.expect_work()
    # The other tab still has what was typed, and is told.
    expect(second.intake.field("operatorName")).to_have_value(draft.name)
    expect(second.page.get_by_text("有新版本")).to_be_visible()
    second.page.get_by_role("button", name="更新应用").click()
    expect(second.intake.field("operatorName")).to_have_value(draft.name)
