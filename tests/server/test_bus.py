"""Who waits for what others say: woken by it, and by the time, without an alarm for every wait."""

import asyncio
from typing import Any

import pytest

from server.web.bus import Bus
from tests.server.test_reads import run

FEED = "point:HALL"


def test_an_ear_that_hears_much_sets_one_alarm(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hundreds are woken at once by every case: what each of them does then delays the last."""
    alarms: list[float] = []

    async def scenario() -> None:
        loop = asyncio.get_running_loop()
        call_later = loop.call_later

        def counting(delay: float, *rest: Any) -> asyncio.TimerHandle:
            alarms.append(delay)
            return call_later(delay, *rest)

        monkeypatch.setattr(loop, "call_later", counting)
        ear = Bus().join(lambda: 2)
        for n in range(50):
            loop.call_soon(ear.hear, [FEED], [])
            await ear.wait(60)
            assert ear.take(frozenset({FEED})) == (frozenset({FEED}), []), n
        ear.close()

    run(scenario())
    assert alarms == [60]


def test_an_ear_that_hears_nothing_is_woken_by_the_time_again_and_again() -> None:
    async def scenario() -> None:
        bus = Bus()
        ear = bus.join(lambda: 2)
        async with asyncio.timeout(30):
            for _ in range(3):
                await ear.wait(0.001)
                assert ear.take(frozenset({FEED})) == (frozenset(), [])
        bus.leave(ear)

    run(scenario())
