"""What every handler works with: the hub, its pages, the bus that wakes readers, threads for flows."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import ParamSpec, TypeVar

from server.flows.hub import Hub
from server.flows.read_feed import Pages
from server.web.bus import Bus
from server.web.reads import SharedReads

# Flows wait for the disk and for each other's locks, hardly for the processor.
FLOW_THREADS = 8

P = ParamSpec("P")
R = TypeVar("R")


@dataclass(slots=True)
class Shell:
    """One process's share of the hub."""

    hub: Hub
    pages: Pages
    bus: Bus
    static: Path
    threads: ThreadPoolExecutor = field(
        default_factory=lambda: ThreadPoolExecutor(FLOW_THREADS, thread_name_prefix="flow")
    )

    reads: SharedReads = field(init=False)

    def __post_init__(self) -> None:
        self.reads = SharedReads(lambda asked: self.run(self.pages.next, asked))

    async def run(self, flow: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
        """Call a flow in a thread."""
        call = partial(flow, *args, **kwargs)
        return await asyncio.get_running_loop().run_in_executor(self.threads, call)
