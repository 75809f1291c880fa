"""Hearing what other processes wrote, by LISTEN/NOTIFY on PostgreSQL (server/store/hints.py)."""

import asyncio

import structlog
from litestar.channels.backends.psycopg import PsycoPgChannelsBackend

from server.flows.settled import settled_between
from server.store.hints import CHANNEL, Hint, decode_hint
from server.web.look import look
from server.web.metrics import LISTENING
from server.web.shell import Shell

log = structlog.get_logger()

# Whoever listens through a pooler by transactions hears nothing, not even itself.
ECHO_S = 5.0
LISTEN_AGAIN_S = 2.0


async def listen(shell: Shell, url: str) -> None:
    """Hear hints, for ever; `url` leads to PostgreSQL itself."""
    while True:
        try:
            await _hear_out(shell, url)
        except Exception as error:  # noqa: BLE001 - whatever it was, looking goes on and listening begins anew
            log.warning("not listening", error=type(error).__name__, detail=str(error))
        finally:
            LISTENING.set(0)
        await asyncio.sleep(LISTEN_AGAIN_S)


async def _hear_out(shell: Shell, url: str) -> None:
    """Listen on one connection until it breaks.

    Litestar's channels plugin would keep one for good and go deaf with it, so its backend is used
    for as long as a connection lasts.
    """
    backend = PsycoPgChannelsBackend(url)
    await backend.on_startup()
    try:
        await backend.subscribe([CHANNEL])
        events = backend.stream_events()
        await backend.publish(b"", [CHANNEL])
        async with asyncio.timeout(ECHO_S):
            await anext(events)
        LISTENING.set(1)
        log.info("listening")
        # What was written before anybody listened, and what was just heard in the echo's stead.
        await look(shell)
        async for _, payload in events:
            if payload:
                await _heed(shell, decode_hint(payload))
    finally:
        await backend.on_shutdown()


async def _heed(shell: Shell, hint: Hint) -> None:
    bus = shell.bus
    if not bus.claim(hint.before, hint.after):
        bus.tell((), hint.access, {})
        return
    devices = bus.devices if hint.devices is None else bus.devices.intersection(hint.devices)
    runs = {}
    if devices:
        runs = await shell.read(settled_between, shell.hub, devices, hint.before, hint.after)
    bus.tell(hint.feeds, hint.access, runs)
