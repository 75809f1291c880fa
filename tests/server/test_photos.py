"""Photos: what is announced, what is a picture, who may see it, and that the case is told in either order."""

import io
from hashlib import sha256

import pytest
from PIL import Image

from server.flows.attachments import Photo as Shown
from server.flows.attachments import find_mime, read_attachment
from server.flows.console import Overview, overview
from server.flows.follow import Followed, follow
from server.flows.hub import Hub
from server.flows.refusals import Code, Refusal
from server.flows.uploads import Offer, Standing, append_upload, begin_upload
from server.flows.verify import verify as verify_database
from server.keys import verify
from sync import chain
from sync.event import Photo
from sync.fold import decode_state
from sync.limits import ATTACHMENT_BYTES_MAX, ATTACHMENT_PIXELS_MAX
from tests.server.conftest import Still
from tests.server.inside import enrol_tablet, item, push, sign_in_console, sign_in_on
from tests.server.tablet import Tablet

CLERK = "dating.shouli1"


def picture(kind: str = "JPEG", size: tuple[int, int] = (40, 30), colour: int = 7) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", size, (colour, 80, 90)).save(out, kind)
    return out.getvalue()


def offer(
    hub: Hub, tablet: Tablet, content: bytes, digest: bytes | None = None
) -> Standing | Refusal:
    """Announce a photo and, where it is not here yet, bring it whole."""
    offered = signed(hub, tablet, content, digest)
    standing = begin_upload(hub, offered, len(content))
    if isinstance(standing, Refusal) or standing.stored:
        return standing
    return append_upload(hub, offered, standing.received, content[standing.received :])


def signed(hub: Hub, tablet: Tablet, content: bytes, digest: bytes | None = None) -> Offer:
    digest = digest or sha256(content).digest()
    statement = chain.attachment_statement(hub.zone, tablet.number, digest, len(content))
    return Offer(tablet.number, digest, tablet.key.sign(statement))


def photo_of(content: bytes) -> Photo:
    return Photo(sha256(content).digest(), len(content), "image/jpeg")


def stored_in(hub: Hub, stream: bytes) -> list[bool]:
    with hub.store.read() as tx:
        row = tx.cases.find(stream)
    assert row is not None
    state = decode_state(row.fold)
    stored = [told for _, _, told in state.attachments.values()]
    assert row.photos_missing == stored.count(False)
    return stored


@pytest.mark.parametrize("photo_first", [True, False])
def test_the_case_is_told_in_either_order(still: Still, photo_first: bool) -> None:
    hub, tablet = still.hub, enrol_tablet(still.hub)
    clerk = sign_in_on(hub, tablet, CLERK).account
    content = picture()
    stream = tablet.receive(item(hub), clerk, ms=still.wall.ms, photos=[photo_of(content)])
    if photo_first:
        assert isinstance(offer(hub, tablet, content), Standing)
        assert push(hub, tablet.push()) == ["ok"]
    else:
        assert push(hub, tablet.push()) == ["ok"]
        assert stored_in(hub, stream) == [False]
        done = offer(hub, tablet, content)
        assert isinstance(done, Standing) and done.stored
        assert done.growth.feeds == {"point:HALL", "dept:SCJG"}
    assert stored_in(hub, stream) == [True]
    assert verify_database(hub).difference is None


def test_the_hub_signs_what_it_holds_and_the_same_again(still: Still) -> None:
    hub, tablet = still.hub, enrol_tablet(still.hub)
    content = picture("PNG")
    first, again = (offer(hub, tablet, content) for _ in range(2))
    assert isinstance(first, Standing) and isinstance(again, Standing)
    digest = sha256(content).digest()
    statement = chain.attachment_stored_statement(hub.zone, hub.epoch, digest, len(content))
    assert verify(hub.key.public, first.stored, statement)
    assert verify(hub.key.public, again.stored, statement)
    assert hub.files.read(digest) == content


def test_two_cases_with_one_photo_are_both_told(still: Still) -> None:
    hub, tablet = still.hub, enrol_tablet(still.hub)
    clerk = sign_in_on(hub, tablet, CLERK).account
    photos = [photo_of(picture())]
    streams = [tablet.receive(item(hub), clerk, ms=still.wall.ms, photos=photos) for _ in range(2)]
    assert push(hub, tablet.push()) == ["ok", "ok"]
    offer(hub, tablet, picture())
    assert [stored_in(hub, stream) for stream in streams] == [[True], [True]]


def test_a_case_whose_photos_are_missing_says_so_to_everybody(still: Still) -> None:
    hub, tablet = still.hub, enrol_tablet(still.hub)
    clerk = sign_in_on(hub, tablet, CLERK).account
    boss = sign_in_console(hub, "xitong")
    photos = [photo_of(picture("PNG", colour=n)) for n in range(2)]
    stream = tablet.receive(item(hub), clerk, ms=still.wall.ms, photos=photos)
    push(hub, tablet.push())

    def told() -> tuple[int, int]:
        with hub.store.read() as tx:
            row = tx.cases.find(stream)
        assert row is not None
        followed = follow(hub, row.receipt_no, row.id_last4, "here")
        shown = overview(hub, boss)
        assert isinstance(followed, Followed) and isinstance(shown, Overview)
        return followed.photos_missing, shown.cases_photos_missing

    assert told() == (2, 1)
    offer(hub, tablet, picture("PNG", colour=0))
    assert told() == (1, 1)
    offer(hub, tablet, picture("PNG", colour=1))
    assert told() == (0, 0)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_pictures_are_known_by_their_bytes(kind: str) -> None:
    assert find_mime(picture(kind)) == f"image/{kind.lower()}"


@pytest.mark.parametrize(
    "content",
    [b"", b"%PDF-1.7", b"<svg/>", picture("GIF"), picture()[:200], b"\xff\xd8\xff" + b"x" * 500],
)
def test_what_is_no_picture(content: bytes) -> None:
    assert find_mime(content) is None


def test_a_picture_of_too_many_pixels_is_not_even_decoded() -> None:
    side = int(ATTACHMENT_PIXELS_MAX**0.5) + 1
    out = io.BytesIO()
    Image.new("1", (side, side)).save(out, "PNG")
    assert len(out.getvalue()) < ATTACHMENT_BYTES_MAX
    assert find_mime(out.getvalue()) is None


def test_refusals(still: Still) -> None:
    hub, tablet = still.hub, enrol_tablet(still.hub)
    content, large = picture(), b"\xff" * (ATTACHMENT_BYTES_MAX + 1)
    digest = sha256(content).digest()
    assert offer(hub, tablet, large) == Refusal(Code.ATTACHMENT_OVERSIZED)
    assert offer(hub, tablet, content, b"?" * 32) == Refusal(Code.ATTACHMENT_HASH)
    assert offer(hub, tablet, b"text") == Refusal(Code.ATTACHMENT_NOT_IMAGE)
    unsigned = begin_upload(hub, Offer(tablet.number, digest, bytes(64)), len(content))
    assert unsigned == Refusal(Code.SIGNATURE_INVALID)
    unknown = begin_upload(hub, Offer(9_999, digest, bytes(64)), len(content))
    assert unknown == Refusal(Code.DEVICE_UNKNOWN)
    assert offer(hub, tablet, b"") == Refusal(Code.ATTACHMENT_NOT_IMAGE)
    assert hub.files.read(digest) is None, "nothing was kept"


def test_only_who_may_read_the_case_sees_its_photos(still: Still) -> None:
    hub, tablet = still.hub, enrol_tablet(still.hub)
    clerk = sign_in_on(hub, tablet, CLERK)
    content = picture()
    tablet.receive(item(hub), clerk.account, ms=still.wall.ms, photos=[photo_of(content)])
    offer(hub, tablet, content)
    digest = sha256(content).digest()
    assert read_attachment(hub, digest, clerk) == Refusal(Code.NOT_FOUND), "no case refers to it"
    push(hub, tablet.push())
    assert read_attachment(hub, digest, clerk) == Shown(content, "image/jpeg")
    reviewer = sign_in_on(hub, tablet, "shijian.shencha")
    assert isinstance(read_attachment(hub, digest, reviewer), Shown)
    elsewhere = sign_in_on(hub, enrol_tablet(hub, "JZ"), "jiuzhan.shouli")
    assert read_attachment(hub, digest, elsewhere) == Refusal(Code.NOT_FOUND)
    assert isinstance(follow(hub, "nonsense", "0000", "here"), Refusal)
