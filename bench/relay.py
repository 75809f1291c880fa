"""Prints what memory a point's relay takes, as JSON: `python -m bench.relay`.

A real hub and a real relay of its point. The relay mirrors 10,000 cases that a tablet brought to the hub; then a few
sockets of the point's tablets and then many follow the feed there, and cases come one at a time through the hub.
Resident memory as the kernel counts it after each step, and the most it ever was.
"""

import argparse
import json
import re
import tempfile
import time
from pathlib import Path

import httpx

from bench.fanout import CLERK, FEED, ITEM, POINT, SOCKETS_PER_TABLET
from bench.sockets import Crowd, Door, Guest, spread
from sync.feed import Cursor
from sync.messages import Ack, FeedHead, Welcome
from tests.server.client import Client, administrator
from tests.server.point import PointTablet
from tests.server.process import HubProcess

MIRROR_S = 60
VALUES = re.compile(r"^(\w+):\s+(\d+) kB$", re.MULTILINE)


def memories(process: HubProcess) -> dict[str, float]:
    """Megabytes (10⁶ bytes) that a running process holds now, and the most so far."""
    assert process.process is not None
    status = Path(f"/proc/{process.process.pid}/status").read_text()
    held = {name: int(kib) * 1_024 / 1_000_000 for name, kib in VALUES.findall(status)}
    return {"mb": held["VmRSS"], "most_mb": held["VmHWM"]}


def code(admin: Client, kind: str, point: str = POINT) -> str:
    """An enrolment code of a point."""
    ask = {"point": point, "kind": kind}
    made = admin.call("POST", "/api/console/enrolment-codes", json=ask)
    assert made.status_code == 200, made.text
    return str(made.json()["code"])


def tablet(hub: HubProcess, admin: Client) -> PointTablet:
    """A tablet of the point that knows its relay, its clerk signed in."""
    client = Client(hub.base)
    return PointTablet(client, client.enrol(code(admin, "tablet"))["relays"][0], CLERK)


def head(client: Client, feed: str) -> FeedHead:
    """Where a feed ends at the hub."""
    greeting = client.exchange()[0]
    assert isinstance(greeting, Welcome)
    return next(one for one in greeting.feeds if one.feed == feed)


def mirrored(relay: HubProcess, feed: str, n: int) -> None:
    """Waits until the relay has this much of a feed."""
    end = time.monotonic() + MIRROR_S
    while True:
        feeds = httpx.get(f"{relay.base}/health").json()["feeds"]
        if feeds.get(feed, 0) >= n:
            return
        assert time.monotonic() < end, (
            f"the relay has {feeds} after {MIRROR_S} s, not {n} of {feed}"
        )
        time.sleep(0.1)


def bring(author: Client, cases: int) -> None:
    """So many cases reach the hub."""
    item = author.item(ITEM)
    for _ in range(cases):
        author.tablet.receive(item, author.account, ms=author.now_ms)
    for push in author.tablet.pushes(author.tablet.last_seq - cases + 1):
        answer = author.push(push)
        assert isinstance(answer, Ack), answer


def door(one: PointTablet, cursor: Cursor) -> Door:
    """The way in for one socket at the relay, which has read the feed to this place."""
    guest = Guest(one.present, one.tablet.zone, one.tablet.key.dump())
    url = f"{one.relay_base.replace('http', 'ws', 1)}/sync/ws"
    return Door(url, {}, one.client.hello(), cursor.subscribe(), guest)


def follow(
    author: Client, relay: HubProcess, doors: list[Door], options: argparse.Namespace
) -> dict[str, object]:
    """Sockets at the relay, and cases that come through the hub while they follow."""
    # One that is at the feed's end hears nothing until it grows: a case more lets each be heard to have joined.
    n = doors[0].subscribe.n + 1
    bring(author, 1)
    mirrored(relay, FEED, n)
    delivered: list[float] = []
    with Crowd(doors, options.processes, n) as crowd:
        for case in range(n + 1, n + 1 + options.cases):
            crowd.expect(case)
            left = time.perf_counter()
            bring(author, 1)
            delivered += [(heard - left) * 1_000 for heard in crowd.arrivals()]
        memory = memories(relay)
    assert len(delivered) == options.cases * len(doors)
    what = f"{len(doors):,} sockets follow the point, and {options.cases} cases more"
    return {"what": what, **memory, "delivered_ms": spread(delivered)}


def measure(folder: Path, hub: HubProcess, options: argparse.Namespace) -> dict[str, object]:
    """Every step, with the relay's memory after it."""
    admin = administrator(hub.base)
    serving = ("--role", "relay", "--hub", hub.base, "--code", code(admin, "relay"))
    relay = HubProcess(folder / "relay", serving=serving).start()
    try:
        tablets = 1 + -(-max(options.sockets) // SOCKETS_PER_TABLET)
        author, *readers = (tablet(hub, admin) for _ in range(tablets))
        mirrored(relay, "zone", head(author.client, "zone").n)
        rows = [{"what": "started, the zone mirrored", **memories(relay)}]
        bring(author.client, options.events)
        mirrored(relay, FEED, options.events)
        rows.append({"what": f"{options.events:,} cases mirrored", **memories(relay)})
        for count in options.sockets:
            end = head(author.client, FEED)
            mirrored(relay, FEED, end.n)
            cursor = Cursor(FEED, end.n, end.hash)
            doors = [door(readers[i // SOCKETS_PER_TABLET], cursor) for i in range(count)]
            rows.append(follow(author.client, relay, doors, options))
        return {"events": options.events, "cases": options.cases, "rows": rows}
    finally:
        relay.stop()


def main() -> None:
    """Start a hub and its relay, measure."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--events", type=int, default=10_000)
    parser.add_argument("--sockets", type=int, nargs="+", default=[20, 1_000])
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--cases", type=int, default=20)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        hub = HubProcess(Path(folder) / "hub").start()
        try:
            found = measure(Path(folder), hub, options)
        finally:
            hub.stop()
    print(json.dumps(found))


if __name__ == "__main__":
    main()
