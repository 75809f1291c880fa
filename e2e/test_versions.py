"""Tablets whose data another version of the program left: older, not to be upgraded, newer; and storage that fails."""

from pathlib import Path

from playwright.sync_api import expect

from e2e.desk import SOON_MS, Desk
from e2e.forms import COOPERATIVE, SHOP
from e2e.office import Office
from e2e.people import CLERK, PIN, applicant
from e2e.storage import held, leave_as, move_on, number_of

WORDS = "一条船上的人都平安"

# A page so slow that its worker has long come to an end with the storage before it is asked anything.
_SLOW = """{
  const post = Worker.prototype.postMessage;
  Worker.prototype.postMessage = function (...args) { setTimeout(() => post.apply(this, args), 500) };
}"""


def full(office: Office, first: int) -> tuple[Desk, list[str]]:
    """A tablet with two cases unsent, one with a photograph, and a draft; the receipts."""
    tablet = office.tablet(CLERK)
    tablet.line.hold_back()
    tablet.expect_cut()
    receipts = [
        tablet.intake.take_in(SHOP, applicant(first), photo=SHOP.materials[0]),
        tablet.intake.take_in(SHOP, applicant(first + 1)),
    ]
    tablet.intake.begin(COOPERATIVE, applicant(first + 2))
    tablet.intake.expect_kept()
    return tablet, receipts


def deliver(tablet: Desk, receipts: list[str]) -> None:
    tablet.line.restore()
    tablet.cases.go()
    for receipt in receipts:
        tablet.cases.expect_tick(receipt, "已到中心")
    tablet.expect_all_sent()


def test_the_full_outbox_of_two_versions_ago_is_delivered(office: Office) -> None:
    tablet, receipts = full(office, 160)
    address = tablet.page.url
    leave_as(tablet, 10)
    tablet.page.goto(address)
    tablet.unlock()
    tablet.expect_waiting(2, photos=1)
    expect(tablet.intake.field("operatorName")).to_have_value(applicant(162).name)
    assert number_of(tablet) == 20
    deliver(tablet, receipts)


def test_what_cannot_be_upgraded_is_kept_exported_and_tried_again(
    office: Office, tmp_path: Path
) -> None:
    tablet, receipts = full(office, 165)
    address = tablet.page.url
    leave_as(tablet, 10, in_the_way=True)
    tablet.page.goto(address)
    expect(tablet.page.get_by_role("heading", name="本机数据没能升级")).to_be_visible()
    expect(tablet.page.get_by_text("storage-upgrade")).to_be_visible()
    assert number_of(tablet) == 10

    tablet.ask_to_unlock(PIN)
    expect(tablet.page.get_by_text("未上传 3 件")).to_be_visible()
    file = tmp_path / "rescue.zcx"
    tablet.page.get_by_label("文件口令", exact=True).fill(WORDS)
    tablet.page.get_by_label("再输入一次文件口令").fill(WORDS)
    with tablet.page.expect_download() as saved:
        tablet.page.get_by_role("button", name="导出", exact=True).click()
    saved.value.save_as(file)
    said = office.hub.command("rescue", str(file), answer=f"{WORDS}\n")
    assert "photos 1 stored" in said

    # Again the same, until what is in the way is gone; then all of it is as it was, the draft too.
    tablet.page.get_by_role("button", name="再试一次").click()
    expect(tablet.page.get_by_label("输入 6 位解锁码")).to_be_visible()
    expect(tablet.page.get_by_role("heading", name="本机数据没能升级")).to_be_visible()
    leave_as(tablet, 10)
    tablet.page.goto(address)
    tablet.unlock()
    expect(tablet.intake.field("operatorName")).to_have_value(applicant(167).name)
    deliver(tablet, receipts)


def test_a_page_older_than_its_data_touches_nothing(office: Office) -> None:
    tablet = office.tablet(CLERK)
    draft = applicant(170)
    tablet.intake.begin(COOPERATIVE, draft)
    tablet.intake.expect_kept()
    move_on(tablet, 30)
    tablet.intake.answer("members", "36")
    expect(tablet.page.get_by_text("没有存上").first).to_be_visible()
    expect(tablet.page.get_by_text("新版本的程序打开").first).to_be_visible()
    expect(tablet.intake.field("members")).to_have_value("36")
    tablet.page.once("dialog", lambda dialog: dialog.accept())
    tablet.reload()
    expect(tablet.page.get_by_text("本机数据是新版本的")).to_be_visible()
    tablet.context.add_init_script(_SLOW)
    tablet.reload()
    expect(tablet.page.get_by_text("本机数据是新版本的")).to_be_visible()
    assert number_of(tablet) == 30


def test_what_was_only_added_to_is_worked_on_with(office: Office) -> None:
    tablet = office.tablet(CLERK)
    tablet.intake.begin(COOPERATIVE, applicant(171))
    tablet.intake.expect_kept()
    # Every connection is closed by it.
    move_on(tablet, 21)
    tablet.intake.answer("members", "36")
    tablet.intake.expect_kept()
    tablet.reload()
    tablet.unlock()
    expect(tablet.intake.field("members")).to_have_value("36")


def test_what_a_hanging_storage_did_not_save_is_said_and_saved_by_itself(office: Office) -> None:
    tablet = office.tablet(CLERK)
    tablet.intake.begin(COOPERATIVE, applicant(172))
    tablet.intake.expect_kept()
    with held(tablet, 21):
        tablet.intake.answer("members", "36")
        expect(tablet.page.locator("header .saved")).to_contain_text("没有存上", timeout=SOON_MS)
        expect(tablet.page.get_by_text("本机没有存上刚才的内容").first).to_be_visible()
        expect(tablet.intake.field("members")).to_have_value("36")
    # Nobody touches the form.
    tablet.intake.expect_kept()
    tablet.reload()
    tablet.unlock()
    expect(tablet.intake.field("members")).to_have_value("36")


def test_data_that_is_deleted_under_an_open_form_is_not_made_anew(office: Office) -> None:
    tablet = office.tablet(CLERK)
    tablet.intake.begin(COOPERATIVE, applicant(173))
    tablet.intake.expect_kept()
    what = {"origin": tablet.line.url, "storageTypes": "indexeddb"}
    tablet.context.new_cdp_session(tablet.page).send("Storage.clearDataForOrigin", what)
    tablet.intake.answer("members", "36")
    expect(tablet.page.locator("header .saved")).to_contain_text("没有存上")
    expect(tablet.page.get_by_text("被浏览器清除过").first).to_be_visible()
    expect(tablet.intake.field("members")).to_have_value("36")
    assert not tablet.page.evaluate("async () => (await indexedDB.databases()).length")
