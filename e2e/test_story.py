"""The whole story: a case taken in with the hub dead reaches the hub, the back office, the applicant, the console."""

from http import HTTPStatus

from playwright.sync_api import expect

from e2e.casework import ARRIVAL_MS
from e2e.desk import Desk
from e2e.forms import COOPERATIVE, SHOP, STATEMENT
from e2e.office import Office
from e2e.people import (
    APPROVER,
    CLERK,
    ISSUING_CLERK,
    ISSUING_CLERK_HALL,
    PIN,
    REVIEWER,
    SEAL_KEEPER,
    Applicant,
    applicant,
    misread,
)
from e2e.phone import Phone

POINT = "九站街道"


def test_a_case_taken_in_with_the_hub_dead_is_carried_to_its_end(office: Office) -> None:
    hub, person = office.hub, applicant(7)
    console = office.console().sign_in()
    tablet = office.device()
    tablet.enrol(console.make_code(POINT), "九站 1 号窗口")
    tablet.sign_in(CLERK)
    tablet.await_offline_ready()
    neighbour = office.tablet(ISSUING_CLERK, "九站 2 号窗口")
    reviewer = office.desk(REVIEWER, "市监后台")
    neighbour.cases.go()
    reviewer.cases.go("待办")

    # The hub dies, and the clerk begins the day by reloading the page.
    hub.kill()
    tablet.reload()
    tablet.unlock(PIN)
    tablet.expect_cut()
    receipt = take_in_with_a_slip(tablet, person)
    expect_a_paper_that_says_what_it_is(tablet, receipt)
    expect_found_without_a_line(tablet, receipt, person)

    # The hub comes back. Nobody touches anything.
    hub.start()
    tablet.cases.expect_tick(receipt, "已到中心")
    expect(tablet.cases.row(receipt)).not_to_contain_text("待补传")
    tablet.expect_all_sent()
    neighbour.cases.expect_tick(receipt, "已到中心")
    reviewer.cases.expect_tick(receipt, "已到中心")

    # Accepted; then the hub dies while the clerk hands the case on.
    reviewer.cases.open(receipt, "待办")
    reviewer.cases.decide("受理")
    reviewer.cases.expect_state("已受理")
    tablet.cases.open(receipt)
    tablet.cases.expect_state("已受理")
    hub.kill()
    tablet.expect_cut()
    tablet.cases.decide("后台分办")
    provisional = tablet.page.get_by_text("待中心确认")
    expect(provisional).to_be_visible()
    hub.start()
    expect(provisional).to_be_hidden(timeout=ARRIVAL_MS)
    reviewer.cases.expect_state("审查中")

    reviewer.cases.decide("提出审查意见", opinion="材料齐全,符合法定条件,建议准予。")
    office.desk(APPROVER, "市监值守").cases.settle(receipt, "准予", opinion="同意。")
    office.desk(SEAL_KEEPER, "用印").cases.settle(receipt, "统一用印制证")
    expect_handed_out_at_another_point(office.tablet(ISSUING_CLERK_HALL, "大厅出件"), receipt)
    tablet.cases.expect_state("已送达")
    neighbour.cases.open(receipt)
    neighbour.cases.expect_state("已送达")
    expect(tablet.page.locator("article .numbers")).not_to_contain_text("受理后由中心编号")

    expect_followed_by_the_applicant_alone(office.phone(), receipt, person)
    console.go("总览")
    for device in ("九站 1 号窗口", "九站 2 号窗口", "市监后台"):
        expect(console.device(device)).to_contain_text("在线")
        console.expect_figure(device, "未上传", 0)


def take_in_with_a_slip(tablet: Desk, person: Applicant) -> str:
    """One digit of the number is misread, told, and put right; a photograph is attached."""
    intake, id_field = tablet.intake, COOPERATIVE.id_field
    intake.go()
    intake.find_item(COOPERATIVE.keys, COOPERATIVE.name)
    intake.fill({**COOPERATIVE.answers(person), id_field: misread(person.id_no)})
    wrong = tablet.page.locator(f"#field-{id_field}-error")
    expect(wrong).to_contain_text("校验不通过")
    intake.ask_to_receive()
    expect(tablet.page.get_by_role("alert")).to_contain_text("有 1 处要改")
    intake.answer(id_field, person.id_no)
    expect(wrong).to_be_hidden()
    intake.all_materials()
    intake.photograph(COOPERATIVE.materials[2], person.id_no)
    return intake.receive()


def expect_a_paper_that_says_what_it_is(tablet: Desk, receipt: str) -> None:
    assert receipt.startswith("JK-JZ-"), receipt
    paper = tablet.page.get_by_role("article", name="收件凭证")
    expect(paper).to_contain_text(receipt)
    expect(paper).to_contain_text("不是受理决定")
    expect(paper).to_contain_text("逾期不告知的，自收到之日起即为受理")
    for size in ("80 毫米小票", "A4"):
        tablet.page.get_by_role("radio", name=size).check()
        tablet.page.emulate_media(media="print")
        expect(paper).to_be_visible()
        expect(tablet.page.get_by_role("button", name="打印凭证")).to_be_hidden()
        tablet.page.emulate_media(media="screen")


def expect_found_without_a_line(tablet: Desk, receipt: str, person: Applicant) -> None:
    """Saved here and no further; found by whatever a person remembers of it."""
    tablet.cases.go()
    tablet.cases.expect_tick(receipt, "已存本机")
    expect(tablet.cases.row(receipt)).to_contain_text("待补传")
    for words in (person.name, person.id_no, receipt, "合作社"):
        tablet.cases.search(words)
        expect(tablet.cases.row(receipt)).to_be_visible()
    tablet.cases.search("没有这个人")
    expect(tablet.cases.row(receipt)).to_be_hidden()
    tablet.cases.search("")


def expect_handed_out_at_another_point(hall: Desk, receipt: str) -> None:
    """Fetched by its number while there is a line; delivered without one, as every point may (一口出证)."""
    hall.cases.fetch(receipt)
    hall.cases.expect_state("已制证待出件")
    expect(hall.cases.history).to_contain_text("申请人在本点位领取结果")
    hall.line.cut()
    hall.expect_cut()
    hall.cases.settle(receipt, "统一出件送达")
    hall.cases.expect_state("已送达")
    hall.line.restore()
    hall.expect_all_sent()


def expect_followed_by_the_applicant_alone(phone: Phone, receipt: str, person: Applicant) -> None:
    """The right characters open the case; wrong ones are told, then slowed down."""
    phone.follow(receipt, person.last4)
    expect(phone.standing).to_contain_text("结果已送达")
    for _ in range(3):
        phone.follow(receipt, "0000")
        expect(phone.refusal).to_contain_text("没有查到")
    # Each wrong one doubles the wait, so that however slow this machine is one comes too soon.
    for _ in range(6):
        with phone.page.expect_response("**/api/follow") as answer:
            phone.answer_last4("0001")
        if answer.value.status == HTTPStatus.TOO_MANY_REQUESTS:
            break
    expect(phone.refusal).to_contain_text("试得太多了")


def test_an_instant_item_is_decided_at_the_window(office: Office) -> None:
    person = applicant(8)
    tablet = office.tablet(CLERK)
    tablet.intake.go()
    tablet.intake.find_item(STATEMENT.keys, STATEMENT.name)
    tablet.intake.fill(STATEMENT.answers(person))
    tablet.intake.exempt(STATEMENT.materials[0])
    receipt = tablet.intake.receive()
    # Only a licence is deemed accepted when nothing is said in time, so this paper does not say so.
    expect(tablet.page.get_by_role("article", name="收件凭证")).not_to_contain_text("即为受理")
    tablet.cases.open(receipt)
    tablet.cases.decide("受理")
    tablet.cases.decide("当场办结", opinion="材料齐全,当场办结。")
    tablet.cases.expect_state("办结（准予）")
    tablet.expect_all_sent()


def test_what_a_notice_asked_for_is_before_the_clerk_who_takes_it_in(office: Office) -> None:
    tablet = office.tablet(CLERK)
    receipt = tablet.intake.take_in(SHOP, applicant(9))
    tablet.cases.open(receipt)
    tablet.cases.decide("一次性告知补正", lacking=SHOP.materials[0])
    tablet.cases.expect_state("待补正")
    sheet = tablet.cases.act("提交补正材料")
    expect(sheet).to_contain_text("缺申请人签字页")
    # Nothing is there before somebody has it in hand.
    sheet.get_by_role("button", name="确认提交补正材料").click()
    expect(sheet.get_by_role("alert")).to_contain_text("补来的材料请标“已收”")
    sheet.get_by_role("radio", name="已收").check()
    sheet.get_by_role("button", name="确认提交补正材料").click()
    tablet.cases.expect_state("已收件")
