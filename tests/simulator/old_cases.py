"""Cases that are well on their way when a seed begins, so that decisions meet one another."""

from server.flows.hub import Hub
from server.flows.ingest import ingest, read_push
from sync import chain, clock
from sync.event import Act, Applicant, Material, Receive, encode_event
from sync.messages import Ack, Push
from sync.number import make_receipt_number
from tests.simulator.office import ITEMS, OLD_SEAT, PEOPLE, Item
from tests.simulator.world import START_MS

_ACT = Act(
    opinion="同意", reason="理由", ground="听证", deferred=["M2"], manner="post", recipient="王"
)
_CLERK, _REVIEWER, _SECOND = "clerk-a", "reviewer-1", "reviewer-2"
_ACCEPTED = [("case.accept", _REVIEWER)]
_REVIEWED = [*_ACCEPTED, ("case.assign_review", _CLERK), ("case.review_opinion", _REVIEWER)]
_HISTORIES: tuple[tuple[Item, list[tuple[str, str]]], ...] = (
    (ITEMS[0], _ACCEPTED),
    (ITEMS[0], [("case.accept_with_deferral", _REVIEWER)]),
    (ITEMS[1], [*_ACCEPTED, ("case.assign_review", _CLERK)]),
    (ITEMS[1], _REVIEWED),
    (ITEMS[1], _REVIEWED),
    (ITEMS[1], [*_REVIEWED, ("case.approve", _SECOND)]),
)
OLD_CASES = tuple(bytes([8] * 15 + [i]) for i in range(len(_HISTORIES)))


def furnish(hub: Hub) -> None:
    """Pushes their histories as a tablet would have, long ago."""
    events: list[bytes] = []

    def write(type_: str, stream: bytes, body: Receive | Act, name: str) -> None:
        hlc = clock.pack(START_MS, len(events))
        actor = PEOPLE[name].stream
        events.append(encode_event(type_, stream, hlc, actor, len(events), [], body))

    for number, (stream, (item, acts)) in enumerate(zip(OLD_CASES, _HISTORIES, strict=True), 1):
        body = Receive(
            item=item.facts,
            point=OLD_SEAT.point,
            dept=item.dept,
            applicant=Applicant("李", "idcard", "11010519491231002X"),
            fields={"name": "甲"},
            materials=[Material("M1", "provided")],
            receipt_no=make_receipt_number(OLD_SEAT.point, OLD_SEAT.number, "20261122", number),
        )
        write("case.receive", stream, body, _CLERK)
        for type_, name in acts:
            write(type_, stream, _ACT, name)
    start = chain.log_start(OLD_SEAT.key.public)
    link = chain.fold_links(start, events)[-1]
    statement = chain.push_statement(hub.zone, OLD_SEAT.number, len(events), link)
    push = Push(OLD_SEAT.number, 1, start, events, OLD_SEAT.key.sign(statement))
    answer = ingest(hub, read_push(hub, push)).answer
    assert isinstance(answer, Ack)
    assert all(run.code == "ok" for run in answer.runs), answer.runs
