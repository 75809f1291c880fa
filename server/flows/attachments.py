"""Photos: kept when their bytes are what was announced and are a picture; durable before the hub says so.

How the bytes come is in server/flows/uploads.py. Refusals: attachment-hash, attachment-not-image; reading:
session-expired, not-found (also where the reader may not see any case that uses the photo).
"""

import io
import warnings
from dataclasses import dataclass
from hashlib import sha256

from PIL import Image

from server.flows.batch import Batch, Growth
from server.flows.hub import Hub
from server.flows.reader import Reader
from server.flows.refusals import Code, Refusal
from server.store.attachments import AttachmentRow
from server.store.store import Transaction
from sync import chain
from sync.event import AttachmentStored
from sync.limits import ATTACHMENT_PIXELS_MAX

# What a tablet sends; the format is read from the bytes, never from a header.
MIME_BY_FORMAT = {"JPEG": "image/jpeg", "PNG": "image/png", "WEBP": "image/webp"}
_MAGIC = (b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"RIFF")


@dataclass(frozen=True, slots=True)
class Stored:
    """The hub's signed word that it holds these bytes."""

    digest: bytes
    size: int
    signature: bytes
    growth: Growth


@dataclass(frozen=True, slots=True)
class Photo:
    """A photo's bytes."""

    content: bytes
    mime: str


def store_attachment(hub: Hub, device: int, digest: bytes, content: bytes) -> Stored | Refusal:
    """Keep a photo that this device has brought. The same bytes again, from anyone, are answered the same."""
    if sha256(content).digest() != digest:
        return Refusal(Code.ATTACHMENT_HASH)
    mime = find_mime(content)
    if mime is None:
        return Refusal(Code.ATTACHMENT_NOT_IMAGE)
    # File first: a row without its bytes would be a lie, bytes without a row are only litter.
    hub.files.write(digest, content)
    with hub.store.write() as tx:
        growth = _tell(hub, tx, digest, len(content), mime, device)
        tx.uploads.remove_all(digest)
    return Stored(digest, len(content), sign_stored(hub, digest, len(content)), growth)


def sign_stored(hub: Hub, digest: bytes, size: int) -> bytes:
    """The hub's signature that these bytes are durable here."""
    return hub.key.sign(chain.attachment_stored_statement(hub.zone, hub.epoch, digest, size))


def read_attachment(hub: Hub, digest: bytes, reader: Reader) -> Photo | Refusal:
    """A photo's bytes, for whoever may read a case that refers to it."""
    with hub.store.read() as tx:
        row = tx.attachments.find(digest)
        streams = tx.attachments.streams_using(digest)
        names = {feed.id: feed.name for feed in tx.feeds.by_names(reader.feeds).values()}
        joined = tx.feeds.joined(streams)
        may = any(feed in names for feeds in joined.values() for feed in feeds)
    content = hub.files.read(digest) if row is not None and may else None
    if row is None or content is None:
        return Refusal(Code.NOT_FOUND)
    return Photo(content, row.mime)


def find_mime(content: bytes) -> str | None:
    """What kind of picture this is, found by decoding all of it; None: none that we take."""
    if not content.startswith(_MAGIC):
        return None
    try:
        with warnings.catch_warnings():
            # Pillow warns where it is about to spend much memory; for us that is a refusal.
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(io.BytesIO(content), formats=tuple(MIME_BY_FORMAT)) as image:
                if image.width * image.height > ATTACHMENT_PIXELS_MAX:
                    return None
                image.load()
                return MIME_BY_FORMAT.get(image.format or "")
    except (
        OSError,
        ValueError,
        SyntaxError,
        Image.DecompressionBombError,
        Image.DecompressionBombWarning,
    ):
        return None


def _tell(hub: Hub, tx: Transaction, digest: bytes, size: int, mime: str, device: int) -> Growth:
    """Write the row, and say it in every case that refers to the photo already."""
    batch = Batch(hub, tx)
    # Asked again under the lock: somebody may have brought the same bytes meanwhile.
    if tx.attachments.find(digest) is not None:
        return Growth()
    tx.attachments.add(AttachmentRow(digest, size, mime, device, batch.hub_ms))
    streams = tx.attachments.untold_streams(digest)
    for stream in streams:
        batch.author("case.attachment", stream, AttachmentStored(digest, size, mime))
    tx.attachments.tell((digest, stream) for stream in streams)
    batch.close()
    return batch.growth
