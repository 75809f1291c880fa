"""Looking for what other processes wrote: at the zone's head row, once an interval.

It finds whatever no hint told of (server/web/listen.py): a hint may be lost with its connection, and on SQLite, where
only the command line writes besides, there are none (docs/decisions/0003-wake-then-read.md).
"""

import asyncio

import structlog

from server.flows.settled import settled_between
from server.flows.zone_info import zone_info
from server.web.shell import Shell

log = structlog.get_logger()

# A hint on its way gets so long before a look calls it lost and wakes everybody.
HINT_GRACE_S = 0.1


async def watch(shell: Shell, interval_s: float) -> None:
    """Look, for ever."""
    while True:
        try:
            await look(shell)
        except Exception:
            log.exception("look failed")
        await asyncio.sleep(interval_s)


async def look(shell: Shell) -> None:
    """Read the zone's head; wake everybody if it moved and nobody told."""
    info = await shell.read(zone_info, shell.hub)
    bus = shell.bus
    if not bus.is_behind(info.position, info.access):
        return
    await asyncio.sleep(HINT_GRACE_S)
    before, devices = bus.position, bus.devices
    if not bus.is_behind(info.position, info.access):
        return
    runs = {}
    if devices and before < info.position:
        runs = await shell.read(settled_between, shell.hub, devices, before, info.position)
    bus.observe(info.position, info.access, runs)
