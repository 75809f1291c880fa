"""A device that was revoked and is enrolled anew: it knows, keeps its keys, and brings what was not taken."""

from collections.abc import Callable

import pytest

from server.flows.refusals import Code
from sync import chain
from sync.errors import Verdict
from sync.messages import Ack, Welcome
from tests.server.client import Client, b64, only
from tests.server.process import HubProcess

NewDevice = Callable[..., Client]
CLERK = "dating.shouli1"
ITEM = "SCJG-001"


def revoke(admin: Client, device: Client) -> None:
    path = f"/api/console/devices/{device.tablet.number}/revoke"
    assert admin.call("POST", path, json={"reason": "送修"}).status_code == 200


def enrol_anew(base: str, admin: Client, old: Client, vouched_by: Client) -> Client | str:
    """The same tablet under a new key, or the code of the refusal."""
    made = admin.call("POST", "/api/console/enrolment-codes", json={"point": "HALL"}).json()
    new = Client(base)
    statement = chain.succession_statement(
        old.tablet.zone, old.tablet.number, new.tablet.key.public
    )
    ask = {
        "code": made["code"],
        "public_key": b64(new.tablet.key.public),
        "suite": 1,
        "name": "",
        "former": {
            "device": old.tablet.number,
            "signature": b64(vouched_by.tablet.key.sign(statement)),
        },
    }
    answer = new.http.post("/api/enrol", json=ask)
    if answer.status_code != 200:
        new.close()
        return str(answer.json()["code"])
    new.hub_key = old.hub_key
    new.tablet.enrolled(answer.json()["device"], old.tablet.zone, "HALL")
    return new


@pytest.mark.parametrize("number", [-1, 2**53, 2**70])
def test_no_number_of_a_former_device_is_a_defect(
    hub: HubProcess, admin: Client, number: int
) -> None:
    made = admin.call("POST", "/api/console/enrolment-codes", json={"point": "HALL"}).json()
    new = Client(hub.base)
    ask = {
        "code": made["code"],
        "public_key": b64(new.tablet.key.public),
        "suite": 1,
        "name": "",
        "former": {"device": number, "signature": b64(bytes(64))},
    }
    answer = new.http.post("/api/enrol", json=ask)
    assert (answer.status_code, answer.json()["code"]) == (400, "bad-request")
    new.close()


def test_the_greeting_says_that_a_device_is_revoked(new_device: NewDevice, admin: Client) -> None:
    device = new_device("HALL", CLERK)
    assert not only(device.exchange(), Welcome).revoked
    revoke(admin, device)
    welcome = only(device.exchange(), Welcome)
    assert welcome.revoked and not welcome.session


def test_what_a_revoked_device_took_in_is_brought_by_its_successor(
    hub: HubProcess, new_device: NewDevice, admin: Client
) -> None:
    old = new_device("HALL")
    keys = old.sign_in(CLERK)["keys"]
    revoke(admin, old)
    receipt_no = old.tablet.next_receipt_no()
    item = old.item(ITEM)
    stream = old.tablet.receive(item, old.account, ms=old.now_ms, receipt_no=receipt_no)
    refused = old.push()
    assert isinstance(refused, Ack) and refused.runs[0].code == Verdict.DEVICE_REVOKED

    new = enrol_anew(hub.base, admin, old, vouched_by=old)
    assert isinstance(new, Client)
    assert new.sign_in(CLERK)["keys"] == keys
    new.tablet.receive(item, new.account, ms=new.now_ms, stream=stream, receipt_no=receipt_no)
    new.tablet.receive(item, new.account, ms=new.now_ms)
    taken = new.push()
    assert isinstance(taken, Ack) and [run.code for run in taken.runs] == [Verdict.OK]
    stranger = new_device("HALL", CLERK)
    stranger.tablet.receive(
        item, stranger.account, ms=stranger.now_ms, receipt_no=old.tablet.next_receipt_no()
    )
    answer = stranger.push()
    assert isinstance(answer, Ack) and answer.runs[0].code == Verdict.RECEIPT_INVALID

    # And once more: what the first of three printed is the third's as well.
    third = enrol_anew(hub.base, admin, new, vouched_by=new)
    assert isinstance(third, Client)
    third.sign_in(CLERK)
    third.tablet.receive(
        item, third.account, ms=third.now_ms, receipt_no=old.tablet.next_receipt_no()
    )
    last = third.push()
    assert isinstance(last, Ack) and last.runs[0].code == Verdict.OK
    new.close()
    third.close()


def test_nobody_succeeds_a_device_without_its_key(
    hub: HubProcess, new_device: NewDevice, admin: Client
) -> None:
    old, thief = new_device("HALL"), new_device("HALL")
    assert enrol_anew(hub.base, admin, old, vouched_by=thief) == Code.SIGNATURE_INVALID
