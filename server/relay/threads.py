"""Threads for what waits for the disk."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import ParamSpec, TypeVar

THREADS = 4

P = ParamSpec("P")
R = TypeVar("R")


class Threads:
    """Calls of the store, off the event loop."""

    def __init__(self) -> None:
        self._pool = ThreadPoolExecutor(THREADS, thread_name_prefix="relay")

    async def run(self, call: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
        """Call in a thread."""
        bound = partial(call, *args, **kwargs)
        return await asyncio.get_running_loop().run_in_executor(self._pool, bound)

    def shutdown(self) -> None:
        """Finish what is being written."""
        self._pool.shutdown()
