"""A connection at the hub, with its time standing still: what has ended is not read for another second."""

import asyncio
import os
from collections.abc import Sequence
from pathlib import Path

import pytest
from msgspec import structs

from server.flows.greet import Greeted, greet
from server.flows.hub import new_stream
from server.flows.ingest import ingest, read_push
from server.flows.read_feed import Pages
from server.flows.refusals import Refusal
from server.store.ledger import Ledger, Told
from server.web.bus import Bus
from server.web.line import HubSocketLine, Line
from server.web.shell import Shell
from sync.codec import decode_frame, encode_frame
from sync.errors import Fault
from sync.event import Edit
from sync.feed import start
from sync.hub_session import Effect, Greet, HubSession, ReadFeed, Send
from sync.messages import (
    Ack,
    FaultMessage,
    Hello,
    HubMessage,
    Page,
    Push,
    Subscribe,
    decode_hub_message,
    encode_message,
)
from tests.server.conftest import Still
from tests.server.inside import enrol_tablet, item, push, try_sign_in
from tests.server.test_reads import run

FEED = "point:HALL"


def test_a_reader_whose_time_is_over_is_read_nothing_more(still: Still) -> None:
    """Without waiting for the next tick of the connection."""
    hub, tablet, writer = still.hub, enrol_tablet(still.hub), enrol_tablet(still.hub)
    done = try_sign_in(hub, tablet, "dating.shouli2")
    author = try_sign_in(hub, writer, "dating.shouli1")
    assert not isinstance(done, Refusal) and not isinstance(author, Refusal)
    told: list[HubMessage] = []

    async def send(frame: bytes) -> None:
        told.append(decode_hub_message(decode_frame(frame)))

    async def scenario() -> None:
        shell = Shell(hub, Pages(hub), Bus(), Path())
        session = HubSession(hub.zone, still.wall.ms)
        line = Line(shell, session, send, lambda _: done.token)

        async def do(effects: list[Effect]) -> None:
            for effect in effects:
                match effect:
                    case Greet():
                        await do(await line.greet(effect))
                    case ReadFeed(cursor=cursor):
                        await do(await line.read(cursor))
                    case Send(message=message):
                        await line.send(message)

        account, ms = done.reader.account, still.wall.ms
        hello = Hello(1, 1, hub.zone, tablet.number, account, "", ms, os.urandom(32), [])
        await do(session.receive(hello, ms))
        at = start(FEED)
        await do(session.receive(Subscribe(at.feed, at.n, at.hash), ms))
        assert isinstance(told[-1], Page)
        still.wall.ms = done.until_ms
        writer.receive(item(hub), author.reader.account, ms=ms)
        assert push(hub, writer.push()) == ["ok"]
        await do(session.grown([FEED]))
        shell.shutdown()

    run(scenario())
    assert told[-1] == FaultMessage("session-expired", FEED, "", 0)
    assert sum(len(said.entries) for said in told if isinstance(said, Page)) == 0


def test_a_page_stands_back_behind_its_readers_own_pushes(still: Still) -> None:
    """Three pushes that arrived at once are acknowledged before any of them is echoed, and the echo comes."""
    hub, tablet = still.hub, enrol_tablet(still.hub)
    done = try_sign_in(hub, tablet, "dating.shouli1")
    assert not isinstance(done, Refusal)
    account, ms = done.reader.account, still.wall.ms
    pushes: list[Push] = []
    for _ in range(3):
        tablet.receive(item(hub), account, ms=ms)
        pushes.append(tablet.push(tablet.last_seq))
    said: list[HubMessage] = []

    async def scenario() -> None:
        shell = Shell(hub, Pages(hub), Bus(), Path())
        echoed = asyncio.Event()

        async def send(frame: bytes) -> None:
            message = decode_hub_message(decode_frame(frame))
            said.append(message)
            if isinstance(message, Page) and message.after + len(message.entries) == len(pushes):
                echoed.set()

        line = Line(shell, HubSession(hub.zone, ms), send, lambda _: done.token)
        at = start(FEED)
        hello = Hello(1, 1, hub.zone, tablet.number, account, "", ms, os.urandom(32), [])
        frames: asyncio.Queue[bytes] = asyncio.Queue()
        for message in (hello, Subscribe(at.feed, at.n, at.hash), *pushes):
            frames.put_nowait(encode_frame(encode_message(message)))
        serving = asyncio.create_task(HubSocketLine(shell, line).run(frames.get))
        async with asyncio.timeout(30):
            await echoed.wait()
        serving.cancel()
        await asyncio.gather(serving, return_exceptions=True)
        shell.shutdown()

    run(scenario())
    kinds = [type(message) for message in said]
    assert kinds.count(Ack) == len(pushes)
    last_ack = len(kinds) - 1 - kinds[::-1].index(Ack)
    assert not any(message.entries for message in said[:last_ack] if isinstance(message, Page))


def test_a_hello_asks_for_no_more_than_the_log_has(
    still: Still, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Eight kilobytes from a stranger name millions of events; looking for them took seconds."""
    hub, tablet = still.hub, enrol_tablet(still.hub)
    clerk = try_sign_in(hub, tablet, "dating.shouli1")
    assert not isinstance(clerk, Refusal)
    for _ in range(2):
        tablet.receive(item(hub), clerk.reader.account, ms=still.wall.ms)
    push(hub, tablet.push())
    asked: list[Sequence[int]] = []
    told = Ledger.told

    def counting(self: Ledger, device: int, seqs: Sequence[int]) -> list[Told]:
        asked.append(seqs)
        return told(self, device, seqs)

    monkeypatch.setattr(Ledger, "told", counting)
    parked = [1, 2, 3] * 300_000
    hello = Hello(1, 1, hub.zone, tablet.number, b"", "", still.wall.ms, bytes(32), parked)
    greeted = greet(hub, Pages(hub), hello, None)
    assert isinstance(greeted, Greeted)
    assert [run.count for run in greeted.settled] == [2]
    assert asked == [[1, 2]]


def test_who_cannot_sign_waits_for_nobody_and_holds_up_nobody(still: Still) -> None:
    """A push with a wrong signature is turned away while somebody else writes, without a turn of its own."""
    hub, tablet = still.hub, enrol_tablet(still.hub)
    clerk = try_sign_in(hub, tablet, "dating.shouli1")
    assert not isinstance(clerk, Refusal)
    tablet.receive(item(hub), clerk.reader.account, ms=still.wall.ms)
    with hub.store.write():
        read = read_push(hub, structs.replace(tablet.push(), signature=bytes(64)))
        answer = ingest(hub, read).answer
    assert isinstance(answer, FaultMessage) and answer.code == Fault.SIGNATURE_INVALID
    assert read.arrivals == [], "nothing of it was decoded"


@pytest.mark.parametrize("signed", [True, False])
def test_a_stranger_has_one_push_inflated_and_who_can_sign_as_many_as_wait(
    still: Still, signed: bool
) -> None:
    """All in the socket at once, straight after the greeting, without a report."""
    hub, tablet, ms = still.hub, enrol_tablet(still.hub), still.wall.ms
    large = Edit({f"k{n}": "a" * 4_000 for n in range(14)})
    stream = new_stream(ms, os.urandom)
    pushes: list[Push] = []
    for _ in range(3):
        first = tablet.last_seq + 1
        for _ in range(18):
            tablet.write("case.edit", stream, bytes(16), large, ms=ms)
        pushes.append(tablet.push(first))
    if not signed:
        pushes = [structs.replace(push, signature=bytes(64)) for push in pushes]
    told: list[HubMessage] = []

    async def scenario() -> None:
        shell = Shell(hub, Pages(hub), Bus(), Path())
        frames: asyncio.Queue[bytes] = asyncio.Queue()
        hello = Hello(1, 1, hub.zone, tablet.number, b"", "", ms, os.urandom(32), [])
        for message in (hello, *pushes):
            frames.put_nowait(encode_frame(encode_message(message)))
        all_told = asyncio.Event()

        async def send(frame: bytes) -> None:
            told.append(decode_hub_message(decode_frame(frame)))
            if len(told) == (4 if signed else 3):
                all_told.set()

        line = Line(shell, HubSession(hub.zone, ms), send, lambda _: None)
        serving = asyncio.create_task(HubSocketLine(shell, line).run(frames.get))
        async with asyncio.timeout(30):
            await all_told.wait()
        serving.cancel()
        await asyncio.gather(serving, return_exceptions=True)
        shell.shutdown()

    run(scenario())
    answers = [said.code if isinstance(said, FaultMessage) else type(said) for said in told[1:]]
    refused = [Fault.SIGNATURE_INVALID, Fault.FRAME_OVERSIZED]
    assert answers == ([Ack, Ack, Ack] if signed else refused)
