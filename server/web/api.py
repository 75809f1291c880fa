"""REST around the stream (docs/protocol.md, section 9): JSON, bytes as base64url, ids as hex."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as Base64Error
from typing import Annotated, Any

from litestar import Request, Response, get, post
from litestar.openapi.datastructures import ResponseSpec
from litestar.status_codes import HTTP_200_OK
from msgspec import Meta, Struct

from server.flows.attachments import read_attachment
from server.flows.enrol import Former, enrol
from server.flows.fetch import fetch
from server.flows.follow import Followed, follow
from server.flows.guide import Guide
from server.flows.reader import Reader, role_views
from server.flows.readmit import Certificate, readmit
from server.flows.refusals import Code, Refusal
from server.flows.sign_in import Keys, OnDevice, SignedIn, make_challenge, sign_in, sign_out
from server.flows.zone_info import ZoneInfo, zone_info
from server.web.cookies import (
    clear_session,
    find_token,
    named_account,
    require_reader,
    set_session,
)
from server.web.refused import RefusedError, may_refuse, unless_refused
from server.web.shell import Shell
from sync.event import Line, Uint

HttpRequest = Request[Any, Any, Any]
SMALL_BODY_BYTES_MAX = 65_536
ENROLMENTS_MAX = 16  # numbers that one device has had


# Made beforehand as bytes: what the schema could not tell from the handlers.
_GUIDE = {
    200: ResponseSpec(dict[str, Any], generate_examples=False, description="The guide"),
    304: ResponseSpec(None, description="As the caller's ETag has it"),
}
_PHOTO = {200: ResponseSpec(bytes, media_type="image/*", description="The photo")}


class FormerAsk(Struct):
    """The device that this one was before, and what it signed for the new key."""

    device: Uint
    signature: str


class EnrolAsk(Struct):
    """A code, and what the device brings."""

    code: str
    public_key: str
    suite: int
    name: str
    address: str = ""
    former: FormerAsk | None = None


class SignedAsk(Struct):
    """What the hub once signed: an enrolment."""

    content: str
    signature: str


class EnrolAgainAsk(Struct):
    """The enrolments of a device, of its oldest number first."""

    enrolments: Annotated[list[SignedAsk], Meta(max_length=ENROLMENTS_MAX)]


class EscrowAsk(Struct):
    """What the device was given of its keys at rest, sealed by the hub; empty: nothing."""

    tablet: str = ""
    user: str = ""


class SignInAsk(Struct):
    """Name and password; on a device its number, the challenge, the signature over it, and its sealed keys."""

    username: str
    password: str
    device: Uint = 0
    challenge: str = ""
    signature: str = ""
    escrow: EscrowAsk | None = None


class FollowAsk(Struct):
    """A receipt number and the last four characters of the ID number."""

    receipt_no: str
    id_last4: str


class FetchAsk(Struct):
    """A receipt or case number of another point, and why the case is needed here."""

    number: str
    reason: Line


@get("/api/zone", responses=may_refuse())
async def zone(shell: Shell) -> dict[str, Any]:
    """What a client knows before anything else."""
    info: ZoneInfo = await shell.read(zone_info, shell.hub)
    return {
        "zone": info.zone.hex(),
        "name": info.name,
        "hub_public_key": encode(info.hub_public_key),
        "epoch": info.epoch,
        "hub_ms": info.hub_ms,
        "protocol": info.protocol,
        "app_version": info.app_version,
    }


@post(
    "/api/enrol",
    status_code=HTTP_200_OK,
    responses=may_refuse(
        Code.ENROLMENT_UNKNOWN,
        Code.ENROLMENT_USED,
        Code.ENROLMENT_EXPIRED,
        Code.KEY_INVALID,
        Code.SUITE_UNKNOWN,
        Code.SIGNATURE_INVALID,
        Code.SLOW_DOWN,
    ),
)
async def enrol_device(data: EnrolAsk, request: HttpRequest, shell: Shell) -> dict[str, Any]:
    """Redeem an enrolment code."""
    former = Former(data.former.device, decode(data.former.signature)) if data.former else None
    done = unless_refused(
        await shell.write(
            enrol,
            shell.hub,
            data.code,
            decode(data.public_key),
            data.suite,
            data.name,
            address_of(request),
            data.address,
            former,
        )
    )
    shell.bus.announce(done.growth)
    return {
        "device": done.device,
        "point": {"id": done.point, "name": done.point_name},
        "kind": done.kind,
        "zone": shell.hub.zone.hex(),
        "hub_public_key": encode(shell.hub.key.public),
        "hub_ms": done.hub_ms,
        "relays": [
            {
                "device": relay.number,
                "address": relay.address,
                "public_key": encode(relay.public_key),
            }
            for relay in done.relays
        ],
        "enrolment": _signed(done.certificate),
    }


@post(
    "/api/enrol/again",
    status_code=HTTP_200_OK,
    responses=may_refuse(
        Code.SIGNATURE_INVALID, Code.DEVICE_UNKNOWN, Code.DEVICE_REVOKED, Code.POINT_UNKNOWN
    ),
)
async def enrol_again(data: EnrolAgainAsk, shell: Shell) -> dict[str, Any]:
    """Let in a device that this hub has lost in a restore."""
    shown = [Certificate(decode(one.content), decode(one.signature)) for one in data.enrolments]
    shell.bus.announce(unless_refused(await shell.write(readmit, shell.hub, shown)))
    return {}


@post("/api/challenge", status_code=HTTP_200_OK, responses=may_refuse())
async def challenge(shell: Shell) -> dict[str, str]:
    """Something to sign, once."""
    return {"challenge": encode(make_challenge(shell.hub))}


@post(
    "/api/sign-in",
    status_code=HTTP_200_OK,
    responses=may_refuse(
        Code.SIGN_IN_FAILED,
        Code.CHALLENGE_EXPIRED,
        Code.SIGNATURE_INVALID,
        Code.DEVICE_UNKNOWN,
        Code.DEVICE_REVOKED,
        Code.SLOW_DOWN,
    ),
)
async def open_session(
    data: SignInAsk, request: HttpRequest, shell: Shell
) -> Response[dict[str, Any]]:
    """Name and password for a session."""
    device = None
    if data.device:
        shown = data.escrow or EscrowAsk()
        escrow = Keys(decode(shown.tablet), decode(shown.user))
        device = OnDevice(data.device, decode(data.challenge), decode(data.signature), escrow)
    done = unless_refused(
        await shell.write(
            sign_in, shell.hub, data.username, data.password, device, address_of(request)
        )
    )
    shell.bus.announce(done.growth)
    response: Response[dict[str, Any]] = Response(_signed_in(done))
    max_age_s = (done.until_ms - done.from_ms) // 1_000
    set_session(response, done.reader.account, done.token, max_age_s)
    return response


@post("/api/sign-out", status_code=HTTP_200_OK, responses=may_refuse(Code.SESSION_EXPIRED))
async def close_session(request: HttpRequest, shell: Shell) -> Response[dict[str, Any]]:
    """End the session of the named account."""
    account = named_account(request)
    token = find_token(request, account)
    if token is not None:
        shell.bus.announce(await shell.write(sign_out, shell.hub, token))
    response: Response[dict[str, Any]] = Response({})
    clear_session(response, account)
    return response


@get("/api/me", responses=may_refuse(Code.SESSION_EXPIRED))
async def me(request: HttpRequest, shell: Shell) -> dict[str, Any]:
    """Whose session this is."""
    reader = await require_reader(shell, request)
    return {
        "account": account_view(reader),
        "device": reader.device or None,
        "until_ms": reader.until_ms,
    }


@get(
    "/api/attachments/{digest:str}",
    responses=may_refuse(Code.SESSION_EXPIRED, Code.NOT_FOUND) | _PHOTO,
)
async def get_attachment(digest: str, request: HttpRequest, shell: Shell) -> Response[bytes]:
    """A photo's bytes, which never change under their name."""
    reader = await require_reader(shell, request)
    photo = unless_refused(await shell.read(read_attachment, shell.hub, from_hex(digest), reader))
    headers = {"Cache-Control": "private, max-age=86400, immutable"}
    return Response(photo.content, media_type=photo.mime, headers=headers)


@get("/api/guide/items", responses=may_refuse() | _GUIDE)
async def guide_items(request: HttpRequest, shell: Shell) -> Response[bytes]:
    """The public catalogue in short."""
    return _guide(request, await shell.read(shell.guides.list_items))


@get("/api/guide/items/{item:str}", responses=may_refuse(Code.NOT_FOUND) | _GUIDE)
async def guide_item(item: str, request: HttpRequest, shell: Shell) -> Response[bytes]:
    """One item, whole."""
    return _guide(request, unless_refused(await shell.read(shell.guides.get_item, item)))


@post(
    "/api/follow",
    status_code=HTTP_200_OK,
    responses=may_refuse(Code.FOLLOW_NOT_FOUND, Code.SLOW_DOWN),
)
async def follow_case(data: FollowAsk, request: HttpRequest, shell: Shell) -> Followed:
    """Where a case stands."""
    return unless_refused(
        await shell.write(follow, shell.hub, data.receipt_no, data.id_last4, address_of(request))
    )


@post(
    "/api/fetch",
    status_code=HTTP_200_OK,
    responses=may_refuse(
        Code.SESSION_EXPIRED, Code.NOT_ENTITLED, Code.FETCH_NOT_FOUND, Code.SLOW_DOWN
    ),
)
async def fetch_case(data: FetchAsk, request: HttpRequest, shell: Shell) -> dict[str, str]:
    """Let this point read a case of another."""
    reader = await require_reader(shell, request)
    done = unless_refused(
        await shell.write(fetch, shell.hub, reader, data.number, data.reason, address_of(request))
    )
    shell.bus.announce(done.growth)
    return {"case": done.stream.hex()}


def encode(raw: bytes) -> str:
    """base64url without padding."""
    return urlsafe_b64encode(raw).decode().rstrip("=")


def decode(text: str) -> bytes:
    """Bytes of base64url with or without padding. Raises bad-request."""
    try:
        return urlsafe_b64decode(text.rstrip("=") + "=" * (-len(text.rstrip("=")) % 4))
    except (Base64Error, ValueError) as error:
        raise RefusedError(Refusal(Code.BAD_REQUEST)) from error


def from_hex(text: str) -> bytes:
    """Bytes of hex. Raises bad-request."""
    try:
        return bytes.fromhex(text)
    except ValueError as error:
        raise RefusedError(Refusal(Code.BAD_REQUEST)) from error


def address_of(request: HttpRequest) -> str:
    """Where a call comes from; behind a proxy uvicorn has put the caller's own address here."""
    return request.client.host if request.client else ""


def account_view(reader: Reader) -> dict[str, Any]:
    """An account as the surfaces show it."""
    return {
        "id": reader.account.hex(),
        "username": reader.body.username,
        "name": reader.body.name,
        "roles": role_views(reader.body),
    }


def _signed_in(done: SignedIn) -> dict[str, Any]:
    on_device = done.reader.device > 0
    return {
        "account": account_view(done.reader),
        "grant": {"from_ms": done.from_ms, "until_ms": done.until_ms} if on_device else None,
        "keys": _keys(done.keys) if on_device else None,
        "escrow": _keys(done.escrow) if on_device else None,
        "pass": {
            "content": encode(done.pass_content),
            "signature": encode(done.pass_signature),
        }
        if on_device
        else None,
        "enrolment": _signed(done.certificate) if done.certificate else None,
        "hub_ms": done.from_ms,
    }


def _keys(keys: Keys) -> dict[str, Any]:
    return {"tablet": encode(keys.tablet), "user": encode(keys.user)}


def _signed(one: Certificate) -> dict[str, str]:
    return {"content": encode(one.content), "signature": encode(one.signature)}


def _guide(request: HttpRequest, guide: Guide) -> Response[bytes]:
    headers = {"ETag": guide.etag, "Cache-Control": "no-cache", "Vary": "Accept-Encoding"}
    if request.headers.get("if-none-match") == guide.etag:
        return Response(b"", status_code=304, headers=headers)
    content = guide.json
    if "gzip" in request.headers.get("accept-encoding", ""):
        content, headers["Content-Encoding"] = guide.gzip, "gzip"
    return Response(content, media_type="application/json", headers=headers)


HANDLERS = [
    zone,
    enrol_device,
    enrol_again,
    challenge,
    open_session,
    close_session,
    me,
    get_attachment,
    guide_items,
    guide_item,
    follow_case,
    fetch_case,
]
