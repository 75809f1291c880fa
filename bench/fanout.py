"""Prints how soon a case reaches every socket that follows its point, as JSON: `python -m bench.fanout`.

A real hub on SQLite. One tablet pushes one case at a time over its WebSocket; the readers, other tablets of the point,
each hold WebSockets that follow the point's feed, in processes of their own (bench/sockets.py). Timed from the push
leaving the tablet to the page arriving at each reader, so that the hub's checks and its commit are inside; beside it to
the hub's signed acknowledgement at the author. The next case begins when all have the last one.
"""

import argparse
import json
import tempfile
import time
from pathlib import Path

from bench.sockets import Crowd, Door, spread
from sync.feed import start
from sync.messages import Ack, Welcome
from tests.server.client import Client, Socket, administrator, enrolled
from tests.server.process import HubProcess

POINT, CLERK, ITEM = "HALL", "dating.shouli1", "SCJG-001"
FEED = f"point:{POINT}"
SOCKETS_PER_TABLET = 20


def door(reader: Client) -> Door:
    """The way in for one socket of this tablet, which will read the feed from its beginning."""
    url = f"{reader.base.replace('http', 'ws', 1)}/sync/ws"
    return Door(url, reader.headers, reader.hello(), start(FEED).subscribe())


def acknowledged_at(writing: Socket, author: Client) -> float:
    """When the hub's signed word came that the push is durable."""
    ack = writing.hear_until(Ack)
    heard = time.perf_counter()
    assert author.is_hubs(ack)
    return heard


def measure(author: Client, doors: list[Door], processes: int, cases: int) -> dict[str, object]:
    """Milliseconds to each reader and to the author's acknowledgement."""
    delivered: list[float] = []
    acknowledged: list[float] = []
    with Crowd(doors, processes, 0) as crowd, author.socket(compression=None) as writing:
        writing.say(author.hello())
        writing.hear_until(Welcome)
        for n in range(1, cases + 1):
            author.tablet.receive(author.item(ITEM), author.account, ms=author.now_ms)
            push = author.tablet.push(n)
            crowd.expect(n)
            left = time.perf_counter()
            writing.say(push)
            acknowledged.append((acknowledged_at(writing, author) - left) * 1_000)
            delivered += [(heard - left) * 1_000 for heard in crowd.arrivals()]
    assert len(delivered) == cases * len(doors)
    return {
        "sockets": len(doors),
        "cases": cases,
        "delivered_ms": spread(delivered),
        "acknowledged_ms": spread(acknowledged),
    }


def main() -> None:
    """Start a hub, enrol the tablets, measure."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sockets", type=int, default=1_000)
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--cases", type=int, default=100)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        hub = HubProcess(Path(folder)).start()
        try:
            admin = administrator(hub.base)
            count = 1 + -(-options.sockets // SOCKETS_PER_TABLET)
            author, *readers = (enrolled(hub.base, admin, POINT) for _ in range(count))
            for tablet in (author, *readers):
                tablet.sign_in(CLERK)
            doors = [door(readers[i // SOCKETS_PER_TABLET]) for i in range(options.sockets)]
            found = measure(author, doors, options.processes, options.cases)
        finally:
            hub.stop()
    print(json.dumps(found))


if __name__ == "__main__":
    main()
