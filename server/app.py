"""The application: everything wired together, and nothing decided."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import structlog
from litestar import Litestar
from litestar.di import Provide
from litestar.openapi import OpenAPIConfig
from litestar.openapi.plugins import JsonRenderPlugin

from server.flows.hub import Hub
from server.flows.read_feed import Pages
from server.flows.tidy import tidy
from server.flows.zone_info import APP_VERSION
from server.settings import Settings
from server.store.engine import is_postgresql, libpq_url
from server.web import api, console, health, refused, static, sync, uploads
from server.web.bus import Bus
from server.web.headers import check_origin, make_headers
from server.web.look import look, watch
from server.web.shell import Shell

log = structlog.get_logger()

TIDY_INTERVAL_S = 600


def make_app(hub: Hub, settings: Settings) -> Litestar:
    """The ASGI application of a hub, one a process."""
    shell = Shell(hub, Pages(hub), Bus(), settings.static.resolve())

    @asynccontextmanager
    async def background(_: Litestar) -> AsyncIterator[None]:
        await look(shell)
        duties = [watch(shell, settings.look_interval_s), _tidy(shell)]
        # On SQLite nobody gives hints, since all that serves is this process: no driver is loaded.
        if is_postgresql(settings.database_url):
            from server.web.listen import listen  # noqa: PLC0415

            listen_url = libpq_url(settings.listen_url or settings.database_url)
            duties.append(listen(shell, listen_url))
        tasks = [asyncio.create_task(duty) for duty in duties]
        try:
            yield
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            shell.shutdown()
            hub.store.close()

    return Litestar(
        [
            sync.sync_socket,
            sync.sync_http,
            *api.HANDLERS,
            *console.HANDLERS,
            uploads.router,
            health.health,
            health.metrics,
            static.static,
        ],
        dependencies={"shell": Provide(lambda: shell, sync_to_thread=False)},
        exception_handlers=refused.HANDLERS,
        before_request=check_origin,
        before_send=[make_headers(settings.relay_places)],
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


async def _tidy(shell: Shell) -> None:
    """Drop what is over, now and then."""
    while True:
        await asyncio.sleep(TIDY_INTERVAL_S)
        try:
            await shell.write(tidy, shell.hub)
        except Exception:
            log.exception("tidy failed")
