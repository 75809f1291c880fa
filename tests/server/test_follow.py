"""What an applicant is told while a correction is pending: what to bring, in the catalogue's words, and till when."""

from collections.abc import Callable

from sync.errors import Verdict
from sync.event import Missing
from sync.messages import Ack
from tests.server.client import Client

NewDevice = Callable[..., Client]
CLERK = "dating.shouli1"
ITEM = "SCJG-001"


def done(clerk: Client) -> None:
    answer = clerk.push()
    assert isinstance(answer, Ack) and {run.code for run in answer.runs} == {Verdict.OK}


def test_a_pending_correction_says_what_to_bring_and_till_when(new_device: NewDevice) -> None:
    clerk = new_device("HALL", CLERK)
    record = clerk.get(f"/api/guide/items/{ITEM}")
    material, field = record["materials"][0], record["formFields"][0]
    receipt_no = clerk.tablet.next_receipt_no()
    stream = clerk.tablet.receive(
        clerk.item(ITEM), clerk.account, ms=clerk.now_ms, receipt_no=receipt_no
    )
    asked = [
        Missing("material", material["id"], "缺签字页"),
        Missing("field", field["key"], "与证照不一致"),
    ]
    clerk.tablet.act(
        "case.request_correction",
        stream,
        clerk.account,
        ms=clerk.now_ms,
        missing=asked,
        until="2026-12-07",
    )
    done(clerk)
    ask = {"receipt_no": receipt_no, "id_last4": "002X"}
    told = clerk.http.post("/api/follow", json=ask).json()
    assert told["state"] == "correction_pending"
    assert told["wanted"] == [
        {"kind": "material", "name": material["name"], "note": "缺签字页"},
        {"kind": "field", "name": field["label"], "note": "与证照不一致"},
    ]
    assert told["wanted_until"] == "2026-12-07"

    clerk.tablet.act("case.supplement", stream, clerk.account, ms=clerk.now_ms)
    done(clerk)
    told = clerk.http.post("/api/follow", json=ask).json()
    assert (told["state"], told["wanted"], told["wanted_until"]) == ("received", [], "")
