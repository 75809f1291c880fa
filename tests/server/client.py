"""A device's side of the wire for tests: REST with httpx, the stream over HTTP or a WebSocket."""

import hashlib
import os
import time
from base64 import b64encode, urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

import httpx
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

from server.keys import verify
from sync import chain
from sync.codec import CONTENT_TYPE, decode_frame, encode_frame, join_frames, split_frames
from sync.epoch import FIRST
from sync.feed import Cursor, start
from sync.limits import PROTOCOL_VERSION
from sync.messages import (
    Ack,
    ClientMessage,
    FaultMessage,
    Hello,
    HubMessage,
    Page,
    Push,
    Report,
    Subscribe,
    Welcome,
    decode_hub_message,
    encode_message,
)
from sync.outbox import is_hubs
from tests.server.tablet import Item, Tablet, item_of

PASSWORD = "Zongchuang-2026"
ADMIN = "xitong"
WAIT_S = 20
M = TypeVar("M", bound=HubMessage)


def b64(raw: bytes) -> str:
    return urlsafe_b64encode(raw).decode().rstrip("=")


def un64(text: str) -> bytes:
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))


class Client:
    """One device (or, without a tablet, one browser) and who is signed in on it."""

    def __init__(self, base: str, tablet: Tablet | None = None) -> None:
        self.base = base
        self.tablet = tablet or Tablet()
        self.http = httpx.Client(base_url=base, timeout=WAIT_S)
        self.account = b""
        self.tokens: dict[bytes, str] = {}
        self.hub_key = b""
        self.items: dict[str, Item] = {}

    def close(self) -> None:
        self.http.close()

    # --- REST ------------------------------------------------------------------------------

    def call(self, method: str, path: str, **kwargs: Any) -> httpx.Response:
        """A call with the cookies and the header of whoever is signed in."""
        headers = {**self.headers, **kwargs.pop("headers", {})}
        return self.http.request(method, path, headers=headers, **kwargs)

    @property
    def headers(self) -> dict[str, str]:
        """Secure cookies do not travel over plain HTTP in httpx, as they do in Chromium on localhost."""
        if not self.account:
            return {}
        pairs = [f"__Host-zc-{a.hex()[-8:]}={t}" for a, t in self.tokens.items()]
        return {"Cookie": "; ".join(pairs), "Zc-Account": self.account.hex()}

    def get(self, path: str) -> Any:
        answer = self.call("GET", path)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def sign_in(self, username: str, *, on_device: bool = True) -> dict[str, Any]:
        """Sign in with the demo password."""
        ask: dict[str, Any] = {"username": username, "password": PASSWORD}
        if on_device:
            challenge = un64(self.http.post("/api/challenge").json()["challenge"])
            tablet = self.tablet
            statement = chain.sign_in_statement(tablet.zone, tablet.number, challenge, username)
            signature = tablet.key.sign(statement)
            ask |= {
                "device": tablet.number,
                "challenge": b64(challenge),
                "signature": b64(signature),
            }
        answer = self.http.post("/api/sign-in", json=ask)
        assert answer.status_code == 200, answer.text
        said: dict[str, Any] = answer.json()
        self.account = bytes.fromhex(said["account"]["id"])
        cookie = answer.headers["set-cookie"]
        self.tokens[self.account] = cookie.partition("=")[2].partition(";")[0]
        return said

    def enrol(self, code: str, name: str = "测试平板") -> dict[str, Any]:
        """Redeem a code with this tablet's key."""
        ask = {"code": code, "public_key": b64(self.tablet.key.public), "suite": 1, "name": name}
        answer = self.http.post("/api/enrol", json=ask)
        assert answer.status_code == 200, answer.text
        said: dict[str, Any] = answer.json()
        self.tablet.enrolled(said["device"], bytes.fromhex(said["zone"]), said["point"]["id"])
        self.hub_key = un64(said["hub_public_key"])
        return said

    def item(self, item: str, at: int = 0) -> Item:
        """The facts of a published item."""
        key = f"{item}/{at}"
        if key not in self.items:
            self.items[key] = item_of(self.get(f"/api/guide/items/{item}"), at)
        return self.items[key]

    def upload_headers(self, content: bytes) -> dict[str, str]:
        """What every request about this photo carries."""
        tablet, digest = self.tablet, hashlib.sha256(content).digest()
        statement = chain.attachment_statement(tablet.zone, tablet.number, digest, len(content))
        return {
            "Tus-Resumable": "1.0.0",
            "Zc-Device": str(tablet.number),
            "Zc-Signature": b64(tablet.key.sign(statement)),
        }

    def begin_photo(self, content: bytes) -> httpx.Response:
        """Announce a photo."""
        name = hashlib.sha256(content).hexdigest().encode()
        headers = self.upload_headers(content) | {
            "Upload-Length": str(len(content)),
            "Upload-Metadata": f"sha256 {b64encode(name).decode()}",
        }
        return self.http.post("/api/uploads", headers=headers)

    def append_photo(
        self, path: str, content: bytes, at: int, until: int | None = None, **more: str
    ) -> httpx.Response:
        """Bring its bytes from one place to another."""
        headers = self.upload_headers(content) | {
            "Upload-Offset": str(at),
            "Content-Type": "application/offset+octet-stream",
        }
        headers |= {name.replace("_", "-"): value for name, value in more.items()}
        return self.http.patch(path, content=content[at:until], headers=headers)

    def put_photo(self, content: bytes) -> httpx.Response:
        """A photo's bytes, all at once; the answer to the last request, checked to be the hub's own."""
        begun = self.begin_photo(content)
        if begun.status_code != 201 or "zc-stored" in begun.headers:
            return begun
        done = self.append_photo(begun.headers["location"], content, 0)
        if done.status_code == 204:
            self.check_stored(content, done)
        return done

    def check_stored(self, content: bytes, answer: httpx.Response) -> None:
        """The hub signs that it holds the photo."""
        digest = hashlib.sha256(content).digest()
        zone = self.tablet.zone
        statement = chain.attachment_stored_statement(zone, FIRST, digest, len(content))
        assert verify(self.hub_key, un64(answer.headers["zc-stored"]), statement)

    # --- the stream --------------------------------------------------------------------------

    @property
    def now_ms(self) -> int:
        return time.time_ns() // 1_000_000

    def hello(self, **changed: Any) -> Hello:
        """This device's hello."""
        said: dict[str, Any] = {
            "protocol": PROTOCOL_VERSION,
            "protocol_min": PROTOCOL_VERSION,
            "zone": self.tablet.zone,
            "device": self.tablet.number,
            "account": self.account,
            "app_version": "0.1.0",
            "wall_ms": self.now_ms,
            "nonce": os.urandom(32),
            "parked": [],
        }
        return Hello(**(said | changed))

    def exchange(self, *messages: ClientMessage, hello: Hello | None = None) -> list[HubMessage]:
        """One HTTP exchange; what the hub said, its proof checked."""
        hello = hello or self.hello()
        frames = [encode_frame(encode_message(m)) for m in (hello, *messages)]
        said = self.exchange_frames(frames)
        if said and isinstance(said[0], Welcome):
            statement = chain.hello_statement(self.tablet.zone, said[0].epoch, hello.nonce)
            assert verify(self.hub_key, said[0].proof, statement)
        return said

    def exchange_frames(self, frames: list[bytes]) -> list[HubMessage]:
        return self.exchange_body(join_frames(frames))

    def exchange_body(self, body: bytes) -> list[HubMessage]:
        answer = self.call(
            "POST", "/sync/http", content=body, headers={"Content-Type": CONTENT_TYPE}
        )
        assert answer.status_code == 200, answer.text
        assert answer.headers["content-type"] == CONTENT_TYPE
        return [decode_hub_message(decode_frame(frame)) for frame in split_frames(answer.content)]

    def report(
        self, unsent: int = 0, refused: int = 0, photos: int = 0, *, wall_ms: int | None = None
    ) -> Report:
        """This device's report, over a challenge that it asks for."""
        challenge = only(self.exchange(), Welcome).challenge
        said = (unsent, refused, photos, self.now_ms if wall_ms is None else wall_ms)
        return self.tablet.report(challenge, *said)

    def push(self, push: Push | None = None) -> Ack | FaultMessage:
        """Push over HTTP; the answer, its signature checked."""
        answer = self.exchange(push or self.tablet.push())[1]
        assert isinstance(answer, Ack | FaultMessage), answer
        if isinstance(answer, Ack):
            assert self.is_hubs(answer)
        return answer

    def is_hubs(self, ack: Ack) -> bool:
        """Whether the hub signed an ack."""
        return is_hubs(ack, self.tablet.zone, lambda said, by: verify(self.hub_key, by, said))

    def pull(self, feed: str, cursor: Cursor | None = None) -> list[Page]:
        """Every page of a feed after a cursor, over HTTP."""
        cursor = cursor or start(feed)
        pages: list[Page] = []
        while True:
            page = only(self.exchange(Subscribe(feed, cursor.n, cursor.hash)), Page)
            pages.append(page)
            cursor = Cursor(feed, page.after + len(page.entries), page.hash)
            if page.head is not None:
                return pages

    @contextmanager
    def socket(self, **kwargs: Any) -> Iterator["Socket"]:
        """A WebSocket, greeted."""
        url = self.base.replace("http", "ws", 1) + "/sync/ws"
        with connect(url, additional_headers=self.headers, max_size=None, **kwargs) as connection:
            yield Socket(connection)


class Socket:
    """A WebSocket that speaks frames."""

    def __init__(self, connection: ClientConnection) -> None:
        self.connection = connection

    def say(self, *messages: ClientMessage) -> None:
        for message in messages:
            self.connection.send(encode_frame(encode_message(message)))

    def hear(self, wait_s: float = WAIT_S) -> HubMessage:
        """The next message. Raises TimeoutError."""
        frame = self.connection.recv(wait_s)
        assert isinstance(frame, bytes)
        return decode_hub_message(decode_frame(frame))

    def ended(self) -> str:
        """Waits until the hub ends the connection; why. What it says before is dropped."""
        while True:
            try:
                self.hear()
            except ConnectionClosed as closed:
                return closed.rcvd.reason if closed.rcvd else ""

    def hear_until(self, kind: type[M]) -> M:
        """The next message of a kind; others before it are dropped."""
        while True:
            message = self.hear()
            if isinstance(message, kind):
                return message


def only(messages: list[HubMessage], kind: type[M]) -> M:
    """The one message of a kind."""
    found = [message for message in messages if isinstance(message, kind)]
    assert len(found) == 1, messages
    return found[0]


def enrolled(base: str, admin: Client, point: str = "HALL", kind: str = "tablet") -> Client:
    """A new device at a point, by a code of the administrator's."""
    made = admin.call("POST", "/api/console/enrolment-codes", json={"point": point, "kind": kind})
    assert made.status_code == 200, made.text
    client = Client(base)
    client.enrol(made.json()["code"])
    return client


def administrator(base: str) -> Client:
    """The system administrator, in a browser that is no device."""
    client = Client(base)
    client.sign_in(ADMIN, on_device=False)
    return client
