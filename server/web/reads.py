"""Reading for many at once: readers of a feed that ask while it is being read share the next reading.

When a feed grows, every socket that follows it asks at the same moment. One transaction answers
them all, and none of them is answered from a moment before it asked.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence

from server.flows.read_feed import Asked, PageFrame, RightsChanged

Answer = PageFrame | RightsChanged
Reader = tuple[Asked, asyncio.Future[Answer]]
# Pages of different places in a feed that are in memory at once for one reading.
PLACES_MAX = 8
ReadMany = Callable[[Sequence[Asked]], Awaitable[list[Answer]]]


class SharedReads:
    """The readings of one process; all calls from the event loop's thread."""

    def __init__(self, read_many: ReadMany) -> None:
        self._read_many = read_many
        self._waiting: dict[str, list[Reader]] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    async def next(self, asked: Asked) -> Answer:
        """The page for this reader, read after this call began. Raises what the reading raises."""
        answer: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        name = asked.cursor.feed
        if name in self._waiting:
            self._waiting[name].append((asked, answer))
        else:
            self._waiting[name] = [(asked, answer)]
            task = asyncio.create_task(self._serve(name))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        return await answer

    async def _serve(self, name: str) -> None:
        while waiting := self._waiting[name]:
            waiting, self._waiting[name] = _at_few_places(waiting)
            reading = self._read_many([asked for asked, _ in waiting])
            (outcome,) = await asyncio.gather(reading, return_exceptions=True)
            for at, (_, answer) in enumerate(waiting):
                # A reader whose socket went meanwhile no longer waits.
                if answer.done():
                    continue
                if isinstance(outcome, BaseException):
                    answer.set_exception(outcome)
                else:
                    answer.set_result(outcome[at])
        del self._waiting[name]


def _at_few_places(waiting: list[Reader]) -> tuple[list[Reader], list[Reader]]:
    """Those to be read for now, and those whose turn is next."""
    places: set[int] = set()
    for asked, _ in waiting:
        if len(places) < PLACES_MAX:
            places.add(asked.cursor.n)
    now = [reader for reader in waiting if reader[0].cursor.n in places]
    return now, [reader for reader in waiting if reader[0].cursor.n not in places]
