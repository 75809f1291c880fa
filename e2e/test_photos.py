"""Photographs of materials: the paper's edges are proposed, one tap takes them, and nothing is lost on the way."""

import io

from PIL import Image
from playwright.sync_api import expect

from e2e.desk import Desk
from e2e.forms import SHOP
from e2e.office import Office
from e2e.people import CLERK, applicant, photograph

MATERIAL = SHOP.materials[0]


def sizes(tablet: Desk) -> list[tuple[int, int]]:
    """Width and height of the pictures that hang on the material, as they are stored."""
    shown = tablet.intake.photographs(MATERIAL).locator("img")
    for at in range(shown.count()):
        expect(shown.nth(at)).to_have_js_property("complete", value=True)
    found: list[list[int]] = shown.evaluate_all(
        "all => Promise.all(all.map(one => one.decode().then(() => [one.naturalWidth, one.naturalHeight])))"
    )
    return [(width, height) for width, height in found]


def test_one_tap_crops_to_the_paper(office: Office) -> None:
    tablet = office.tablet(CLERK)
    intake, before = tablet.intake, set(office.hub.attachments())
    intake.begin(SHOP, applicant(70))
    intake.shoot(MATERIAL, photograph("crop", table=400))
    # The proposal waits under the thumb, and under Enter.
    expect(intake.crop_sheet.get_by_role("button", name="按框裁剪")).to_be_focused()
    tablet.page.keyboard.press("Enter")
    expect(intake.crop_sheet).to_be_hidden()
    expect(intake.photographs(MATERIAL)).to_have_count(1)
    intake.receive()
    tablet.expect_all_sent()
    # Only what was chosen goes to the hub.
    (stored,) = set(office.hub.attachments()) - before
    with Image.open(io.BytesIO(stored.read_bytes())) as picture:
        width, height = picture.size
        assert width <= 1_600
        assert not picture.getexif()
        # 1600 by 1000 of paper in 2400 by 1800, and a little around it.
        assert 1.5 < width / height < 1.7


def test_all_of_it_stays_in_doubt_and_on_demand(office: Office) -> None:
    tablet = office.tablet(CLERK)
    intake = tablet.intake
    intake.begin(SHOP, applicant(71))
    intake.shoot(MATERIAL, photograph("no edge"), photograph("edge", table=400))
    expect(intake.crop_sheet).to_contain_text("还有 1 张")
    expect(intake.crop_sheet).to_contain_text("没有认出纸边")
    intake.crop_sheet.get_by_role("button", name="保留整张", exact=True).click()
    expect(intake.crop_sheet.get_by_role("button", name="按框裁剪")).to_be_visible()
    tablet.page.keyboard.press("Escape")
    expect(intake.crop_sheet).to_be_hidden()
    expect(intake.photographs(MATERIAL)).to_have_count(2)
    assert sizes(tablet) == [(1600, 1200), (1600, 1200)]


def test_corners_move_by_finger_and_by_key(office: Office) -> None:
    tablet = office.tablet(CLERK)
    intake, mouse = tablet.intake, tablet.page.mouse
    intake.begin(SHOP, applicant(72))
    intake.shoot(MATERIAL, photograph("corners"))
    for corner in ("左上角", "右上角", "左下角", "右下角"):
        box = intake.corner(corner).bounding_box()
        assert box is not None
        assert min(box["width"], box["height"]) >= 44
    picture = intake.crop_sheet.locator("img").bounding_box()
    assert picture is not None
    # By finger: the right half goes.
    mouse.move(picture["x"] + picture["width"], picture["y"] + picture["height"])
    mouse.down()
    mouse.move(picture["x"] + picture["width"] / 2, picture["y"] + picture["height"], steps=5)
    mouse.up()
    # By key: half of the height goes.
    intake.corner("左上角").focus()
    for _ in range(10):
        tablet.page.keyboard.press("Shift+ArrowDown")
    intake.take_crop()
    ((width, height),) = sizes(tablet)
    # 1200 by 900 of 2400 by 1800: small enough to be kept as it is.
    assert abs(width - 1_200) < 20
    assert abs(height - 900) < 20


def test_a_reload_in_front_of_the_frame_loses_nothing(office: Office) -> None:
    tablet = office.tablet(CLERK)
    intake = tablet.intake
    intake.begin(SHOP, applicant(73))
    intake.shoot(MATERIAL, photograph("kept", table=400))
    expect(intake.photographs(MATERIAL)).to_have_count(1)
    intake.expect_kept()
    tablet.reload()
    tablet.unlock()
    expect(intake.photographs(MATERIAL)).to_have_count(1)
    assert sizes(tablet) == [(1600, 1200)]


def test_a_tablet_left_in_front_of_the_frame_locks_and_keeps_the_picture(office: Office) -> None:
    tablet = office.tablet(CLERK)
    intake = tablet.intake
    intake.begin(SHOP, applicant(74))
    tablet.page.clock.install()
    intake.shoot(MATERIAL, photograph("left alone", table=400))
    intake.expect_kept()
    tablet.page.clock.fast_forward("11:00")
    # The page looks at the time whenever it is turned to again.
    tablet.page.evaluate("() => document.dispatchEvent(new Event('visibilitychange'))")
    expect(tablet.page.get_by_label("输入 6 位解锁码")).to_be_visible()
    tablet.unlock()
    intake.go()
    intake.resume(applicant(74).name)
    expect(intake.photographs(MATERIAL)).to_have_count(1)
