"""Prints how soon a case reaches every socket that follows its point, as JSON: `python -m bench.fanout`.

A real hub on SQLite. One tablet pushes one case at a time over its WebSocket; the readers, other tablets of the point,
each hold WebSockets that follow the point's feed. Timed from the push leaving the tablet to the page arriving at each
reader, so that the hub's checks and its commit are inside; beside it to the hub's signed acknowledgement at the author.
All clients are one process, whose own turns are inside as well. The next case begins when all have the last one.
"""

import argparse
import asyncio
import json
import tempfile
import time
from pathlib import Path

from websockets.asyncio.client import ClientConnection, connect

from sync.codec import decode_frame, encode_frame
from sync.feed import start
from sync.limits import HEARTBEAT_INTERVAL_MS
from sync.messages import (
    Ack,
    HubMessage,
    Page,
    Ping,
    Welcome,
    decode_hub_message,
    encode_message,
)
from tests.server.client import Client, administrator, enrolled
from tests.server.process import HubProcess

POINT, CLERK, ITEM = "HALL", "dating.shouli1", "SCJG-001"
FEED = f"point:{POINT}"
SOCKETS_PER_TABLET = 10


async def hear(socket: ClientConnection) -> tuple[float, HubMessage]:
    """The next message, and when its frame was here."""
    frame = await socket.recv()
    heard = time.perf_counter()
    assert isinstance(frame, bytes)
    return heard, decode_hub_message(decode_frame(frame))


async def join(client: Client, feed: str | None) -> ClientConnection:
    """A greeted WebSocket of this tablet; with `feed`, one that has read it to its end."""
    url = client.base.replace("http", "ws", 1) + "/sync/ws"
    socket = await connect(url, additional_headers=client.headers, compression=None)
    await socket.send(encode_frame(encode_message(client.hello())))
    _, welcome = await hear(socket)
    assert isinstance(welcome, Welcome) and welcome.session, welcome
    if feed is not None:
        cursor = start(feed)
        await socket.send(encode_frame(encode_message(cursor.subscribe())))
        _, page = await hear(socket)
        assert isinstance(page, Page) and page.head is not None, page
    return socket


async def arrival(socket: ClientConnection, n: int) -> float:
    """When entry `n` of the feed came."""
    while True:
        heard, message = await hear(socket)
        if isinstance(message, Page) and message.after < n <= message.after + len(message.entries):
            return heard


async def acknowledgement(socket: ClientConnection, author: Client) -> float:
    """When the hub's signed word came that the push is durable."""
    while True:
        heard, message = await hear(socket)
        if isinstance(message, Ack):
            assert author.is_hubs(message)
            return heard


async def measure(
    author: Client, readers: list[Client], sockets: int, cases: int
) -> dict[str, object]:
    """Milliseconds to each reader and to the author's acknowledgement."""
    writing = await join(author, None)
    reading = [await join(readers[i // SOCKETS_PER_TABLET], FEED) for i in range(sockets)]
    delivered: list[float] = []
    acknowledged: list[float] = []
    spoke = time.monotonic()
    for n in range(1, cases + 1):
        if time.monotonic() - spoke > HEARTBEAT_INTERVAL_MS / 1_000:
            spoke = time.monotonic()
            for socket in [writing, *reading]:
                await socket.send(encode_frame(encode_message(Ping(n))))
        author.tablet.receive(author.item(ITEM), author.account, ms=author.now_ms)
        frame = encode_frame(encode_message(author.tablet.push(n)))
        waiting = [asyncio.create_task(arrival(socket, n)) for socket in reading]
        acked = asyncio.create_task(acknowledgement(writing, author))
        left = time.perf_counter()
        await writing.send(frame)
        delivered += [(await task - left) * 1_000 for task in waiting]
        acknowledged.append((await acked - left) * 1_000)
    for socket in [writing, *reading]:
        await socket.close()
    return {
        "sockets": sockets,
        "cases": cases,
        "delivered_ms": spread(delivered),
        "acknowledged_ms": spread(acknowledged),
    }


def spread(times: list[float]) -> dict[str, float]:
    """The median, the 99th percentile and the worst."""
    ordered = sorted(times)
    p50, p99 = (ordered[int(share * (len(ordered) - 1))] for share in (0.5, 0.99))
    return {"p50": p50, "p99": p99, "max": ordered[-1]}


def main() -> None:
    """Start a hub, enrol the tablets, measure."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sockets", type=int, default=200)
    parser.add_argument("--cases", type=int, default=100)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        hub = HubProcess(Path(folder)).start()
        try:
            admin = administrator(hub.base)
            count = 1 + -(-options.sockets // SOCKETS_PER_TABLET)
            tablets = [enrolled(hub.base, admin, POINT) for _ in range(count)]
            for tablet in tablets:
                tablet.sign_in(CLERK)
            found = asyncio.run(measure(tablets[0], tablets[1:], options.sockets, options.cases))
        finally:
            hub.stop()
    print(json.dumps(found))


if __name__ == "__main__":
    main()
