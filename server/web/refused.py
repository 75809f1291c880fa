"""One shape for every error: `{code, message, params}`, whoever raises it (docs/errors.md)."""

from typing import Any, TypeVar

import structlog
from litestar import Request, Response
from litestar.exceptions import (
    HTTPException,
    MethodNotAllowedException,
    NotFoundException,
    ValidationException,
)
from litestar.openapi.datastructures import ResponseSpec
from litestar.status_codes import HTTP_413_REQUEST_ENTITY_TOO_LARGE
from msgspec import Struct

from server.flows.refusals import SAYS, Code, Refusal
from server.store.errors import BusyError

log = structlog.get_logger()
T = TypeVar("T")


class Refused(Struct):
    """The one shape: a stable code, what the person reads, and the numbers and names in it."""

    code: str
    message: str
    params: dict[str, str | int]


# What any call may be told, whatever it asks.
_ANY_CALL = (Code.BAD_REQUEST, Code.ORIGIN_FOREIGN, Code.BODY_OVERSIZED, Code.INTERNAL, Code.BUSY)


def may_refuse(*codes: Code) -> dict[int, ResponseSpec]:
    """For a handler's `responses`: which refusals the schema says that it gives, beside those of any call."""
    by_status: dict[int, list[Code]] = {}
    for code in (*codes, *_ANY_CALL):
        by_status.setdefault(SAYS[code].status, []).append(code)
    return {
        status: ResponseSpec(Refused, generate_examples=False, description=", ".join(told))
        for status, told in sorted(by_status.items())
    }


class RefusedError(Exception):
    """Carries a refusal out of a handler."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal.code)
        self.refusal = refusal


def unless_refused(result: T | Refusal) -> T:
    """The result of a flow, or the refusal as an error."""
    if isinstance(result, Refusal):
        raise RefusedError(result)
    return result


def answer(refusal: Refusal) -> Response[dict[str, Any]]:
    """The one shape."""
    headers = {}
    if refusal.code is Code.SLOW_DOWN:
        headers["Retry-After"] = str(refusal.params["seconds"])
    return Response(
        {"code": refusal.code, "message": refusal.message, "params": refusal.params},
        status_code=refusal.status,
        headers=headers,
    )


def on_refused(_: Request[Any, Any, Any], error: RefusedError) -> Response[dict[str, Any]]:
    """An expected no."""
    return answer(error.refusal)


def on_http(_: Request[Any, Any, Any], error: HTTPException) -> Response[dict[str, Any]]:
    """What Litestar itself turned away."""
    match error:
        case NotFoundException():
            code = Code.NOT_FOUND
        case MethodNotAllowedException():
            code = Code.METHOD_NOT_ALLOWED
        case ValidationException():
            fields = ",".join(
                str(e.get("key", "")) for e in error.extra or [] if isinstance(e, dict)
            )
            return answer(Refusal(Code.BAD_REQUEST, {"fields": fields}))
        case _ if error.status_code == HTTP_413_REQUEST_ENTITY_TOO_LARGE:
            code = Code.BODY_OVERSIZED
        case _ if error.status_code >= 500:
            return on_any(_, error)
        case _:
            code = Code.BAD_REQUEST
    return answer(Refusal(code))


def on_busy(_: Request[Any, Any, Any], error: BusyError) -> Response[dict[str, Any]]:
    """The database did not let us in."""
    log.warning("busy", detail=str(error))
    return answer(Refusal(Code.BUSY))


def on_any(request: Request[Any, Any, Any], error: Exception) -> Response[dict[str, Any]]:
    """A defect: logged with its place, told without it."""
    log.error("internal", path=request.scope["path"], exc_info=error)
    return answer(Refusal(Code.INTERNAL))


HANDLERS: dict[int | type[Exception], Any] = {
    RefusedError: on_refused,
    HTTPException: on_http,
    BusyError: on_busy,
    Exception: on_any,
}
