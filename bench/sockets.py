"""Many WebSockets that follow a feed, held by processes that do nothing but note when a frame comes.

A reader stamps what has come before it reads any of it: first all sockets are emptied, then the frames are decoded. So
its own work is in the figures as little as it can be on the same machine. Its clock is the parent's (CLOCK_MONOTONIC).
"""

import selectors
import socket
import time
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing import get_context
from multiprocessing.connection import Connection
from typing import Self

from websockets.client import ClientProtocol
from websockets.frames import Frame, Opcode
from websockets.protocol import State
from websockets.uri import parse_uri

from server.keys import SigningKey
from sync.codec import decode_frame, encode_frame
from sync.limits import HEARTBEAT_INTERVAL_MS
from sync.messages import (
    ClientMessage,
    FaultMessage,
    Hello,
    Page,
    Ping,
    Present,
    Subscribe,
    Welcome,
    decode_hub_message,
    encode_message,
)
from tests.server.tablet import Tablet

READ_BYTES = 262_144
WAIT_S = 60


@dataclass(frozen=True)
class Guest:
    """How a device proves itself to a relay, which knows no sessions: its pass and its key (PKCS #8, DER)."""

    present: Present
    zone: bytes
    key: bytes

    def prove(self, welcome: Welcome, hello: Hello) -> tuple[ClientMessage, ...]:
        """What answers the relay's greeting."""
        tablet = Tablet(SigningKey.load(self.key), hello.device, self.zone)
        return self.present, tablet.report(welcome.challenge, 0, 0, 0, hello.wall_ms)


@dataclass(frozen=True)
class Door:
    """Where a socket goes, how it greets, and the feed that it then follows."""

    url: str
    headers: dict[str, str]
    hello: Hello
    subscribe: Subscribe
    guest: Guest | None = None


class Reader:
    """One socket."""

    def __init__(self, door: Door) -> None:
        uri = parse_uri(door.url)
        self.socket = socket.create_connection((uri.host, uri.port), timeout=WAIT_S)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._line = ClientProtocol(uri, max_size=None)
        request = self._line.connect()
        request.headers.update(door.headers)
        self._line.send_request(request)
        self._flush()
        while self._line.state is State.CONNECTING:
            self._line.receive_data(self.socket.recv(READ_BYTES))
        assert self._line.state is State.OPEN, self._line.handshake_exc
        self._line.events_received()
        self._came: list[tuple[float, bytes]] = []
        # (entries that are here after it, when it came) of every page not asked for yet.
        self._pages: list[tuple[int, float]] = []
        self._welcome: Welcome | None = None
        self.say(door.hello)
        while self._welcome is None:
            self.take()
            self.when(0)
        proof = door.guest.prove(self._welcome, door.hello) if door.guest else ()
        self.say(*proof, door.subscribe)

    def say(self, *messages: ClientMessage) -> None:
        for message in messages:
            self._line.send_binary(encode_frame(encode_message(message)))
        self._flush()

    def take(self) -> None:
        """Empty the socket; nothing is read yet."""
        data = self.socket.recv(READ_BYTES)
        self._came.append((time.perf_counter(), data))
        assert data, "the other end closed"

    def when(self, n: int) -> float | None:
        """When entry `n` was here; None: it is not."""
        for heard, data in self._came:
            self._line.receive_data(data)
            for frame in self._line.events_received():
                assert isinstance(frame, Frame)
                assert frame.opcode is not Opcode.CLOSE, frame
                if frame.opcode is Opcode.BINARY:
                    self._read(bytes(frame.data), heard)
        self._came.clear()
        self._flush()
        return next((heard for until, heard in self._pages if until >= n), None)

    def forget(self) -> None:
        """All that came has been asked for."""
        self._pages.clear()

    def _read(self, frame: bytes, heard: float) -> None:
        message = decode_hub_message(decode_frame(frame))
        assert not isinstance(message, FaultMessage), message
        if isinstance(message, Welcome):
            self._welcome = message
        elif isinstance(message, Page):
            self._pages.append((message.after + len(message.entries), heard))

    def _flush(self) -> None:
        for data in self._line.data_to_send():
            if data:
                self.socket.sendall(data)


def read(pipe: Connection, doors: list[Door], start: int) -> None:
    """A process: join at entry `start`, say so, and answer each `n` with the times at which it reached the sockets."""
    readers = [Reader(door) for door in doors]
    with selectors.DefaultSelector() as selector:
        for reader in readers:
            selector.register(reader.socket, selectors.EVENT_READ, reader)
        spoke = time.monotonic()
        n = start
        while True:
            pipe.send(_until(selector, readers, n))
            if time.monotonic() - spoke > HEARTBEAT_INTERVAL_MS / 1_000:
                spoke = time.monotonic()
                for reader in readers:
                    reader.say(Ping(n))
            n = pipe.recv()
            if n < 0:
                break
    for reader in readers:
        reader.socket.close()


def _until(selector: selectors.BaseSelector, readers: list[Reader], n: int) -> list[float]:
    """When entry `n` came to each."""
    times: dict[Reader, float] = {}
    end = time.monotonic() + WAIT_S
    while len(times) < len(readers):
        assert time.monotonic() < end, f"entry {n} reached {len(times)} of {len(readers)} sockets"
        touched = set()
        # Nothing is decoded while anybody may still have something to take.
        while len(touched) < len(readers) and (ready := selector.select(0 if touched else 1)):
            for key, _ in ready:
                key.data.take()
                touched.add(key.data)
        for reader in [one for one in readers if one not in times]:
            heard = reader.when(n)
            if heard is not None:
                times[reader] = heard
    for reader in readers:
        reader.forget()
    return list(times.values())


class Crowd:
    """The parent's end: reader processes, each with its share of the sockets."""

    def __init__(self, doors: list[Door], processes: int, start: int) -> None:
        spawn = get_context("spawn")
        self._ends = []
        for share in (doors[i::processes] for i in range(processes)):
            near, far = spawn.Pipe()
            process = spawn.Process(target=read, args=(far, share, start), daemon=True)
            process.start()
            far.close()
            self._ends.append((near, process))
        self._times()

    def expect(self, n: int) -> None:
        """Be ready for entry `n`."""
        for near, _ in self._ends:
            near.send(n)

    def arrivals(self) -> list[float]:
        """When what is expected came to each socket, by `time.perf_counter`."""
        return self._times()

    def _times(self) -> list[float]:
        # A process that died has closed its end: EOFError.
        return [when for near, _ in self._ends for when in near.recv()]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for near, process in self._ends:
            # One that has died has said why.
            with suppress(BrokenPipeError):
                near.send(-1)
            near.close()
            process.join(WAIT_S)
            process.terminate()


def spread(times: list[float]) -> dict[str, float]:
    """The median, the 99th percentile and the worst."""
    ordered = sorted(times)
    p50, p99 = (ordered[int(share * (len(ordered) - 1))] for share in (0.5, 0.99))
    return {"p50": p50, "p99": p99, "max": ordered[-1]}
