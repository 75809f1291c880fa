"""Security headers on every answer, and the check that a call comes from our own pages.

Source: docs/security.md, "The browser".
"""

from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import urlsplit

from litestar import Request, WebSocket
from litestar.datastructures import MutableScopeHeaders
from litestar.types import Message, Scope

from server.flows.refusals import Code, Refusal
from server.web.refused import RefusedError

# Vant and Element Plus place popups and bars by style attributes: style-src-attr.
CONTENT_SECURITY_POLICY = (
    "default-src 'self'; script-src 'self'; style-src 'self'; style-src-attr 'unsafe-inline'; "
    "img-src 'self' blob: data:; font-src 'self' data:; connect-src {connect}; worker-src 'self'; "
    "manifest-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'; "
    "frame-ancestors 'none'"
)
HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(self), microphone=(), geolocation=(), payment=()",
}
_READING = frozenset({"GET", "HEAD", "OPTIONS"})


def make_headers(relay_places: str) -> Callable[[Message, Scope], Awaitable[None]]:
    """Litestar's before_send hook; `relay_places` are the sources where our pages may look for relays."""
    connect = f"'self' {relay_places}".strip()
    policy = CONTENT_SECURITY_POLICY.format(connect=connect)

    async def add_headers(message: Message, _: Scope) -> None:
        if message["type"] == "http.response.start":
            headers = MutableScopeHeaders.from_message(message)
            headers["Content-Security-Policy"] = policy
            for name, value in HEADERS.items():
                headers[name] = value
            if "cache-control" not in headers:
                headers["Cache-Control"] = "no-store"

    return add_headers


def is_own_origin(connection: Request[Any, Any, Any] | WebSocket[Any, Any, Any]) -> bool:
    """Whether the caller is one of our pages, or no browser at all (those send no Origin)."""
    origin = connection.headers.get("origin")
    if origin is None:
        return True
    try:
        return urlsplit(origin).netloc == connection.headers.get("host")
    except ValueError:
        return False  # no address at all, such as `http://[`


async def check_origin(request: Request[Any, Any, Any]) -> None:
    """Litestar's before_request hook: nobody else's page makes our browser write."""
    if request.method not in _READING and not is_own_origin(request):
        raise RefusedError(Refusal(Code.ORIGIN_FOREIGN))
