"""A point with its relay, as processes: the hub is away, tablets see each other; it comes back, and has it all."""

import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import pytest
from websockets.exceptions import ConnectionClosed

from sync.messages import FaultMessage, Subscribe, Welcome
from tests.server.client import WAIT_S, Client, administrator, enrolled
from tests.server.point import PointTablet
from tests.server.process import HubProcess

POINT = "HALL"


def health(relay: HubProcess) -> dict[str, int | bool | dict[str, int]]:
    said: dict[str, int | bool | dict[str, int]] = httpx.get(
        f"{relay.base}/health", timeout=WAIT_S
    ).json()
    return said


def wait(holds: Callable[[], bool], what: str) -> None:
    """Until it holds in another process."""
    end = time.monotonic() + WAIT_S
    while not holds():
        assert time.monotonic() < end, what


@dataclass
class Office:
    """A hub, a relay at HALL, and tablets there."""

    folder: Path
    hub: HubProcess
    admin: Client
    relays: list[HubProcess] = field(default_factory=list)
    tablets: list[PointTablet] = field(default_factory=list)

    def code(self, kind: str) -> str:
        ask = {"point": POINT, "kind": kind}
        made = self.admin.call("POST", "/api/console/enrolment-codes", json=ask)
        assert made.status_code == 200, made.text
        return str(made.json()["code"])

    def new_relay(self) -> HubProcess:
        """One more relay, empty."""
        serving = ("--role", "relay", "--hub", self.hub.base, "--code", self.code("relay"))
        relay = HubProcess(self.folder / f"relay{len(self.relays)}", serving=serving).start()
        self.relays.append(relay)
        return relay

    def tablet(self, username: str) -> PointTablet:
        """A tablet of HALL with somebody signed in; enrolment tells it where the newest relay is."""
        client = Client(self.hub.base)
        said = client.enrol(self.code("tablet"))
        one = PointTablet(client, said["relays"][0], username)
        client.item("SCJG-001")
        self.tablets.append(one)
        return one

    def mirrored(self) -> None:
        """Until the newest relay has the zone as the hub has it now."""
        n = self.tablets[0].client.pull("zone")[-1].head
        assert n is not None

        def has_all() -> bool:
            feeds = health(self.relays[-1])["feeds"]
            assert isinstance(feeds, dict)
            return feeds.get("zone", 0) >= n.n

        wait(has_all, "the mirror follows the zone's feed")

    def close(self) -> None:
        for tablet in self.tablets:
            tablet.client.close()
        self.admin.close()
        for process in (*self.relays, self.hub):
            process.kill()


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    hub = HubProcess(tmp_path / "hub").start()
    made = Office(tmp_path, hub, administrator(hub.base))
    made.new_relay()
    yield made
    made.close()


def take_in(one: PointTablet) -> None:
    item = one.client.item("SCJG-001")
    one.tablet.receive(item, one.client.account, ms=one.client.now_ms)


def test_two_tablets_through_a_cut(office: Office) -> None:
    """The line is cut: the second tick, and the neighbour's case within a second; it returns: the third."""
    one, two = office.tablet("dating.shouli1"), office.tablet("dating.shouli2")
    office.mirrored()
    office.hub.stop()
    with two.at_relay() as listening, one.at_relay() as writing:
        listening.until(lambda: two.key_of(one.tablet.number) is not None)
        take_in(one)
        writing.wrote()
        writing.until(lambda: one.stored_at_point == 1)
        key = (one.tablet.number, 1)
        assert listening.until(lambda: key in two.unconfirmed()) < 1
        assert one.acked == 0
        office.hub.start()
        writing.until(lambda: one.acked == 1)
        listening.until(lambda: key in two.entries)
    assert one.settled == {1: "ok"}
    assert two.unconfirmed() == {}
    checked = office.hub.run("verify")
    assert checked.returncode == 0, checked.stdout
    assert " 1 cases" in checked.stdout


def test_hub_and_relay_in_turn_with_the_same_cursors(office: Office) -> None:
    one, two = office.tablet("dating.shouli1"), office.tablet("dating.shouli2")
    office.mirrored()
    for turn in range(3):
        take_in(one)
        with one.at_hub() if turn % 2 else one.at_relay() as writing:
            writing.until(lambda: one.acked == one.tablet.last_seq)
        with two.at_relay() if turn % 2 else two.at_hub() as reading:
            reading.until(lambda: (one.tablet.number, one.tablet.last_seq) in two.entries)
        assert two.problems == [] and one.problems == []
    cases = [key for key in two.entries if key[0] == one.tablet.number]
    assert sorted(cases) == [(one.tablet.number, seq) for seq in (1, 2, 3)]


def test_a_relay_that_dies_is_replaced_by_an_empty_one(office: Office) -> None:
    """What the tablets still hold goes again, from the middle of their logs where the hub has the rest."""
    one, two = office.tablet("dating.shouli1"), office.tablet("dating.shouli2")
    office.mirrored()
    take_in(one)
    with one.at_hub() as line:
        line.until(lambda: one.acked == 1)
    spare = office.code("relay")
    new = HubProcess(
        office.folder / "new",
        serving=("--role", "relay", "--hub", office.hub.base, "--code", spare),
    ).start()
    relays = office.tablet("dating.shouli1").client
    assert relays is not None
    office.relays.append(new)
    office.mirrored()
    office.hub.stop()
    take_in(one)
    with one.at_relay() as line:
        line.until(lambda: one.stored_at_point == 2)
    office.relays[0].kill()
    for tablet in (one, two):
        tablet.move_to(office.tablets[-1])
    with one.at_relay() as line:
        line.until(lambda: one.acked == 1 and one.stored_at_point == 2)
        with two.at_relay() as reading:
            reading.until(lambda: (one.tablet.number, 2) in two.unconfirmed())
        office.hub.start()
        line.until(lambda: one.acked == 2)
    assert one.settled == {1: "ok", 2: "ok"}


def test_killed_while_it_stores(office: Office) -> None:
    """What was called stored at the point is there after kill -9, and reaches the hub once."""
    one = office.tablet("dating.shouli1")
    office.mirrored()
    office.hub.stop()
    relay = office.relays[0]
    for _ in range(3):
        with suppress(ConnectionClosed, OSError), one.at_relay() as line:
            for _ in range(20):
                take_in(one)
                line.wrote()
            promised = one.tablet.last_seq - 15
            line.until(lambda held=promised: one.stored_at_point >= held)
            relay.kill()
        said = one.stored_at_point
        relay.start()
        one.stored_at_welcome.clear()
        with one.at_relay() as line:
            line.until(lambda: bool(one.stored_at_welcome))
            assert one.stored_at_welcome[-1] >= said, "durable before it is called stored"
    office.hub.start()
    with one.at_relay() as line:
        line.until(lambda: one.acked == 60)
    assert set(one.settled.values()) == {"ok"}
    checked = office.hub.run("verify")
    assert checked.returncode == 0 and " 60 cases" in checked.stdout, checked.stdout


def test_reading_needs_the_hubs_pass_and_the_devices_proof(office: Office) -> None:
    one = office.tablet("dating.shouli1")
    office.mirrored()
    other = enrolled(office.hub.base, office.admin)
    office.mirrored()
    relay = Client(office.relays[0].base, other.tablet)
    with relay.socket() as line:
        line.say(relay.hello(), one.present, Subscribe("zone", 0, bytes(32)))
        welcome = line.hear_until(Welcome)
        assert line.hear_until(FaultMessage).code == "session-expired"
        line.say(other.tablet.report(welcome.challenge, 0, 0, 0, relay.now_ms))
        assert line.hear_until(FaultMessage).code == "pass-invalid", "another device's pass"
    relay.close()
    other.close()


def test_a_revoked_relay_reads_nothing_more(office: Office) -> None:
    one = office.tablet("dating.shouli1")
    office.mirrored()
    revoked = office.admin.call(
        "POST", f"/api/console/devices/{one.relay_number}/revoke", json={"reason": "拆除"}
    )
    assert revoked.status_code == 200, revoked.text
    wait(lambda: health(office.relays[0])["feeds"] == {}, "the mirror is dropped")
