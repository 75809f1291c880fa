"""A device of the protocol's first day: its messages, in the bytes of that day, reach the hub of today.

`first_messages.json` is a copy of the vectors of that day. What names a device, a person or a published item is put in
by its place; all else, what has been left out or put in since as well, stays as it was.
"""

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest

from server.flows.hub import new_stream
from sync import chain, clock
from sync.codec import encode_frame
from sync.errors import Fault, Verdict
from sync.feed import start
from sync.messages import Ack, FaultMessage, Page, Welcome
from tests.server.client import Client, only

FIRST: dict[str, str] = json.loads(
    Path(__file__).with_name("first_messages.json").read_text(encoding="utf-8")
)


def said(name: str, changed: dict[int, Any]) -> bytes:
    """A message or event of that day with these elements for its own."""
    array: list[Any] = msgspec.msgpack.decode(bytes.fromhex(FIRST[name]))
    for at, value in changed.items():
        array[at] = value
    return msgspec.msgpack.encode(array)


def body(name: str, **changed: Any) -> dict[str, Any]:
    """An event's body as it was, but for these members, of which it had each."""
    kept: dict[str, Any] = msgspec.msgpack.decode(bytes.fromhex(FIRST[name]))[7]
    assert changed.keys() <= kept.keys()
    return kept | changed


@pytest.fixture
def clerk(new_device: Callable[..., Client]) -> Client:
    return new_device("HALL", "dating.shouli1")


def exchange(client: Client, *messages: bytes) -> list[Any]:
    """One exchange that begins with the hello of that day, which told counts that nobody asks for now."""
    tablet = client.tablet
    own = {3: tablet.zone, 4: tablet.number, 5: client.account, 7: client.now_ms, 9: []}
    hello = said("hello", own | {8: os.urandom(32)})
    return client.exchange_frames([encode_frame(message) for message in (hello, *messages)])


def work(client: Client) -> bytes:
    """A case taken in, edited and accepted as events were encoded then; its stream."""
    tablet, item = client.tablet, client.item("SCJG-001")
    stream = new_stream(client.now_ms, os.urandom)
    taken_in = body(
        "case.receive",
        item=msgspec.to_builtins(item.facts),
        dept=item.dept,
        receipt_no=tablet.next_receipt_no(),
    )
    for type_, written in (
        ("case.receive", taken_in),
        ("case.edit", body("case.edit")),
        ("case.accept", body("case.accept")),
    ):
        tablet.hlc = clock.tick(tablet.hlc, client.now_ms)
        head = {2: stream, 3: tablet.hlc, 4: client.account, 5: 0, 6: []}
        tablet.write_bytes(said(type_, head | {7: written}))
    return stream


def push(client: Client) -> bytes:
    """The whole log as it was pushed then: what is signed is the same."""
    tablet = client.tablet
    last = tablet.last_seq
    statement = chain.push_statement(tablet.zone, tablet.number, last, tablet.link(last))
    own = {1: tablet.number, 2: 1, 3: tablet.link(0), 4: tablet.events}
    return said("push", own | {5: tablet.key.sign(statement)})


def test_its_work_is_taken_and_counts(clerk: Client) -> None:
    stream = work(clerk)
    answers = exchange(clerk, push(clerk))
    assert only(answers, Welcome).seq == 0
    ack = only(answers, Ack)
    verdicts = [run.code for run in ack.runs for _ in range(run.count)]
    assert verdicts == [Verdict.OK, Verdict.OK, Verdict.OK], stream.hex()
    # The same again changes nothing.
    again = only(exchange(clerk, push(clerk)), Ack)
    assert (again.seq, again.runs) == (ack.seq, ack.runs)


def test_it_reads_its_feeds(clerk: Client) -> None:
    work(clerk)
    exchange(clerk, push(clerk))
    asked = said("subscribe", {1: "point:HALL", 2: 0, 3: start("point:HALL").hash})
    page = only(exchange(clerk, asked), Page)
    assert page.entries
    assert page.after == 0


def test_a_report_of_that_day_ends_nothing(clerk: Client) -> None:
    """It proved nothing, so it is not kept; the push behind it is taken."""
    work(clerk)
    answers = exchange(clerk, said("report", {}), push(clerk))
    assert only(answers, FaultMessage).code == Fault.MESSAGE_UNKNOWN
    assert only(answers, Ack).seq == clerk.tablet.last_seq
