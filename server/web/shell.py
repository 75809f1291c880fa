"""What every handler works with: the hub, its pages, the bus that wakes readers, threads for flows.

Those that write wait for each other's locks, up to `--busy-timeout`; they have threads of their own, so that whoever
reads, be it /health or a feed, never waits behind them.
"""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import ParamSpec, TypeVar

from server.flows.guide import Guides
from server.flows.hub import Hub
from server.flows.read_feed import Pages
from server.web.bus import Bus
from server.web.reads import SharedReads

# Flows wait for the disk and for each other's locks, hardly for the processor. Each holds a connection to the
# database: together no more than its pool has (server/store/engine.py).
READING_THREADS = 8
WRITING_THREADS = 8

P = ParamSpec("P")
R = TypeVar("R")


@dataclass(slots=True)
class Shell:
    """One process's share of the hub."""

    hub: Hub
    pages: Pages
    bus: Bus
    static: Path
    reads: SharedReads = field(init=False)
    guides: Guides = field(init=False)
    _readers: ThreadPoolExecutor = field(
        default_factory=lambda: ThreadPoolExecutor(READING_THREADS, thread_name_prefix="read")
    )
    _writers: ThreadPoolExecutor = field(
        default_factory=lambda: ThreadPoolExecutor(WRITING_THREADS, thread_name_prefix="write")
    )

    def __post_init__(self) -> None:
        self.guides = Guides(self.hub)
        self.reads = SharedReads(lambda asked: self.read(self.pages.next, asked))

    async def read(self, flow: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
        """Call a flow that writes nothing in the database."""
        call = partial(flow, *args, **kwargs)
        return await asyncio.get_running_loop().run_in_executor(self._readers, call)

    async def write(self, flow: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
        """Call a flow that may write."""
        call = partial(flow, *args, **kwargs)
        return await asyncio.get_running_loop().run_in_executor(self._writers, call)

    def shutdown(self) -> None:
        """Finish what is being read and written."""
        self._writers.shutdown()
        self._readers.shutdown()
