"""What a device reports of itself: kept when it is proven to be the device's, and otherwise not at all."""

import os
from collections.abc import Callable

import msgspec
import pytest

from server.flows.hub import Hub, open_hub
from server.flows.report import give_challenge, keep_report
from server.store.devices import DeviceRow
from sync.errors import Fault
from sync.limits import (
    FEED_NAME_CHARS_MAX,
    REPORT_CHALLENGE_MS,
    STANDING_BYTES_MAX,
    STANDING_READS_MAX,
)
from sync.messages import (
    Ack,
    FaultMessage,
    Hello,
    Parted,
    Ping,
    Pong,
    ReadTo,
    Report,
    Standing,
    Subscribe,
    Welcome,
    encode_standing,
)
from tests.server.client import Client, only
from tests.server.conftest import Still
from tests.server.inside import enrol_tablet
from tests.server.tablet import Tablet

NewDevice = Callable[..., Client]
CLERK = "dating.shouli1"


STANDING = encode_standing(Standing(4, 6, 1, [ReadTo("zone", 3, bytes(32))], "best-effort", 5, 7))


def hello_of(hub: Hub, tablet: Tablet, app_version: str = "0.1.0") -> Hello:
    return Hello(1, 1, hub.zone, tablet.number, b"", app_version, 0, bytes(32), [])


def report_of(still: Still, tablet: Tablet, challenge: bytes) -> Report:
    return tablet.report(challenge, 3, 2, 1, still.wall.ms - 7)


def row_of(hub: Hub, tablet: Tablet) -> DeviceRow:
    with hub.store.read() as tx:
        return tx.devices.get(tablet.number)


def test_a_report_of_the_device_itself_is_kept(still: Still) -> None:
    hub = still.hub
    tablet = enrol_tablet(hub)
    challenge = give_challenge(hub, tablet.number, still.wall.ms)
    still.wall.ms += REPORT_CHALLENGE_MS
    hello = hello_of(hub, tablet, "9.9" + "9" * 90)
    assert keep_report(hub, hello, report_of(still, tablet, challenge), b"") is None
    row = row_of(hub, tablet)
    assert (row.unsent, row.refused, row.unsent_attachments) == (3, 2, 1)
    assert (row.last_contact_ms, row.clock_offset_ms) == (still.wall.ms, -7)
    assert row.app_version == "9.9" + "9" * 37


def test_how_a_device_stands_is_kept_as_it_said_it(still: Still) -> None:
    hub = still.hub
    tablet = enrol_tablet(hub)
    for standing in (STANDING, b""):  # as an earlier version of the app says nothing of it
        challenge = give_challenge(hub, tablet.number, still.wall.ms)
        report = tablet.report(challenge, 3, 2, 1, still.wall.ms, standing)
        assert keep_report(hub, hello_of(hub, tablet), report, b"") is None
        assert row_of(hub, tablet).standing == standing


@pytest.mark.parametrize(
    "standing",
    [
        b"\xc0",
        STANDING[:-1],
        STANDING + bytes(STANDING_BYTES_MAX),
        *(
            encode_standing(standing)
            for names in (
                [f"point:{n}" for n in range(STANDING_READS_MAX + 1)],
                ["zone", "zone"],
                [""],
                ["point:\0"],
                ["z" * (FEED_NAME_CHARS_MAX + 1)],
            )
            for standing in (
                Standing(1, 1, 0, [ReadTo(name, 0, bytes(32)) for name in names]),
                Standing(1, 1, 0, [], parted=[Parted(name, 0, 1) for name in names]),
            )
        ),
    ],
)
def test_what_cannot_be_read_of_a_standing_is_not_kept(still: Still, standing: bytes) -> None:
    hub = still.hub
    tablet = enrol_tablet(hub)
    challenge = give_challenge(hub, tablet.number, still.wall.ms)
    report = tablet.report(challenge, 3, 2, 1, still.wall.ms, standing)
    assert keep_report(hub, hello_of(hub, tablet), report, b"") is Fault.REPORT_INVALID
    assert row_of(hub, tablet).last_contact_ms == 0


def test_any_process_of_the_hub_knows_its_challenges(still: Still) -> None:
    hub = still.hub
    tablet = enrol_tablet(hub)
    other = open_hub(hub.store, hub.files, still.wall)
    challenge = give_challenge(hub, tablet.number, still.wall.ms)
    assert challenge == give_challenge(other, tablet.number, still.wall.ms)
    report = report_of(still, tablet, challenge)
    assert keep_report(other, hello_of(hub, tablet), report, b"") is None


def test_a_report_that_is_not_the_devices_changes_nothing(still: Still) -> None:
    hub = still.hub
    tablet, thief = enrol_tablet(hub), enrol_tablet(hub)
    challenge = give_challenge(hub, tablet.number, still.wall.ms)
    good = report_of(still, tablet, challenge)
    thief.number = tablet.number
    unissued = bytes([challenge[0] ^ 1]) + challenge[1:]
    wrong = [
        report_of(still, thief, challenge),
        *(
            msgspec.structs.replace(good, **change)
            for change in (
                {"unsent": 0},
                {"refused": 0},
                {"unsent_attachments": 0},
                {"wall_ms": 0},
                {"signature": bytes(64)},
                {"signature": b""},
                {"standing": STANDING},
            )
        ),
        report_of(still, tablet, os.urandom(32)),
        report_of(still, tablet, unissued),
        report_of(still, tablet, challenge[:-1] + bytes([challenge[-1] ^ 1])),
    ]
    before = row_of(hub, tablet)
    for report in wrong:
        assert keep_report(hub, hello_of(hub, tablet), report, b"") is Fault.REPORT_INVALID
    assert row_of(hub, tablet) == before
    assert before.last_contact_ms == 0


def test_a_report_stands_for_no_other_device(still: Still) -> None:
    hub = still.hub
    tablet, other = enrol_tablet(hub), enrol_tablet(hub)
    challenge = give_challenge(hub, tablet.number, still.wall.ms)
    report = report_of(still, tablet, challenge)
    assert keep_report(hub, hello_of(hub, other), report, b"") is Fault.REPORT_INVALID
    # Nor does one that the other device itself signs over what it was not given.
    report = report_of(still, other, challenge)
    assert keep_report(hub, hello_of(hub, other), report, b"") is Fault.REPORT_INVALID
    assert row_of(hub, other).last_contact_ms == row_of(hub, tablet).last_contact_ms == 0


def test_a_challenge_grows_old_but_not_on_its_own_connection(still: Still) -> None:
    hub = still.hub
    tablet = enrol_tablet(hub)
    challenge = give_challenge(hub, tablet.number, still.wall.ms)
    still.wall.ms += REPORT_CHALLENGE_MS + 1
    report, hello = report_of(still, tablet, challenge), hello_of(hub, tablet)
    assert keep_report(hub, hello, report, b"") is Fault.REPORT_INVALID
    later = give_challenge(hub, tablet.number, still.wall.ms)
    assert keep_report(hub, hello, report, later) is Fault.REPORT_INVALID
    assert row_of(hub, tablet).last_contact_ms == 0
    still.wall.ms += 86_400_000
    assert keep_report(hub, hello, report, challenge) is None
    assert row_of(hub, tablet).last_contact_ms == still.wall.ms


# --- over the wire ---------------------------------------------------------------------------------


def shown(admin: Client, device: Client) -> dict[str, int]:
    """The device as the console has it."""
    overview = admin.get("/api/console/overview")
    every = [one for point in overview["points"] for one in point["devices"]]
    found: dict[str, int] = next(one for one in every if one["number"] == device.tablet.number)
    return found


def test_hello_alone_says_nothing_of_a_device(new_device: NewDevice, admin: Client) -> None:
    device = new_device("HALL")
    before = shown(admin, device)
    impostor = Client(device.base, Tablet(number=device.tablet.number, zone=device.tablet.zone))
    impostor.hub_key = device.hub_key
    assert isinstance(impostor.exchange(hello=impostor.hello(app_version="9"))[0], Welcome)
    said = impostor.exchange(impostor.report())
    assert [only(said, FaultMessage).code] == [Fault.REPORT_INVALID]
    assert shown(admin, device) == before
    impostor.close()


@pytest.mark.parametrize("way", ["http", "socket"])
def test_a_wrong_report_ends_nothing(way: str, new_device: NewDevice) -> None:
    device = new_device("HALL", CLERK)
    device.tablet.receive(device.item("SCJG-001"), device.account, ms=device.now_ms)
    wrong = msgspec.structs.replace(device.report(), signature=bytes(64))
    push, asked = device.tablet.push(), Subscribe("zone", 99_999, bytes(32))
    if way == "http":
        welcome, fault, ack, feed = device.exchange(wrong, push, asked)
    else:
        with device.socket() as line:
            line.say(device.hello(), wrong, push)
            welcome, fault, ack = line.hear(), line.hear(), line.hear()
            line.say(asked)
            feed = line.hear()
    assert isinstance(welcome, Welcome) and isinstance(ack, Ack)
    assert fault == FaultMessage(Fault.REPORT_INVALID, "report", "", 0)
    assert isinstance(feed, FaultMessage) and feed.code == Fault.FEED_AHEAD


def test_a_report_over_a_socket_answers_its_welcome(new_device: NewDevice, admin: Client) -> None:
    device = new_device("HALL")
    with device.socket() as line:
        line.say(device.hello(app_version="1.2.3"))
        challenge = line.hear_until(Welcome).challenge
        line.say(device.tablet.report(challenge, 6, 5, 4, device.now_ms))
        line.say(device.tablet.report(challenge, 7, 5, 4, device.now_ms))
        line.say(Ping(1))
        assert isinstance(line.hear(), Pong), "a good report is answered by nothing"
    row = shown(admin, device)
    assert (row["unsent"], row["app_version"]) == (7, "1.2.3")
