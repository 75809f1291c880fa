"""/health and /metrics: whether the hub works, and how much."""

import time
from typing import Any

from litestar import Response, get
from prometheus_client import CONTENT_TYPE_LATEST

from server.flows.zone_info import zone_info
from server.web.metrics import POSITION, exposition
from server.web.refused import may_refuse
from server.web.shell import Shell

STARTED_AT = time.monotonic()


@get("/health", responses=may_refuse())
async def health(shell: Shell) -> dict[str, Any]:
    """200 when the database answers."""
    info = await shell.read(zone_info, shell.hub)
    return {
        "status": "ok",
        "app_version": info.app_version,
        "protocol": info.protocol,
        "position": info.position,
        "database": shell.hub.store.backend,
        "up_s": int(time.monotonic() - STARTED_AT),
    }


@get("/metrics", include_in_schema=False)
async def metrics(shell: Shell) -> Response[bytes]:
    """Prometheus's text format."""
    info = await shell.read(zone_info, shell.hub)
    POSITION.set(info.position)
    return Response(exposition(), media_type=CONTENT_TYPE_LATEST)
