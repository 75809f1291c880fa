"""What an applicant is told while a correction is pending: what to bring, in the catalogue's words, and till when."""

from collections.abc import Callable
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.flows.follow import Followed, follow, read_names
from server.flows.guide import Guide, Guides
from server.flows.hub import new_stream
from sync.errors import Verdict
from sync.event import Missing, Record
from sync.messages import Ack
from tests.server.client import Client
from tests.server.conftest import Still
from tests.server.inside import HERE, enrol_tablet, push, sign_in_on
from tests.server.tablet import item_of

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


ODD = st.recursive(
    st.none() | st.booleans() | st.integers(0, 99) | st.text(max_size=4) | st.binary(max_size=4),
    lambda deep: (
        st.lists(deep, max_size=3)
        | st.dictionaries(st.sampled_from(["id", "key", "name", "label", "x"]), deep, max_size=4)
    ),
    max_leaves=8,
)


@given(ODD, ODD)
def test_whatever_a_record_says_where_it_is_free_its_names_are_read_as_far_as_they_go(
    materials: Any, fields: Any
) -> None:
    record = msgspec.msgpack.encode({"materials": materials, "formFields": fields, "x": 1})
    names = read_names(record)
    assert all(isinstance(part, str) for key, name in names.items() for part in (*key, name))


@pytest.mark.parametrize(
    "materials",
    [None, 5, "M01", {"M01": "x"}, ["M01"], [{"id": "M01"}], [{"name": 7, "id": "M01"}, None]],
)
def test_an_item_with_odd_materials_is_followed_like_any_other(
    still: Still, materials: object
) -> None:
    """Who keeps the catalogue may publish it so: the hub reads only what judging needs."""
    hub, ms = still.hub, still.wall.ms
    keeper, clerk = enrol_tablet(hub), enrol_tablet(hub)
    publisher = sign_in_on(hub, keeper, "shixiang").account
    author = sign_in_on(hub, clerk, CLERK).account
    guide = Guides(hub).get_item(ITEM)
    assert isinstance(guide, Guide)
    record = {**msgspec.json.decode(guide.json), "id": "ODD-1", "materials": materials}
    raw = {name: msgspec.Raw(msgspec.msgpack.encode(value)) for name, value in record.items()}
    keeper.write("item.publish", new_stream(ms, bytes), publisher, Record("ODD-1", raw), ms=ms)
    assert push(hub, keeper.push()) == ["ok"]
    receipt_no = clerk.next_receipt_no()
    stream = clerk.receive(item_of(record), author, ms=ms, receipt_no=receipt_no)
    asked = [Missing("material", "M01", "缺签字页")]
    clerk.act("case.request_correction", stream, author, ms=ms, missing=asked)
    assert push(hub, clerk.push()) == ["ok", "ok"]
    told = follow(hub, receipt_no, "002X", HERE)
    assert isinstance(told, Followed)
    assert [(one.kind, one.name, one.note) for one in told.wanted] == [
        ("material", "M01", "缺签字页")
    ]
