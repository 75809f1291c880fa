"""Prints how soon a case taken in at one point is seen at another, as JSON: `python -m bench.hops`.

Tablet → relay → hub → relay → tablet: two points, each with its own relay, and no tablet on the hub's line. The receipt
and the transfer to the other point are one push, so every case goes the whole way by itself. Timed from the moment
before the author's tablet writes until the other tablet has checked the case's place in its feed and stored it.
"""

import argparse
import json
import tempfile
import time
from pathlib import Path

from bench.relay import code, head, mirrored
from bench.sockets import spread
from tests.server.client import Client, administrator
from tests.server.point import PointLine, PointTablet
from tests.server.process import HubProcess

HERE, THERE, ITEM = ("HALL", "dating.shouli1"), ("JZ", "jiuzhan.shouli"), "SCJG-001"


def start_relay(folder: Path, hub: HubProcess, admin: Client, point: str) -> HubProcess:
    """The relay of a point."""
    serving = ("--role", "relay", "--hub", hub.base, "--code", code(admin, "relay", point))
    return HubProcess(folder / f"relay-{point}", serving=serving).start()


def tablet(hub: HubProcess, admin: Client, point: str, clerk: str) -> PointTablet:
    """A tablet of the point that knows its relay, its clerk signed in."""
    client = Client(hub.base)
    said = client.enrol(code(admin, "tablet", point))
    return PointTablet(client, said["relays"][0], clerk)


def send(author: PointTablet, writing: PointLine) -> tuple[int, int]:
    """A case of the other point's, written and pushed; which event is the last of it."""
    client, log = author.client, author.tablet
    stream = log.receive(client.item(ITEM), client.account, ms=client.now_ms)
    log.act(
        "case.transfer", stream, client.account, ms=client.now_ms, reason="就近办理", point=THERE[0]
    )
    writing.wrote()
    return log.number, log.last_seq


def measure(author: PointTablet, reader: PointTablet, cases: int) -> list[float]:
    """Milliseconds from saving to seen."""
    took: list[float] = []
    with reader.at_relay() as reading, author.at_relay() as writing:
        # Both are greeted and have read the zone; and one case has made the way before the first is timed.
        for line, one in ((reading, reader), (writing, author)):
            line.until(lambda one=one: one.key_of(one.tablet.number) is not None)
        for n in range(1 + cases):
            began = time.perf_counter()
            last = send(author, writing)
            reading.until(lambda last=last: last in reader.entries)
            seen = time.perf_counter()
            if n > 0:
                took.append((seen - began) * 1_000)
            writing.until(lambda last=last: author.acked == last[1])
    codes = {said for said in author.settled.values() if said != "ok"}
    assert not codes and not author.problems and not reader.problems, codes
    return took


def main() -> None:
    """Start a hub and two relays, measure."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--cases", type=int, default=100)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        hub = HubProcess(folder / "hub").start()
        relays: list[HubProcess] = []
        try:
            admin = administrator(hub.base)
            relays += [start_relay(folder, hub, admin, point) for point, _ in (HERE, THERE)]
            author, reader = (tablet(hub, admin, *place) for place in (HERE, THERE))
            for relay in relays:
                mirrored(relay, "zone", head(author.client, "zone").n)
            took = measure(author, reader, options.cases)
        finally:
            for process in (*relays, hub):
                process.stop()
    assert len(took) == options.cases
    print(json.dumps({"cases": options.cases, "seen_ms": spread(took)}))


if __name__ == "__main__":
    main()
