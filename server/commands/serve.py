"""`zongchuang serve`: one process, or on PostgreSQL several under uvicorn's supervisor.

A worker that dies is replaced; workers whose supervisor died end by themselves.
"""

import argparse
import asyncio
import gc
import multiprocessing
import os
import signal
import socket
import sys
from collections.abc import Callable
from functools import partial
from tempfile import TemporaryDirectory
from typing import Any

import structlog
import uvicorn
from uvicorn.supervisors.multiprocess import Multiprocess

from server.app import make_app
from server.commands.opening import open_here, prepare
from server.commands.welcome import say, welcome_of
from server.flows.hub import Hub
from server.logs import configure_logs
from server.settings import Settings
from server.store.engine import is_postgresql
from server.web.metrics import METRICS_FOLDER, forget_worker
from sync.limits import FRAME_BYTES_MAX

log = structlog.get_logger()

Asgi = Callable[..., Any]

GRACE_S = 5
GC_THRESHOLDS = (50_000, 20, 50)
# On a machine that is starting everything at once.
WORKER_READY_S = 120
WORKER_SILENT_S = 30


def run(settings: Settings, options: argparse.Namespace) -> int:
    """Migrate, load the zone, listen; or be a point's relay."""
    if settings.role == "relay":
        from server.commands import point  # noqa: PLC0415 - what only a relay needs

        return point.run(settings, options)
    several = settings.workers > 1
    if settings.workers < 1 or (several and not is_postgresql(settings.database_url)):
        print(
            f"serve: {settings.workers} workers are not possible here: SQLite has one process, "
            "PostgreSQL (--database-url) one or more",
            file=sys.stderr,
        )
        return 1
    hub = prepare(settings)
    if not several:
        app = make_app(hub, settings)
        quicken()
        HubServer(HubConfig(app, settings), settings, hub).run()
        return 0
    config = HubConfig(partial(make_worker, settings), settings, factory=True)
    listening = config.bind_socket()
    welcome = welcome_of(settings, hub, listening.getsockname()[1])
    hub.store.close()
    with TemporaryDirectory(prefix="zongchuang-metrics-") as folder:
        os.environ[METRICS_FOLDER] = folder
        workers = Workers(config, [listening], welcome)
        workers.run()
    return 0 if workers.served else 1


class HubConfig(uvicorn.Config):
    """How uvicorn serves the hub, in one process as in several."""

    def __init__(self, app: Asgi, settings: Settings, *, factory: bool = False) -> None:
        super().__init__(
            app,
            factory=factory,
            host=settings.host,
            port=settings.port,
            workers=settings.workers,
            timeout_worker_healthcheck=WORKER_SILENT_S,
            log_config=None,
            access_log=False,
            server_header=False,
            ws="websockets-sansio",
            # Compression and heartbeats are the protocol's own, in the frames.
            ws_per_message_deflate=False,
            ws_ping_interval=None,
            ws_max_size=2 * FRAME_BYTES_MAX,
            timeout_graceful_shutdown=GRACE_S,
        )

    def configure_logging(self) -> None:
        """Called first in every process, worker or not."""
        configure_logs()
        # Uvicorn raises the signal again once everything is closed: a graceful end is no failure.
        for graceful in (signal.SIGTERM, signal.SIGINT):
            signal.signal(graceful, lambda *_: sys.exit(0))


class HubServer(uvicorn.Server):
    """Says where it listens once it does: whoever reads that line can connect."""

    def __init__(self, config: uvicorn.Config, settings: Settings, hub: Hub) -> None:
        super().__init__(config)
        self._settings = settings
        self._hub = hub

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Listen, then print the welcome, with the port that port 0 became."""
        await super().startup(sockets)
        if self.started:
            port = self.servers[0].sockets[0].getsockname()[1]
            say(welcome_of(self._settings, self._hub, port))


class Workers(Multiprocess):
    """The supervisor; says where the hub listens once every worker does."""

    def __init__(self, config: uvicorn.Config, sockets: list[socket.socket], welcome: str) -> None:
        super().__init__(config, sockets)
        self._welcome = welcome
        self.served = False

    def init_processes(self) -> None:
        """Start the workers, wait for them, print the welcome."""
        super().init_processes()
        self.served = all(
            process.wait_until_ready(WORKER_READY_S, self.should_exit) for process in self.processes
        )
        if self.served:
            say(self._welcome)
        else:
            self.should_exit.set()

    def keep_subprocess_alive(self) -> None:
        """Replace who died, and forget what it counted as its present state."""
        before = self._pids()
        super().keep_subprocess_alive()
        for pid in before - self._pids():
            log.error("worker died", worker=pid)
            forget_worker(pid)

    def _pids(self) -> set[int]:
        return {process.pid for process in self.processes if process.pid is not None}


def make_worker(settings: Settings) -> Asgi:
    """The application of one worker, called in its process; the database was prepared before."""
    supervisor = multiprocessing.parent_process()
    assert supervisor is not None
    # Without a supervisor nobody would replace a worker that dies, nor end it.
    loop, sentinel = asyncio.get_running_loop(), supervisor.sentinel

    def end() -> None:
        loop.remove_reader(sentinel)
        signal.raise_signal(signal.SIGTERM)

    loop.add_reader(sentinel, end)
    app = make_app(open_here(settings), settings)
    quicken()
    return app


def quicken() -> None:
    """Spare the garbage collector what it cannot collect.

    What is there by now stays, and what a push makes dies with it: collecting as often as an idle
    interpreter does would cost a sixth of the time of every push.
    """
    gc.freeze()
    gc.set_threshold(*GC_THRESHOLDS)
