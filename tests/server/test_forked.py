"""A copied tablet, revoked and enrolled anew: what only its branch holds comes once, and nothing is doubled."""

from collections import Counter
from collections.abc import Callable

from sync.errors import Fault, Verdict
from sync.event import decode_head
from sync.messages import Ack, FaultMessage
from tests.server.client import Client
from tests.server.process import HubProcess
from tests.server.tablet import Tablet
from tests.server.test_succession import CLERK, ITEM, enrol_anew, revoke

NewDevice = Callable[..., Client]


def copy_of(device: Client) -> Tablet:
    """A restored image of the tablet: its key, its log, its counter."""
    one = device.tablet
    copy = Tablet(one.key, one.number, one.zone)
    copy.enrolled(one.number, one.zone, one.point)
    copy.receipts = one.receipts
    for event in one.events:
        copy.write_bytes(event)
    return copy


def openings(reader: Client) -> Counter[bytes]:
    """How many receipts the feed of the point has, by case."""
    heads = [
        decode_head(event)
        for page in reader.pull("point:HALL")
        for _, _, _, _, event in page.entries
        if event is not None
    ]
    return Counter(head.stream for head in heads if head.type == "case.receive")


def test_a_branch_comes_by_its_own_copy_and_nothing_is_doubled(
    hub: HubProcess, new_device: NewDevice, admin: Client
) -> None:
    first = new_device("HALL", CLERK)
    item = first.item(ITEM)
    begun = first.tablet.receive(item, first.account, ms=first.now_ms)
    assert isinstance(first.push(), Ack)
    copy = copy_of(first)

    # One draft lay on both: each receives it. And each takes in a case of its own, under the same number.
    shared = first.tablet.receive(item, first.account, ms=first.now_ms)
    theirs = first.tablet.receive(item, first.account, ms=first.now_ms)
    assert isinstance(first.push(), Ack)
    copy.receive(item, first.account, ms=first.now_ms, stream=shared)
    twice = copy.next_receipt_no()
    mine = copy.receive(item, first.account, ms=first.now_ms, receipt_no=twice)
    assert copy.receipts == first.tablet.receipts
    aside = first.push(copy.push(2))
    assert isinstance(aside, FaultMessage) and aside.code == Fault.CHAIN_FORK

    revoke(admin, first)
    new = enrol_anew(hub.base, admin, first, vouched_by=first)
    assert isinstance(new, Client)
    new.sign_in(CLERK)
    new.tablet.receive(item, new.account, ms=new.now_ms, stream=shared)
    new.tablet.receive(item, new.account, ms=new.now_ms, stream=mine)
    taken = new.push()
    assert isinstance(taken, Ack) and [run.code for run in taken.runs] == [Verdict.OK]

    reader = new_device("HALL", CLERK)
    seen = openings(reader)
    assert (seen[begun], seen[theirs], seen[mine]) == (1, 1, 1)
    # Two receipts of one case: the first in the ledger stands, the second is kept, void, and told.
    assert seen[shared] == 2
    voids = [one for one in admin.get("/api/console/problems")["problems"] if one["kind"] == "void"]
    told = [one for one in voids if one["device"] == new.tablet.number]
    assert [(one["code"], one["stream"]) for one in told] == [("state", shared.hex())]
    new.close()


def test_a_receipt_number_of_the_other_branch_is_no_second_cases(
    hub: HubProcess, new_device: NewDevice, admin: Client
) -> None:
    """Brought under the number that was printed, it would stand for two cases; so the tablet gives a new one."""
    first = new_device("HALL", CLERK)
    item = first.item(ITEM)
    copy = copy_of(first)
    first.tablet.receive(item, first.account, ms=first.now_ms)
    assert isinstance(first.push(), Ack)
    printed = copy.next_receipt_no()
    revoke(admin, first)
    new = enrol_anew(hub.base, admin, first, vouched_by=first)
    assert isinstance(new, Client)
    new.sign_in(CLERK)
    new.tablet.receive(item, new.account, ms=new.now_ms, receipt_no=printed)
    refused = new.push()
    assert isinstance(refused, Ack)
    assert [run.code for run in refused.runs] == [Verdict.RECEIPT_INVALID]
    new.close()


def test_each_copy_of_a_tablet_may_be_enrolled_anew(
    hub: HubProcess, new_device: NewDevice, admin: Client
) -> None:
    old = new_device("HALL")
    keys = old.sign_in(CLERK)["keys"]
    revoke(admin, old)
    numbers = set()
    for _ in range(2):
        new = enrol_anew(hub.base, admin, old, vouched_by=old)
        assert isinstance(new, Client)
        assert new.sign_in(CLERK)["keys"] == keys
        numbers.add(new.tablet.number)
        new.close()
    assert len(numbers) == 2
