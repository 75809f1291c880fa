"""The workers of a hub process: which they are, and a way to be served by a chosen one."""

import os
import select
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.server.client import WAIT_S
from tests.server.process import HubProcess


def pids_of(hub: HubProcess) -> list[int]:
    """The workers that the supervisor has now, oldest first."""
    assert hub.process is not None
    supervisor = hub.process.pid
    children = Path(f"/proc/{supervisor}/task/{supervisor}/children").read_text().split()
    return [int(pid) for pid in children if b"spawn_main" in _command_of(int(pid))]


@contextmanager
def served_by(hub: HubProcess, worker: int) -> Iterator[None]:
    """Whoever connects meanwhile is served by this worker: the others stand still."""
    others = [pid for pid in pids_of(hub) if pid != worker]
    for pid in others:
        os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        for pid in others:
            os.kill(pid, signal.SIGCONT)


def kill_worker(pid: int) -> None:
    """Kill -9, and wait until it is gone."""
    descriptor = os.pidfd_open(pid)
    try:
        os.kill(pid, signal.SIGKILL)
        ended(descriptor)
    finally:
        os.close(descriptor)


def ended(descriptor: int) -> None:
    """Wait for the end of a process, by its pidfd."""
    ready, _, _ = select.select([descriptor], [], [], WAIT_S)
    assert ready, "still running"


def _command_of(pid: int) -> bytes:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except FileNotFoundError:
        return b""
