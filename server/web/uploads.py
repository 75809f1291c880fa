"""Photos by tus 1.0 (tus.io): core, creation, checksum, expiration, termination; docs/protocol.md, section 9.

What is ours within it: every request carries the device's number and its signature over the photo (`Zc-Device`,
`Zc-Signature`), `Upload-Metadata` names the photo's SHA-256, and the answer about a complete upload carries the hub's
own signature (`Zc-Stored`): only that says that the photo is durable.
"""

import re
from base64 import b64decode
from binascii import Error as Base64Error
from collections.abc import AsyncIterator
from dataclasses import dataclass
from email.utils import formatdate
from hashlib import sha1, sha256
from typing import Any

from litestar import Response, Router, delete, head, patch, post, route
from litestar.enums import HttpMethod
from litestar.openapi.datastructures import ResponseSpec
from litestar.status_codes import HTTP_201_CREATED, HTTP_204_NO_CONTENT

from server.flows.refusals import Code, Refusal
from server.flows.uploads import (
    Offer,
    Standing,
    append_upload,
    begin_upload,
    find_upload,
    remove_upload,
)
from server.web.api import HttpRequest, decode, encode
from server.web.refused import HANDLERS as REFUSED
from server.web.refused import RefusedError, may_refuse, unless_refused
from server.web.shell import Shell
from sync.limits import ATTACHMENT_BYTES_MAX

PATH = "/api/uploads"
VERSION = {"Tus-Resumable": "1.0.0"}
_ABOUT = {
    "Tus-Version": "1.0.0",
    "Tus-Max-Size": str(ATTACHMENT_BYTES_MAX),
    "Tus-Extension": "creation,checksum,expiration,termination",
    "Tus-Checksum-Algorithm": "sha256,sha1",
}
_ALGORITHMS = {"sha256": sha256, "sha1": sha1}
_CONTENT_TYPE = "application/offset+octet-stream"
_NAME = re.compile(r"([1-9][0-9]{0,14})-([0-9a-f]{64})", re.ASCII)
_COUNT = re.compile(r"[0-9]{1,15}", re.ASCII)
# A long body is made durable in pieces, so that a hub that dies in it has most of it.
_PIECE_BYTES = 262_144
# What is answered is in the headers.
_EMPTY = {
    status: ResponseSpec(None, description="How far it is, in the headers")
    for status in (HTTP_201_CREATED, HTTP_204_NO_CONTENT)
}
_OFFER = (
    Code.UPLOAD_VERSION,
    Code.DEVICE_UNKNOWN,
    Code.DEVICE_REVOKED,
    Code.SIGNATURE_INVALID,
    Code.ATTACHMENT_OVERSIZED,
    Code.ATTACHMENT_NOT_IMAGE,
)
_UPLOAD = (*_OFFER, Code.NOT_FOUND, Code.NOT_ENTITLED)
_BYTES = (
    *_UPLOAD,
    Code.UPLOAD_TYPE,
    Code.UPLOAD_OFFSET,
    Code.UPLOAD_CHECKSUM,
    Code.ATTACHMENT_HASH,
)


@route(
    "/",
    http_method=[HttpMethod.OPTIONS],
    status_code=HTTP_204_NO_CONTENT,
    responses=_EMPTY | may_refuse(),
)
async def about() -> Response[None]:
    """What of tus is spoken here."""
    return Response(None, status_code=HTTP_204_NO_CONTENT, headers=_ABOUT)


@post("/", status_code=HTTP_201_CREATED, responses=_EMPTY | may_refuse(*_OFFER))
async def create(request: HttpRequest, shell: Shell) -> Response[None]:
    """Begin an upload, or go on with it; complete at once when the hub holds the photo."""
    _check_version(request)
    offer = Offer(_device(request), _announced(request), _signature(request))
    size = _number(request, "Upload-Length")
    standing = unless_refused(await shell.write(begin_upload, shell.hub, offer, size))
    location = {"Location": f"{PATH}/{offer.device}-{offer.digest.hex()}"}
    return Response(None, status_code=HTTP_201_CREATED, headers=_headers(standing) | location)


@head("/{name:str}", status_code=HTTP_204_NO_CONTENT, responses=_EMPTY | may_refuse(*_UPLOAD))
async def ask(name: str, request: HttpRequest, shell: Shell) -> Response[None]:
    """How far an upload is."""
    _check_version(request)
    standing = unless_refused(await shell.read(find_upload, shell.hub, _offer(name, request)))
    length = {"Upload-Length": str(standing.size)}
    return Response(None, status_code=HTTP_204_NO_CONTENT, headers=_headers(standing) | length)


@patch(
    "/{name:str}",
    status_code=HTTP_204_NO_CONTENT,
    request_max_body_size=ATTACHMENT_BYTES_MAX,
    responses=_EMPTY | may_refuse(*_BYTES),
)
async def append(name: str, request: HttpRequest, shell: Shell) -> Response[None]:
    """Take bytes; what came is kept, also where the line breaks in the middle."""
    return await _take(name, request, shell)


@delete("/{name:str}", status_code=HTTP_204_NO_CONTENT, responses=_EMPTY | may_refuse(*_UPLOAD))
async def terminate(name: str, request: HttpRequest, shell: Shell) -> None:
    """Forget an upload; its author alone can."""
    await _forget(name, request, shell)


@post(
    "/{name:str}",
    status_code=HTTP_204_NO_CONTENT,
    request_max_body_size=ATTACHMENT_BYTES_MAX,
    responses=_EMPTY | may_refuse(*_BYTES, Code.METHOD_NOT_ALLOWED),
)
async def override(name: str, request: HttpRequest, shell: Shell) -> Response[None]:
    """PATCH and DELETE for networks that let only GET and POST through."""
    match request.headers.get("x-http-method-override", ""):
        case "PATCH":
            return await _take(name, request, shell)
        case "DELETE":
            await _forget(name, request, shell)
            return Response(None, status_code=HTTP_204_NO_CONTENT)
        case _:
            raise RefusedError(Refusal(Code.METHOD_NOT_ALLOWED))


async def _take(name: str, request: HttpRequest, shell: Shell) -> Response[None]:
    _check_version(request)
    if request.headers.get("content-type") != _CONTENT_TYPE:
        raise RefusedError(Refusal(Code.UPLOAD_TYPE))
    offer, at = _offer(name, request), _number(request, "Upload-Offset")
    checksum = _checksum(request)
    standing = unless_refused(await shell.read(find_upload, shell.hub, offer))
    if standing.received != at:
        raise RefusedError(Refusal(Code.UPLOAD_OFFSET, {"offset": standing.received}))
    body = _Body(request)
    kept = bytearray()
    async for piece in body.pieces():
        kept += piece
        if checksum is None and len(kept) >= _PIECE_BYTES:
            standing = await _append(shell, offer, standing.received, kept)
    if checksum is not None and not checksum.fits(kept):
        raise RefusedError(Refusal(Code.UPLOAD_CHECKSUM))
    if kept or body.whole:
        standing = await _append(shell, offer, standing.received, kept)
    return Response(None, status_code=HTTP_204_NO_CONTENT, headers=_headers(standing))


async def _forget(name: str, request: HttpRequest, shell: Shell) -> None:
    _check_version(request)
    refusal = await shell.write(remove_upload, shell.hub, _offer(name, request))
    if refusal is not None:
        raise RefusedError(refusal)


@dataclass(slots=True)
class _Body:
    """A request's body as it comes; `whole` once it has come to its end."""

    request: HttpRequest
    whole: bool = False

    async def pieces(self) -> AsyncIterator[bytes]:
        """The pieces, ending where the body or the line does."""
        size = 0
        while (event := await self.request.receive())["type"] == "http.request":
            size += len(event["body"])
            if size > ATTACHMENT_BYTES_MAX:
                raise RefusedError(Refusal(Code.ATTACHMENT_OVERSIZED))
            yield event["body"]
            if not event["more_body"]:
                self.whole = True
                return


@dataclass(frozen=True, slots=True)
class _Checksum:
    """What the bytes of a request must hash to."""

    algorithm: str
    digest: bytes

    def fits(self, content: bytes | bytearray) -> bool:
        return _ALGORITHMS[self.algorithm](content).digest() == self.digest


async def _append(shell: Shell, offer: Offer, at: int, kept: bytearray) -> Standing:
    content = bytes(kept)
    kept.clear()
    standing = unless_refused(await shell.write(append_upload, shell.hub, offer, at, content))
    shell.bus.announce(standing.growth)
    return standing


def _headers(standing: Standing) -> dict[str, str]:
    said = {"Upload-Offset": str(standing.received)}
    if standing.stored:
        return said | {"Zc-Stored": encode(standing.stored)}
    return said | {"Upload-Expires": formatdate(standing.until_ms / 1_000, usegmt=True)}


def _check_version(request: HttpRequest) -> None:
    if request.headers.get("tus-resumable") != VERSION["Tus-Resumable"]:
        raise RefusedError(Refusal(Code.UPLOAD_VERSION))


def _offer(name: str, request: HttpRequest) -> Offer:
    found = _NAME.fullmatch(name)
    # The name says whose upload it is; who else signs for the same photo has one of another name.
    if found is None or int(found[1]) != _device(request):
        raise RefusedError(Refusal(Code.NOT_FOUND))
    return Offer(int(found[1]), bytes.fromhex(found[2]), _signature(request))


def _device(request: HttpRequest) -> int:
    text = request.headers.get("zc-device", "")
    if not _COUNT.fullmatch(text):
        raise RefusedError(Refusal(Code.DEVICE_UNKNOWN))
    return int(text)


def _signature(request: HttpRequest) -> bytes:
    return decode(request.headers.get("zc-signature", ""))


def _number(request: HttpRequest, header: str) -> int:
    text = request.headers.get(header.lower(), "")
    if not _COUNT.fullmatch(text):
        raise RefusedError(Refusal(Code.BAD_REQUEST, {"fields": header}))
    return int(text)


def _announced(request: HttpRequest) -> bytes:
    """The SHA-256 that Upload-Metadata names: `sha256 <base64 of its hex>`, among others that are ignored."""
    for pair in request.headers.get("upload-metadata", "").split(","):
        key, _, value = pair.strip().partition(" ")
        if key == "sha256":
            try:
                digest = bytes.fromhex(b64decode(value, validate=True).decode("ascii"))
            except (Base64Error, ValueError):
                break
            if len(digest) == sha256().digest_size:
                return digest
    raise RefusedError(Refusal(Code.BAD_REQUEST, {"fields": "Upload-Metadata"}))


def _checksum(request: HttpRequest) -> _Checksum | None:
    header = request.headers.get("upload-checksum")
    if header is None:
        return None
    algorithm, _, value = header.partition(" ")
    try:
        digest = b64decode(value, validate=True)
    except (Base64Error, ValueError):
        digest = b""
    if algorithm not in _ALGORITHMS or not digest:
        raise RefusedError(Refusal(Code.BAD_REQUEST, {"fields": "Upload-Checksum"}))
    return _Checksum(algorithm, digest)


def _speaking_tus(say: Any) -> Any:
    """A refusal with what tus wants on every answer."""

    def answer(request: HttpRequest, error: Exception) -> Response[Any]:
        response: Response[Any] = say(request, error)
        response.headers.update(VERSION)
        if isinstance(error, RefusedError) and error.refusal.code is Code.UPLOAD_VERSION:
            response.headers["Tus-Version"] = _ABOUT["Tus-Version"]
        return response

    return answer


router = Router(
    PATH,
    route_handlers=[about, create, ask, append, terminate, override],
    response_headers=VERSION,
    exception_handlers={error: _speaking_tus(say) for error, say in REFUSED.items()},
)
