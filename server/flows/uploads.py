"""Photos on their way up, resumable at the byte; on the wire it is tus 1.0 (server/web/uploads.py).

Every call names device and SHA-256 and carries the device's signature over them and the size, so that an upload is its
author's alone. An upload whose last byte came is a photo, and an upload no more: nothing between the two can be seen.

Refusals: device-unknown, device-revoked, signature-invalid, attachment-oversized, attachment-hash,
attachment-not-image, upload-offset, not-found (no such upload, or it expired), not-entitled (what is stored stays).
Source: docs/protocol.md, section 9.
"""

from dataclasses import dataclass, field

from server.flows.attachments import sign_stored, store_attachment
from server.flows.batch import Growth
from server.flows.hub import Hub
from server.flows.refusals import Code, Refusal
from server.keys import verify
from server.store.store import Transaction
from server.store.uploads import UploadRow
from sync import chain
from sync.limits import ATTACHMENT_BYTES_MAX

# Since its last byte: a tablet may be in a drawer over a long weekend.
UPLOAD_MS = 7 * 24 * 3_600_000
# What a device may have begun and not finished; beyond it the one that was silent for longest goes.
UPLOADS_PER_DEVICE_MAX = 32


@dataclass(frozen=True, slots=True)
class Offer:
    """A photo that a device brings, and its signature (purpose `attachment`) over both and the size."""

    device: int
    digest: bytes
    signature: bytes


@dataclass(frozen=True, slots=True)
class Standing:
    """How far an upload is; `stored`: the hub's signature over the whole photo, empty before."""

    size: int
    received: int
    until_ms: int = 0
    stored: bytes = b""
    growth: Growth = field(default_factory=Growth)


def begin_upload(hub: Hub, offer: Offer, size: int) -> Standing | Refusal:
    """Begin, or find what is here of it; a photo that the hub holds is complete at once."""
    if size > ATTACHMENT_BYTES_MAX:
        return Refusal(Code.ATTACHMENT_OVERSIZED)
    if size == 0:
        return Refusal(Code.ATTACHMENT_NOT_IMAGE)
    now_ms = hub.now_ms()
    with hub.store.read() as tx:
        refusal = _check(hub, tx, offer, size)
        known = tx.attachments.find(offer.digest)
    if refusal is not None:
        return refusal
    # Another size than the photo's is answered as if the photo were not here; its bytes will not fit the hash.
    if known is not None and known.size == size:
        return _complete(hub, offer.digest, size)
    with hub.store.write() as tx:
        # Two beginnings of one upload must find each other.
        tx.zone.lock()
        tx.uploads.remove_expired(now_ms)
        row = tx.uploads.find(offer.device, offer.digest)
        if row is None or row.size != size:
            tx.uploads.remove(offer.device, offer.digest)
            _make_room(tx, offer.device)
            row = UploadRow(offer.device, offer.digest, size, 0, now_ms + UPLOAD_MS)
            tx.uploads.begin(row)
    return Standing(row.size, row.received, row.until_ms)


def find_upload(hub: Hub, offer: Offer) -> Standing | Refusal:
    """How far it is."""
    with hub.store.read() as tx:
        return _find(hub, tx, offer)


def append_upload(hub: Hub, offer: Offer, at: int, content: bytes) -> Standing | Refusal:
    """Put bytes behind the first `at`; durable when this returns. The last ones make it a photo."""
    with hub.store.read() as tx:
        standing = _find(hub, tx, offer)
        before = b""
        if isinstance(standing, Refusal):
            return standing
        if standing.received != at:
            return Refusal(Code.UPLOAD_OFFSET, {"offset": standing.received})
        if at + len(content) > standing.size:
            return Refusal(Code.ATTACHMENT_OVERSIZED)
        if not content:
            return standing
        completes = at + len(content) == standing.size
        if completes:
            before = tx.uploads.content(offer.device, offer.digest)
    return _finish(hub, offer, before + content) if completes else _keep(hub, offer, at, content)


def remove_upload(hub: Hub, offer: Offer) -> Refusal | None:
    """Forget it; a photo that is stored stays."""
    with hub.store.write() as tx:
        standing = _find(hub, tx, offer)
        if isinstance(standing, Refusal):
            return standing
        if standing.stored:
            return Refusal(Code.NOT_ENTITLED)
        tx.uploads.remove(offer.device, offer.digest)
    return None


def _keep(hub: Hub, offer: Offer, at: int, content: bytes) -> Standing | Refusal:
    until_ms = hub.now_ms() + UPLOAD_MS
    with hub.store.write() as tx:
        # Asked again under the lock: a line that was given up may have brought the same bytes meanwhile.
        row = tx.uploads.lock(offer.device, offer.digest)
        if row is None:
            return Refusal(Code.NOT_FOUND)
        if row.received != at:
            return Refusal(Code.UPLOAD_OFFSET, {"offset": row.received})
        tx.uploads.append(row, content, until_ms)
    return Standing(row.size, at + len(content), until_ms)


def _finish(hub: Hub, offer: Offer, content: bytes) -> Standing | Refusal:
    # Outside a transaction: decoding a picture and writing it elsewhere takes its time.
    stored = store_attachment(hub, offer.device, offer.digest, content)
    if isinstance(stored, Refusal):
        # Its bytes will never be the photo that was announced: it begins anew, if at all.
        with hub.store.write() as tx:
            tx.uploads.remove(offer.device, offer.digest)
        return stored
    return Standing(stored.size, stored.size, 0, stored.signature, stored.growth)


def _find(hub: Hub, tx: Transaction, offer: Offer) -> Standing | Refusal:
    row = tx.uploads.find(offer.device, offer.digest)
    photo = tx.attachments.find(offer.digest) if row is None else None
    size = row.size if row is not None else photo.size if photo is not None else 0
    refusal = _check(hub, tx, offer, size)
    if refusal is not None:
        # Who cannot sign for a photo does not learn whether it is here.
        unsigned = refusal.code is Code.SIGNATURE_INVALID
        return Refusal(Code.NOT_FOUND) if unsigned else refusal
    if row is None:
        return _complete(hub, offer.digest, size)
    if row.until_ms <= hub.now_ms():
        return Refusal(Code.NOT_FOUND)
    return Standing(row.size, row.received, row.until_ms)


def _complete(hub: Hub, digest: bytes, size: int) -> Standing:
    return Standing(size, size, 0, sign_stored(hub, digest, size))


def _check(hub: Hub, tx: Transaction, offer: Offer, size: int) -> Refusal | None:
    device = tx.devices.find(offer.device)
    if device is None:
        return Refusal(Code.DEVICE_UNKNOWN)
    if device.revoked_ms:
        return Refusal(Code.DEVICE_REVOKED)
    statement = chain.attachment_statement(hub.zone, offer.device, offer.digest, size)
    if not verify(device.public_key, offer.signature, statement):
        return Refusal(Code.SIGNATURE_INVALID)
    return None


def _make_room(tx: Transaction, device: int) -> None:
    begun = tx.uploads.of_device(device)
    for row in begun[: max(0, len(begun) + 1 - UPLOADS_PER_DEVICE_MAX)]:
        tx.uploads.remove(device, row.sha256)
