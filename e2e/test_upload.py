"""A photograph on a bad line: it goes on at the byte, and until it is there everybody is told that it is missing."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import expect

from e2e.conftest import serve
from e2e.desk import Desk
from e2e.forms import SHOP
from e2e.hub import Hub, copy_of
from e2e.office import Office
from e2e.people import CLERK, REVIEWER, applicant, photograph

# What every request of an upload says besides the bytes, and the few that a browser sends on the same connection.
HEADS_BYTES = 12_000


@pytest.fixture(scope="module")
def served_hub(
    template: Path, surfaces: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Hub]:
    """A hub that only this file kills, and whose photographs are all this file's."""
    yield from serve(copy_of(template, tmp_path_factory.mktemp("photos") / "data", surfaces))


def take_in_large(tablet: Desk, number: int) -> str:
    """A case with one photograph of about 200 kB."""
    person, intake = applicant(number), tablet.intake
    intake.begin(SHOP, person)
    intake.shoot(SHOP.materials[0], photograph(person.id_no, grain=True))
    intake.crop_sheet.get_by_role("button", name="保留整张", exact=True).click()
    expect(intake.photographs(SHOP.materials[0])).to_have_count(1)
    return intake.receive()


def test_a_photograph_cut_in_its_middle_goes_on_at_the_byte(office: Office) -> None:
    tablet, hub = office.tablet(CLERK), office.hub
    reviewer = office.desk(REVIEWER)
    console, phone = office.console().sign_in(), office.phone()
    line = tablet.line
    line.cut_in_photo(60_000)
    receipt = take_in_large(tablet, 70)
    tablet.expect_cut()
    (kept,) = hub.upload_bytes()
    assert 20_000 < kept < 60_000, "in the middle of it"
    assert hub.attachments() == []

    # The case is there, its photograph is not: everybody sees that.
    tablet.cases.go()
    tablet.cases.expect_tick(receipt, "已存本机")
    expect(tablet.cases.row(receipt)).to_contain_text("待补传")
    tablet.expect_waiting_photos(1)
    reviewer.cases.open(receipt)
    expect(reviewer.cases.note("待补传")).to_contain_text("还有 1 张图片没有到中心")
    console.expect_total("待补传办件", 1)
    phone.follow(receipt, applicant(70).id_no[-4:])
    expect(phone.page.get_by_role("region", name="待补传")).to_contain_text("还有 1 张材料照片")

    # Neither another process of the hub nor a reload of the page begins it anew.
    hub.kill()
    hub.start()
    assert hub.upload_bytes() == [kept]
    tablet.reload()
    tablet.unlock()
    before = line.photo_bytes
    line.restore()
    tablet.cases.go()
    tablet.cases.expect_tick(receipt, "已到中心")
    tablet.expect_all_sent()
    (photo,) = hub.attachments()
    size = photo.stat().st_size
    assert size > 100_000
    assert line.photo_bytes - before < size - kept + HEADS_BYTES, "only the rest went up"
    assert hub.upload_bytes() == []
    expect(reviewer.cases.note("待补传")).to_be_hidden()
    console.expect_total("待补传办件", 0)


def test_a_tablet_without_a_line_is_rescued_by_a_file(office: Office, tmp_path: Path) -> None:
    tablet, hub = office.tablet(CLERK), office.hub
    reviewer = office.desk(REVIEWER)
    reviewer.cases.go()
    tablet.line.cut()
    receipt = tablet.intake.take_in(SHOP, applicant(71), photo=SHOP.materials[0])
    tablet.expect_cut()
    stored = len(hub.attachments())
    file = tmp_path / "tablet.zcx"
    tablet.export_unsent("一条船上的人都平安", file)
    said = hub.command("rescue", str(file), answer="一条船上的人都平安\n")
    # The sign-in under which it was written, and the case.
    assert "2 ok" in said
    assert "photos 1 stored" in said
    assert len(hub.attachments()) == stored + 1
    reviewer.cases.expect_tick(receipt, "已到中心")
    # The tablet itself knows nothing of it, until its line is back: then nothing is doubled.
    tablet.cases.go()
    tablet.cases.expect_tick(receipt, "已存本机")
    tablet.line.restore()
    tablet.cases.expect_tick(receipt, "已到中心")
    tablet.expect_all_sent()
    assert len(hub.attachments()) == stored + 1
