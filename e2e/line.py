"""The line between a browser and the hub: a TCP relay on loopback that can be cut, go silent, or block WebSockets.

`set_offline` of a browser leaves open sockets open and tells the page; a real line does neither. So the tests put this
in between: the browser is never told anything, its connections just break (cut) or say nothing any more (hang).
"""

import socket
import threading
from contextlib import suppress

_CHUNK_BYTES = 65_536
_PORTAL = b"<!doctype html><title>Wi-Fi</title><p>Please sign in to the network."


class Line:
    """One listening port in front of the hub. Modes: up, cut, hang, no-websocket, portal."""

    def __init__(self, hub_port: int) -> None:
        self.hub_port = hub_port
        self.mode = "up"
        self._pairs: set[tuple[socket.socket, socket.socket]] = set()
        self._lock = threading.Lock()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._closed = False
        threading.Thread(target=self._accept, daemon=True).start()

    def cut(self) -> None:
        """Breaks every connection at once and takes no new one."""
        self.mode = "cut"
        self._drop_all()

    def hang(self) -> None:
        """Keeps connections open and says nothing any more: a half-dead line."""
        self.mode = "hang"

    def block_websockets(self) -> None:
        """Answers every WebSocket upgrade with 403, as some middle boxes do."""
        self.mode = "no-websocket"
        self._drop_all()

    def portal(self) -> None:
        """Answers everything with 200 and somebody else's page."""
        self.mode = "portal"
        self._drop_all()

    def restore(self) -> None:
        """Works again; what hung is dropped."""
        self._drop_all()
        self.mode = "up"

    def close(self) -> None:
        self._closed = True
        self._listener.close()
        self._drop_all()

    def _drop_all(self) -> None:
        with self._lock:
            pairs, self._pairs = self._pairs, set()
        for pair in pairs:
            for end in pair:
                with suppress(OSError):
                    end.shutdown(socket.SHUT_RDWR)
                end.close()

    def _accept(self) -> None:
        while not self._closed:
            try:
                near, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(near,), daemon=True).start()

    def _serve(self, near: socket.socket) -> None:
        if self.mode == "cut":
            near.close()
            return
        try:
            if self.mode in ("portal", "no-websocket") and self._refuse(near):
                return
            far = socket.create_connection(("127.0.0.1", self.hub_port), timeout=5)
            far.settimeout(None)
        except OSError:
            near.close()
            return
        pair = (near, far)
        with self._lock:
            self._pairs.add(pair)
        threading.Thread(target=self._pump, args=(far, near, pair), daemon=True).start()
        self._pump(near, far, pair)

    def _refuse(self, near: socket.socket) -> bool:
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
        near.close()
        return True

    def _pump(self, source: socket.socket, sink: socket.socket, pair: tuple[socket.socket, socket.socket]) -> None:
        with suppress(OSError):
            while chunk := source.recv(_CHUNK_BYTES):
                if self.mode == "hang":
                    continue
                sink.sendall(chunk)
        with self._lock:
            self._pairs.discard(pair)
        for end in pair:
            with suppress(OSError):
                end.close()
