"""Photographs every screen of the three surfaces at three sizes into docs/screenshots: `python -m e2e.screenshots`."""

import io
import shutil
import tempfile
from pathlib import Path

from PIL import Image
from playwright.sync_api import expect, sync_playwright

from e2e.browser import launch
from e2e.hub import ROOT, copy_of, prepare
from e2e.office import Office
from e2e.scenery import furnish
from e2e.tour import Stop, settle, whole_tour

ALBUM = ROOT / "docs" / "screenshots"
SIZES = ((390, 844), (1280, 800), (1440, 900))
# One of each surface shows how it looks at night.
DARK = {("applicant", "guide"), ("desk", "case"), ("console", "overview")}
COLOURS = 128
ALBUM_BYTES_MAX = 12_000_000


def main() -> None:
    """Fills the album anew; what is no screen any more leaves it."""
    with tempfile.TemporaryDirectory() as name, sync_playwright() as playwright:
        folder = Path(name)
        hub = copy_of(prepare(folder), folder / "data")
        hub.start()
        browser = launch(playwright)
        expect.set_options(timeout=15_000)
        office = Office(playwright, browser, hub, folder)
        album = folder / "album"
        try:
            for stop in whole_tour(office, furnish(office)):
                photograph(stop, album)
                print(f"{stop.surface}/{stop.screen}")
        finally:
            office.close()
            browser.close()
            hub.stop()
        taken = sum(path.stat().st_size for path in album.rglob("*.png"))
        assert taken < ALBUM_BYTES_MAX, f"{taken} bytes of pictures: at most {ALBUM_BYTES_MAX}"
        shutil.rmtree(ALBUM, ignore_errors=True)
        shutil.copytree(album, ALBUM)
        print(f"{taken / 1e6:.1f} MB in {ALBUM.relative_to(ROOT)}")


def photograph(stop: Stop, album: Path) -> None:
    """The screen as it stands, at each size; the page keeps the size that it had."""
    page, kept = stop.page, stop.page.viewport_size
    assert kept is not None, "every place has a size of its own"
    for width, height in SIZES:
        page.set_viewport_size({"width": width, "height": height})
        keep(stop, album, f"{stop.screen}-{width}")
    page.set_viewport_size(kept)
    if (stop.surface, stop.screen) in DARK:
        page.emulate_media(color_scheme="dark")
        keep(stop, album, f"{stop.screen}-dark-{kept['width']}")
        page.emulate_media(color_scheme="light")


def keep(stop: Stop, album: Path, name: str) -> None:
    """One picture, with as many colours as its eye needs."""
    settle(stop.page)
    folder = album / stop.surface
    folder.mkdir(parents=True, exist_ok=True)
    taken = Image.open(io.BytesIO(stop.page.screenshot(scale="css")))
    taken.convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE).save(
        folder / f"{name}.png", optimize=True
    )


if __name__ == "__main__":
    main()
