"""The application: everything wired together, and nothing decided."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import structlog
from litestar import Litestar
from litestar.di import Provide
from litestar.openapi import OpenAPIConfig
from litestar.openapi.plugins import JsonRenderPlugin

from server.flows.hub import Hub, open_hub
from server.flows.load_zone import load_zone
from server.flows.read_feed import Pages
from server.flows.tidy import tidy
from server.flows.zone_info import APP_VERSION, zone_info
from server.settings import Settings
from server.store.engine import sqlite_url
from server.store.files import Files
from server.store.schema import migrate
from server.store.store import Store
from server.web import api, console, health, refused, static, sync
from server.web.bus import WATCH_INTERVAL_S, Bus
from server.web.headers import add_headers, check_origin
from server.web.shell import Shell

log = structlog.get_logger()

TIDY_INTERVAL_S = 600


def open_store(settings: Settings) -> Store:
    """The database of these settings, its folder made and its schema up to date."""
    settings.data.mkdir(parents=True, exist_ok=True)
    settings.attachments.mkdir(exist_ok=True)
    store = Store.open(settings.database_url or sqlite_url(settings.database_file))
    migrate(store.engine)
    return store


def prepare(settings: Settings) -> Hub:
    """A hub ready to serve: migrated, with its key and its zone."""
    hub = open_hub(open_store(settings), Files(settings.attachments))
    load_zone(hub, settings.zone)
    return hub


def make_app(hub: Hub, static_folder: Path) -> Litestar:
    """The ASGI application of a hub."""
    shell = Shell(hub, Pages(hub), Bus(), static_folder.resolve())

    @asynccontextmanager
    async def background(_: Litestar) -> AsyncIterator[None]:
        tasks = [asyncio.create_task(_watch(shell)), asyncio.create_task(_tidy(shell))]
        try:
            yield
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            shell.threads.shutdown()
            hub.store.close()

    return Litestar(
        [
            sync.sync_socket,
            sync.sync_http,
            *api.HANDLERS,
            *console.HANDLERS,
            health.health,
            health.metrics,
            static.static,
        ],
        dependencies={"shell": Provide(lambda: shell, sync_to_thread=False)},
        exception_handlers=refused.HANDLERS,
        before_request=check_origin,
        before_send=[add_headers],
        request_max_body_size=api.SMALL_BODY_BYTES_MAX,
        lifespan=[background],
        logging_config=None,
        openapi_config=OpenAPIConfig(
            title="Zongchuang",
            version=APP_VERSION,
            path="/schema",
            render_plugins=[JsonRenderPlugin(path="/")],
        ),
    )


async def _watch(shell: Shell) -> None:
    """Notice what other processes wrote."""
    while True:
        try:
            info = await shell.run(zone_info, shell.hub)
            shell.bus.observe(info.position, info.access)
        except Exception:
            log.exception("watch failed")
        await asyncio.sleep(WATCH_INTERVAL_S)


async def _tidy(shell: Shell) -> None:
    """Drop what is over, now and then."""
    while True:
        await asyncio.sleep(TIDY_INTERVAL_S)
        try:
            await shell.run(tidy, shell.hub)
        except Exception:
            log.exception("tidy failed")
