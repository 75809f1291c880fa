"""A hall with work in it: cases in many states, each brought there by the people whose work it is."""

from dataclasses import dataclass

from e2e.desk import Desk
from e2e.forms import COOPERATIVE, SHOP, STATEMENT
from e2e.office import Office
from e2e.people import APPROVER, CLERK_HALL, REVIEWER, SECOND_CLERK_HALL, Account, applicant

ISSUING = Account("dating.chujian", "HALL")


@dataclass(frozen=True, slots=True)
class Hall:
    """Who is there, and the receipt numbers of the cases by what became of them."""

    clerk: Desk
    colleague: Desk
    reviewer: Desk
    approver: Desk
    received: str
    correction: str
    review: str
    approved: str
    twice: str
    void: str


def furnish(office: Office) -> Hall:
    """Takes in and decides until every state that a screen can show is there; the clerk's line is up."""
    clerk = office.tablet(CLERK_HALL, "一楼大厅 1 号窗口")
    colleague = office.tablet(SECOND_CLERK_HALL, "一楼大厅 2 号窗口")
    reviewer = office.desk(REVIEWER, "市监分局后台")
    approver = office.desk(APPROVER, "市监分局值守")
    take_in = clerk.intake.take_in
    received = take_in(SHOP, applicant(41))
    correction = take_in(SHOP, applicant(42))
    review = take_in(COOPERATIVE, applicant(43), photo=COOPERATIVE.materials[2])
    approved = take_in(STATEMENT, applicant(44))
    twice = take_in(SHOP, applicant(45), photo=SHOP.materials[1])
    void = take_in(SHOP, applicant(46))
    clerk.expect_all_sent()

    act(clerk, correction, "一次性告知补正", lacking=SHOP.materials[0])
    act(clerk, approved, "受理")
    act(clerk, approved, "当场办结", opinion="材料齐全,当场办结。")
    act(clerk, review, "受理")
    act(clerk, review, "后台分办")
    reviewer.cases.settle(review, "提出审查意见", opinion="经审查,符合法定条件,建议准予。")

    # Two people at one case, neither knowing of the other.
    colleague.cases.open(twice)
    colleague.line.cut()
    colleague.expect_cut()
    colleague.cases.edit({"contactPhone": "19999900002"})
    act(colleague, void, "不予受理", reason="不属于本机关职权范围。")
    clerk.cases.open(twice)
    clerk.cases.edit({"contactPhone": "19999900001"})
    act(clerk, void, "受理")
    clerk.expect_all_sent()
    colleague.line.restore()
    clerk.cases.open(twice)
    colleague.expect_all_sent()
    approver.cases.open(review, "待办")
    return Hall(
        clerk, colleague, reviewer, approver,
        received, correction, review, approved, twice, void,
    )  # fmt: skip


def act(desk: Desk, receipt_no: str, name: str, **words: str) -> None:
    desk.cases.open(receipt_no)
    desk.cases.decide(name, **words)
