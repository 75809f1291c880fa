"""Session cookies: one an account, so that two people are signed in on one tablet side by side.

`__Host-`: Secure, for this host alone, Path=/. Chromium keeps Secure cookies from http://127.0.0.1 and http://localhost,
since it counts both as trustworthy (checked in tests/server/test_cookies.py).
"""

from typing import Any

from litestar import Request, Response, WebSocket
from litestar.datastructures import Cookie

from server.flows.reader import Reader, get_reader
from server.flows.refusals import Code, Refusal
from server.web.refused import RefusedError, unless_refused
from server.web.shell import Shell

ACCOUNT_HEADER = "Zc-Account"
_NAME_HEX = 8

Connection = Request[Any, Any, Any] | WebSocket[Any, Any, Any]


def cookie_name(account: bytes) -> str:
    """The name of an account's cookie, from the random end of its id: the beginning is a time."""
    return f"__Host-zc-{account.hex()[-_NAME_HEX:]}"


def find_token(connection: Connection, account: bytes) -> str | None:
    """The token of an account's session, if its cookie came along."""
    return connection.cookies.get(cookie_name(account))


def named_account(request: Request[Any, Any, Any]) -> bytes:
    """Whose session a call wants to use: the header says. Raises session-expired without one."""
    try:
        account = bytes.fromhex(request.headers.get(ACCOUNT_HEADER, ""))
    except ValueError:
        account = b""
    if not account:
        raise RefusedError(Refusal(Code.SESSION_EXPIRED))
    return account


async def require_reader(shell: Shell, request: Request[Any, Any, Any]) -> Reader:
    """The person behind a call. Raises session-expired."""
    account = named_account(request)
    reader = unless_refused(await shell.read(get_reader, shell.hub, find_token(request, account)))
    if reader.account != account:
        raise RefusedError(Refusal(Code.SESSION_EXPIRED))
    return reader


def set_session(response: Response[Any], account: bytes, token: str, max_age_s: int) -> None:
    """Send the cookie along."""
    response.set_cookie(_cookie(account, token, max_age_s))


def clear_session(response: Response[Any], account: bytes) -> None:
    """Take the cookie back."""
    response.set_cookie(_cookie(account, "", 0))


def _cookie(account: bytes, token: str, max_age_s: int) -> Cookie:
    return Cookie(
        key=cookie_name(account),
        value=token,
        path="/",
        max_age=max_age_s,
        secure=True,
        httponly=True,
        samesite="strict",
    )
