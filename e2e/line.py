"""The line between a browser and the hub: a TCP relay on loopback that can be cut, go silent, or block WebSockets.

`set_offline` of a browser leaves open sockets open and tells the page; a real line does neither. So the tests put this
in between: the browser is never told anything, its connections just break (cut) or say nothing any more (hang).
"""

import socket
import threading
from contextlib import suppress
from dataclasses import dataclass
from typing import Literal

Mode = Literal["up", "cut", "hang", "no-websocket", "portal", "no-sync"]

_CHUNK_BYTES = 65_536
_CONNECT_S = 5
_SYNC = (b" /sync/", b" /api/uploads", b" /api/attachments/")
_PORTAL = b"<!doctype html><title>Wi-Fi</title><p>Please sign in to the network."


@dataclass(eq=False, slots=True)
class _Pair:
    """The two ends of one connection. Once silent it stays silent: what it swallowed is gone."""

    near: socket.socket
    far: socket.socket
    silent: bool = False
    carries_photo: bool = False

    def close(self) -> None:
        for end in (self.near, self.far):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()


class Line:
    """One listening port in front of the hub; counts the bytes that crossed it each way."""

    def __init__(self, hub_port: int) -> None:
        self.hub_port = hub_port
        self.mode: Mode = "up"
        self.up_bytes = 0
        self.down_bytes = 0
        self.photo_bytes = 0
        self._photo_bytes_left: int | None = None
        self._bytes_left: int | None = None
        self._pairs: set[_Pair] = set()
        self._lock = threading.Lock()
        self._closed = False
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def cut(self) -> None:
        """Breaks every connection at once and takes no new one."""
        self._become("cut")

    def cut_after(self, count: int) -> None:
        """Lets so many more bytes pass, both ways together, and breaks wherever in a message that is."""
        self._bytes_left = count

    def cut_in_photo(self, after_bytes: int) -> None:
        """Lets so many more bytes of photographs up, and breaks in the middle of the next."""
        self._photo_bytes_left = after_bytes

    def hang(self) -> None:
        """Keeps connections open, takes new ones, and says nothing any more: a half-dead line."""
        with self._lock:
            self.mode = "hang"
            for pair in self._pairs:
                pair.silent = True

    def block_websockets(self) -> None:
        """Answers every WebSocket upgrade with 403, as some middle boxes do."""
        self._become("no-websocket")

    def portal(self) -> None:
        """Answers everything with 200 and somebody else's page."""
        self._become("portal")

    def hold_back(self) -> None:
        """Lets the surfaces' files through and drops whatever carries work, as a failing proxy might."""
        self._become("no-sync")

    def restore(self) -> None:
        """Works again, whatever was to break it; what hung is dropped."""
        self._bytes_left = self._photo_bytes_left = None
        self._become("up")

    def close(self) -> None:
        self._closed = True
        # A blocked accept() is woken by shutdown, not by close.
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._become("cut")

    def _become(self, mode: Mode) -> None:
        with self._lock:
            self.mode = mode
            pairs, self._pairs = self._pairs, set()
        for pair in pairs:
            pair.close()

    def _accept(self) -> None:
        while not self._closed:
            try:
                near, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(near,), daemon=True).start()

    def _serve(self, near: socket.socket) -> None:
        mode = self.mode
        try:
            if mode == "cut" or (mode in ("portal", "no-websocket") and self._refused(near)):
                near.close()
                return
            far = socket.create_connection(("127.0.0.1", self.hub_port), timeout=_CONNECT_S)
            far.settimeout(None)
        except OSError:
            near.close()
            return
        pair = _Pair(near, far)
        with self._lock:
            # The line may have changed while the hub was being reached.
            alive = self.mode == mode
            pair.silent = mode == "hang"
            if alive:
                self._pairs.add(pair)
        if not alive:
            pair.close()
            return
        threading.Thread(target=self._pump, args=(pair, far, near), daemon=True).start()
        self._pump(pair, near, far)

    def _refused(self, near: socket.socket) -> bool:
        head = near.recv(_CHUNK_BYTES, socket.MSG_PEEK).lower()
        if self.mode == "portal":
            body, status = _PORTAL, b"200 OK"
        elif b"upgrade: websocket" in head:
            body, status = b"blocked", b"403 Forbidden"
        else:
            return False
        near.recv(_CHUNK_BYTES)
        length = str(len(body)).encode()
        near.sendall(
            b"HTTP/1.1 " + status + b"\r\nContent-Type: text/html\r\nContent-Length: " + length
            + b"\r\nConnection: close\r\n\r\n" + body
        )  # fmt: skip
        return True

    def _pump(self, pair: _Pair, source: socket.socket, sink: socket.socket) -> None:
        with suppress(OSError):
            while chunk := source.recv(_CHUNK_BYTES):
                if pair.silent:
                    continue
                if source is pair.near:
                    if self.mode == "no-sync" and _carries_work(chunk):
                        break
                    self.up_bytes += len(chunk)
                    chunk = self._let_photo(pair, chunk)
                else:
                    self.down_bytes += len(chunk)
                sink.sendall(self._let_pass(chunk))
                if self._photo_bytes_left == 0 or self._bytes_left == 0:
                    self._photo_bytes_left = self._bytes_left = None
                    self.cut()
        with self._lock:
            self._pairs.discard(pair)
        pair.close()

    def _let_pass(self, chunk: bytes) -> bytes:
        """As much of it as may pass before the line breaks."""
        with self._lock:
            if self._bytes_left is not None:
                chunk = chunk[: self._bytes_left]
                self._bytes_left -= len(chunk)
        return chunk

    def _let_photo(self, pair: _Pair, chunk: bytes) -> bytes:
        """As much of what goes up as may pass, if it is of a photograph."""
        pair.carries_photo = pair.carries_photo or chunk.startswith(b"PATCH /api/uploads/")
        if not pair.carries_photo:
            return chunk
        if self._photo_bytes_left is not None:
            chunk = chunk[: self._photo_bytes_left]
            self._photo_bytes_left -= len(chunk)
        self.photo_bytes += len(chunk)
        return chunk


def _carries_work(chunk: bytes) -> bool:
    """Whether a request begins here that is no page and no file; a browser sends one at a time."""
    head = chunk.split(b"\r\n", 1)[0]
    return any(path in head for path in _SYNC)
