"""A tablet's rescue file: opened, and taken in as if the tablet had brought it itself.

The file is docs/security.md, "Rescue file"; what it holds are signed pushes and offered photos, so that whoever
carries it can neither add nor change anything, and taking it in twice changes nothing.
"""

from collections import Counter
from dataclasses import dataclass, field
from hashlib import pbkdf2_hmac

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from msgspec import Struct

from server.flows.hub import Hub
from server.flows.ingest import ingest, read_push
from server.flows.readmit import Certificate, readmit
from server.flows.refusals import Refusal
from server.flows.uploads import Offer, append_upload, begin_upload
from sync.messages import FaultMessage, Push, decode_client_message

MAGIC = b"ZCRESCUE2\n"
ITERATIONS = 600_000
_SALT_BYTES = 16
_IV_BYTES = 12


class RescueError(Exception):
    """The file cannot be taken in; the text says why, in the words of the command line."""


class RescuedPhoto(Struct, frozen=True):
    """A photo with the device's signature (purpose `attachment`) over it."""

    sha256: bytes
    content: bytes
    signature: bytes


class RescuedEnrolment(Struct, frozen=True):
    """What the hub signed when it enrolled the device."""

    content: bytes
    signature: bytes


class Rescue(Struct, frozen=True):
    """What a rescue file holds: `pushes` as on the wire, the whole log in order; see `readmit` for the enrolments."""

    zone: bytes
    device: int
    pushes: list[bytes]
    photos: list[RescuedPhoto]
    enrolments: list[RescuedEnrolment] = []


@dataclass
class Taken:
    """What became of it: events by verdict or reason to wait, photos by `stored` or refusal."""

    events: Counter[str] = field(default_factory=Counter)
    photos: Counter[str] = field(default_factory=Counter)


_decoder = msgspec.msgpack.Decoder(Rescue)


def open_rescue(file: bytes, passphrase: str) -> Rescue:
    """Decrypt and read a rescue file. Raises RescueError."""
    if not file.startswith(MAGIC):
        raise RescueError("this is no rescue file of this version")
    salt, sealed = file[len(MAGIC) :][:_SALT_BYTES], file[len(MAGIC) + _SALT_BYTES :]
    key = pbkdf2_hmac("sha256", passphrase.encode(), salt, ITERATIONS)
    try:
        plain = AESGCM(key).decrypt(sealed[:_IV_BYTES], sealed[_IV_BYTES:], b"rescue")
        return _decoder.decode(plain)
    except (InvalidTag, ValueError) as error:
        raise RescueError("the passphrase is another, or the file is damaged") from error


def take_rescue(hub: Hub, rescue: Rescue) -> Taken:
    """Take in what the hub lacks; durable when this returns. Raises RescueError, and keeps what went before."""
    if rescue.zone != hub.zone:
        raise RescueError("the file is of another zone")
    if rescue.enrolments:
        # Of a device that is known nothing changes; of one that is not taken back, the pushes below say why.
        readmit(hub, [Certificate(one.content, one.signature) for one in rescue.enrolments])
    taken = Taken()
    for payload in rescue.pushes:
        push = _read_push(payload)
        if push is None or push.device != rescue.device:
            raise RescueError("the file holds something else than its device's work")
        answer = ingest(hub, read_push(hub, push)).answer
        if isinstance(answer, FaultMessage):
            raise RescueError(f"event {push.first_seq}: {answer.code} {answer.detail}".rstrip())
        for run in answer.runs:
            taken.events[run.code] += run.count
    for photo in rescue.photos:
        offer = Offer(rescue.device, photo.sha256, photo.signature)
        taken.photos[_take_photo(hub, offer, photo.content)] += 1
    return taken


def _read_push(payload: bytes) -> Push | None:
    try:
        message = decode_client_message(payload)
    except msgspec.DecodeError:
        return None
    return message if isinstance(message, Push) else None


def _take_photo(hub: Hub, offer: Offer, content: bytes) -> str:
    standing = begin_upload(hub, offer, len(content))
    if not isinstance(standing, Refusal) and not standing.stored:
        rest = content[standing.received :]
        standing = append_upload(hub, offer, standing.received, rest)
    return standing.code if isinstance(standing, Refusal) else "stored"
