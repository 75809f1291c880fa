"""Readers of one feed share a reading, none is answered from a moment before it asked, and what is kept is bounded."""

import asyncio
import tracemalloc
from collections.abc import Coroutine, Sequence
from concurrent.futures import ThreadPoolExecutor

import pytest

from server.flows import read_feed
from server.flows.read_feed import Asked, PageFrame, Pages
from server.store.errors import BusyError
from server.web.reads import PLACES_MAX, Answer, SharedReads
from sync.feed import Cursor
from sync.messages import Page
from tests.server.conftest import Still
from tests.server.inside import enrol_tablet, item, push, sign_in_on

FEED = "point:HALL"


def run(scenario: Coroutine[None, None, None]) -> None:
    """In a thread of its own: in this one another test's browser may keep a loop running."""
    with ThreadPoolExecutor(1) as threads:
        threads.submit(asyncio.run, scenario).result()


def asked(n: int = 0, reader: int = 7) -> Asked:
    return Asked(Cursor(FEED, n, bytes(32)), reader, access=1, even_empty=False)


def page(one: Asked) -> PageFrame:
    cursor = one.cursor
    return PageFrame(
        Page(cursor.feed, cursor.n, [], cursor.hash, None), b"", frozenset(), ends=True
    )


class Readings:
    """What was read together, in order; each reading waits for `go`."""

    def __init__(self) -> None:
        self.calls: list[list[Asked]] = []
        self.go = asyncio.Event()
        self.errors: list[Exception] = []

    async def __call__(self, together: Sequence[Asked]) -> list[Answer]:
        self.calls.append(list(together))
        await self.go.wait()
        if self.errors:
            raise self.errors.pop()
        return [page(one) for one in together]


async def started(reads: SharedReads, *all_asked: Asked) -> list[asyncio.Task[Answer]]:
    tasks = [asyncio.create_task(reads.next(one)) for one in all_asked]
    for _ in range(3):
        await asyncio.sleep(0)
    return tasks


def test_who_asks_during_a_reading_shares_the_next_one() -> None:
    async def scenario() -> None:
        readings = Readings()
        reads = SharedReads(readings)
        first = await started(reads, asked(reader=1))
        others = await started(reads, *(asked(reader=n) for n in range(2, 200)))
        readings.go.set()
        answers = await asyncio.gather(*first, *others)
        assert [len(call) for call in readings.calls] == [1, 198]
        assert len(answers) == 199

    run(scenario())


def test_a_failed_reading_is_told_to_its_readers_and_not_to_the_next() -> None:
    async def scenario() -> None:
        readings = Readings()
        readings.errors.append(BusyError("locked"))
        reads = SharedReads(readings)
        first = await started(reads, asked(reader=1))
        second = await started(reads, asked(reader=2))
        readings.go.set()
        with pytest.raises(BusyError):
            await first[0]
        assert isinstance(await second[0], PageFrame)
        assert isinstance(await reads.next(asked(reader=3)), PageFrame)

    run(scenario())


def test_a_reader_that_left_takes_nobody_with_it() -> None:
    async def scenario() -> None:
        readings = Readings()
        reads = SharedReads(readings)
        gone, stays = await started(reads, asked(reader=1), asked(reader=2))
        gone.cancel()
        readings.go.set()
        assert isinstance(await stays, PageFrame)

    run(scenario())


def test_few_places_of_a_feed_are_read_at_once() -> None:
    async def scenario() -> None:
        readings = Readings()
        reads = SharedReads(readings)
        await started(reads, asked(0))
        tasks = await started(reads, *(asked(n) for n in range(3 * PLACES_MAX)))
        readings.go.set()
        answers = await asyncio.gather(*tasks)
        assert [answer.page.after for answer in answers if isinstance(answer, PageFrame)] == [
            *range(3 * PLACES_MAX)
        ]
        assert max(len(call) for call in readings.calls) == PLACES_MAX

    run(scenario())


def test_what_is_kept_of_a_feed_is_bounded_as_it_lies_in_memory(
    still: Still, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Pages shrink to a hundredth in their frames; a reader may ask from every place of a feed."""
    hub, writer = still.hub, enrol_tablet(still.hub)
    clerk = sign_in_on(hub, writer, "dating.shouli1")
    fields = {f"f{n}": "a" * 4_000 for n in range(10)}
    for _ in range(60):
        writer.receive(item(hub), clerk.account, ms=still.wall.ms, fields=fields)
    assert set(push(hub, writer.push())) == {"ok"}
    with hub.store.read() as tx:
        found = tx.feeds.find(FEED)
        assert found is not None
        hashes = [tx.feeds.hash_at(found.id, n) or b"" for n in range(1, found.n)]
    monkeypatch.setattr(read_feed, "CACHE_BYTES_MAX", 8_000_000)
    pages = Pages(hub)
    tracemalloc.start()
    for n, hash_ in enumerate(hashes, start=1):
        pages.next([Asked(Cursor(FEED, n, hash_), 99, clerk.access, even_empty=False)])
    held, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert 4_000_000 < held < 12_000_000
