"""/api/console: what the console reads and does."""

from typing import Annotated, Any

from litestar import Request, get, post
from litestar.params import Parameter
from litestar.status_codes import HTTP_200_OK
from msgspec import Struct

from server.flows.console import Overview, create_code, overview, revoke_device
from server.flows.enrol import MadeCode
from server.flows.problems import Problem, problems
from server.flows.refusals import Code
from server.flows.show_device import DevicePage, show_device
from server.flows.show_replicas import FeedPage, Replicas, show_feed, show_replicas
from server.web.cookies import require_reader
from server.web.refused import may_refuse, unless_refused
from server.web.shell import Shell
from sync.event import Line

HttpRequest = Request[Any, Any, Any]
# As on the wire; past 63 bits no database could even be asked for it.
DeviceNumber = Annotated[int, Parameter(ge=0, le=2**53 - 1)]
FeedName = Annotated[str, Parameter(max_length=200)]
# Who is not signed in, and who has no business here.
_CONSOLE = (Code.SESSION_EXPIRED, Code.NOT_ENTITLED)


class CodeAsk(Struct):
    """Where the new device is to stand; kind: tablet | desk."""

    point: str
    kind: str = "tablet"


class RevokeAsk(Struct):
    """Why."""

    reason: Line


class Problems(Struct):
    """The list under a name, so that it can grow."""

    problems: list[Problem]


@get("/api/console/overview", responses=may_refuse(*_CONSOLE))
async def show_overview(request: HttpRequest, shell: Shell) -> Overview:
    """Points, devices and counts."""
    reader = await require_reader(shell, request)
    return unless_refused(await shell.read(overview, shell.hub, reader))


@get("/api/console/problems", responses=may_refuse(*_CONSOLE))
async def show_problems(request: HttpRequest, shell: Shell) -> Problems:
    """What needs somebody, with its reason."""
    reader = await require_reader(shell, request)
    return Problems(unless_refused(await shell.read(problems, shell.hub, reader)))


@get(
    "/api/console/devices/{number:int}",
    responses=may_refuse(*_CONSOLE, Code.DEVICE_UNKNOWN),
)
async def device_page(number: DeviceNumber, request: HttpRequest, shell: Shell) -> DevicePage:
    """One device."""
    reader = await require_reader(shell, request)
    return unless_refused(await shell.read(show_device, shell.hub, reader, number))


@get("/api/console/replicas", responses=may_refuse(*_CONSOLE))
async def replicas_page(request: HttpRequest, shell: Shell) -> Replicas:
    """What is held where: the backup, what is lost, replicas, feeds."""
    reader = await require_reader(shell, request)
    return unless_refused(await shell.read(show_replicas, shell.hub, reader))


@get("/api/console/feed", responses=may_refuse(*_CONSOLE, Code.NOT_FOUND))
async def feed_page(name: FeedName, request: HttpRequest, shell: Shell) -> FeedPage:
    """One feed and its readers."""
    reader = await require_reader(shell, request)
    return unless_refused(await shell.read(show_feed, shell.hub, reader, name))


@post(
    "/api/console/enrolment-codes",
    status_code=HTTP_200_OK,
    responses=may_refuse(*_CONSOLE, Code.POINT_UNKNOWN),
)
async def new_code(data: CodeAsk, request: HttpRequest, shell: Shell) -> MadeCode:
    """A one-time enrolment code, as text and as a QR picture."""
    reader = await require_reader(shell, request)
    return unless_refused(await shell.write(create_code, shell.hub, reader, data.point, data.kind))


@post(
    "/api/console/devices/{number:int}/revoke",
    status_code=HTTP_200_OK,
    responses=may_refuse(*_CONSOLE, Code.DEVICE_UNKNOWN),
)
async def revoke(
    number: DeviceNumber, data: RevokeAsk, request: HttpRequest, shell: Shell
) -> dict[str, Any]:
    """Take a device's rights."""
    reader = await require_reader(shell, request)
    growth, verdicts = unless_refused(
        await shell.write(revoke_device, shell.hub, reader, number, data.reason)
    )
    shell.bus.announce(growth, verdicts)
    return {}


HANDLERS = [
    show_overview,
    show_problems,
    device_page,
    replicas_page,
    feed_page,
    new_code,
    revoke,
]
