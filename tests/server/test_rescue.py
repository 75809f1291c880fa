"""A rescue file is taken in once, by its own signatures, with the words of why not."""

import subprocess
from hashlib import pbkdf2_hmac, sha256
from pathlib import Path
from typing import Any

import msgspec
import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from server.flows.hub import Hub
from server.flows.rescue import RescueError, open_rescue, take_rescue
from server.flows.verify import verify
from sync.event import Act
from sync.messages import Push, encode_message
from tests.server.conftest import Still
from tests.server.inside import enrol_tablet, item, push, sign_in_on
from tests.server.process import COMMAND
from tests.server.tablet import Tablet
from tests.server.test_photos import photo_of, picture, signed

CLERK = "dating.shouli1"
WORDS = "correct horse"


def sealed(content: dict[str, Any], words: str = WORDS) -> bytes:
    """docs/security.md, "Rescue file"; few would try 600,000 steps twice a test, but the format says so."""
    salt, iv = bytes(range(16)), bytes(range(12))
    key = pbkdf2_hmac("sha256", words.encode(), salt, 600_000)
    plain = msgspec.msgpack.encode(content)
    return b"ZCRESCUE2\n" + salt + iv + AESGCM(key).encrypt(iv, plain, b"rescue")


def content_of(
    hub: Hub, tablet: Tablet, pushes: list[Push], photos: list[bytes] | None = None
) -> dict[str, Any]:
    offers = [(one, signed(hub, tablet, one)) for one in photos or []]
    return {
        "zone": hub.zone,
        "device": tablet.number,
        "pushes": [encode_message(one) for one in pushes],
        "photos": [
            {"sha256": sha256(one).digest(), "content": one, "signature": offer.signature}
            for one, offer in offers
        ],
    }


def test_what_a_tablet_could_not_send_is_taken_in_once(still: Still) -> None:
    hub, ms = still.hub, still.wall.ms
    tablet = enrol_tablet(hub)
    actor = sign_in_on(hub, tablet, CLERK).account
    before = tablet.receive(item(hub), actor, ms=ms)
    assert push(hub, tablet.push()) == ["ok"]
    photo = picture()
    stream = tablet.receive(item(hub), actor, ms=ms, photos=[photo_of(photo)])
    tablet.write("case.accept", before, actor, Act(), ms=ms)
    pushes = [tablet.push(1, 2), tablet.push(3, 3)]
    rescue = open_rescue(sealed(content_of(hub, tablet, pushes, [photo])), WORDS)
    taken = take_rescue(hub, rescue)
    assert dict(taken.events) == {"ok": 3}
    assert dict(taken.photos) == {"stored": 1}
    with hub.store.read() as tx:
        position = tx.zone.get().position
        assert tx.cases.find(stream) is not None
    again = take_rescue(hub, rescue)
    assert (again.events, again.photos) == (taken.events, taken.photos)
    with hub.store.read() as tx:
        assert tx.zone.get().position == position
    # The tablet comes back after all: the hub answers as if it had sent everything itself.
    assert push(hub, tablet.push()) == ["ok"] * 3
    assert verify(hub).difference is None


def test_it_says_what_a_hub_refuses(still: Still) -> None:
    hub, ms = still.hub, still.wall.ms
    tablet = enrol_tablet(hub)
    actor = sign_in_on(hub, tablet, CLERK).account
    tablet.receive(item(hub), actor, ms=ms, receipt_no="nonsense")
    tablet.write("case.accept", bytes(range(16)), actor, Act(), ms=ms)
    text = b"no picture at all"
    rescue = open_rescue(sealed(content_of(hub, tablet, [tablet.push()], [text])), WORDS)
    taken = take_rescue(hub, rescue)
    assert dict(taken.events) == {"receipt-invalid": 1, "stream-missing": 1}
    assert dict(taken.photos) == {"attachment-not-image": 1}


def test_what_is_no_rescue_file_changes_nothing(still: Still) -> None:
    hub, ms = still.hub, still.wall.ms
    tablet, other = enrol_tablet(hub), enrol_tablet(hub)
    actor = sign_in_on(hub, tablet, CLERK).account
    tablet.receive(item(hub), actor, ms=ms)
    good = content_of(hub, tablet, [tablet.push()])
    file = sealed(good)
    for broken in (b"", b"PK\x03\x04", file[:40], file[:-1], file.replace(b"RESCUE2", b"RESCUE1")):
        with pytest.raises(RescueError):
            open_rescue(broken, WORDS)
    with pytest.raises(RescueError, match="passphrase"):
        open_rescue(file, "wrong horse")
    with pytest.raises(RescueError):
        open_rescue(sealed({"zone": "none"}), WORDS)
    bad: list[tuple[dict[str, Any], str]] = [
        ({**good, "zone": bytes(16)}, "another zone"),
        ({**good, "device": other.number}, "something else"),
        ({**good, "pushes": [b"\x91\xa5hello"]}, "something else"),
        ({**good, "pushes": [encode_message(forged(tablet))]}, "signature-invalid"),
    ]
    for content, why in bad:
        with pytest.raises(RescueError, match=why):
            take_rescue(hub, open_rescue(sealed(content), WORDS))
    with hub.store.read() as tx:
        assert tx.devices.get(tablet.number).seq == 0


def forged(tablet: Tablet) -> Push:
    return msgspec.structs.replace(tablet.push(), signature=bytes(64))


def test_the_command_asks_for_the_passphrase_and_tells(still: Still, tmp_path: Path) -> None:
    hub, ms = still.hub, still.wall.ms
    tablet = enrol_tablet(hub)
    actor = sign_in_on(hub, tablet, CLERK).account
    tablet.receive(item(hub), actor, ms=ms)
    file = tmp_path / "tablet.zcx"
    file.write_bytes(sealed(content_of(hub, tablet, [tablet.push()])))

    def rescue(words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [COMMAND, "rescue", file, "--data", tmp_path],
            input=f"{words}\n", capture_output=True, text=True, check=False,
        )  # fmt: skip

    wrong = rescue("wrong horse")
    assert wrong.returncode == 1
    assert "the passphrase is another" in wrong.stderr
    right = rescue(WORDS)
    assert right.returncode == 0, right.stderr
    assert right.stdout == f"device {tablet.number}: events 1 ok; photos none\n"
