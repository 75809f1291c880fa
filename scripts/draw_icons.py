"""Draws the three surfaces' app icons: a window of four panes, one for each tick, in the surface's colour.

Run it after a change and commit what it writes to pwa/public/icons: `.venv/bin/python scripts/draw_icons.py`.
"""

from pathlib import Path

from PIL import Image, ImageDraw

ICONS = Path(__file__).parent.parent / "pwa" / "public" / "icons"
COLOURS = {"applicant": "#0f5c63", "desk": "#0b4850", "console": "#34434d"}
LIT, DIM = "#ffffff", "#9ec9c4"

# Everything is laid out on a square of 512 units; a maskable icon keeps to the middle 80 %.
SIDE = 512
OVERSAMPLE = 4


def panes(reach: float) -> list[tuple[float, float, float, str]]:
    """Left, top, side and colour of each pane, in a window that takes `reach` of the icon's side."""
    window = SIDE * reach
    gap = window * 0.1
    side = (window - gap) / 2
    start = (SIDE - window) / 2
    places = [
        (start + column * (side + gap), start + row * (side + gap))
        for row in (0, 1)
        for column in (0, 1)
    ]
    colours = [LIT, LIT, LIT, DIM]
    return [(left, top, side, colour) for (left, top), colour in zip(places, colours, strict=True)]


def svg(ground: str) -> str:
    """The icon as SVG with rounded corners."""
    shapes = "".join(
        f'<rect x="{left:g}" y="{top:g}" width="{side:g}" height="{side:g}" rx="18" fill="{colour}"/>'
        for left, top, side, colour in panes(0.56)
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {SIDE} {SIDE}">'
        f'<rect width="{SIDE}" height="{SIDE}" rx="112" fill="{ground}"/>{shapes}</svg>\n'
    )


def png(ground: str, pixels: int, *, maskable: bool) -> Image.Image:
    """The icon as a bitmap; a maskable one fills the square and leaves the corners to the system."""
    scale = OVERSAMPLE * pixels / SIDE
    image = Image.new("RGBA", (pixels * OVERSAMPLE, pixels * OVERSAMPLE))
    draw = ImageDraw.Draw(image)
    whole = (0, 0, image.width - 1, image.height - 1)
    draw.rounded_rectangle(whole, radius=0 if maskable else 112 * scale, fill=ground)
    for left, top, side, colour in panes(0.46 if maskable else 0.56):
        box = tuple(value * scale for value in (left, top, left + side, top + side))
        draw.rounded_rectangle(box, radius=18 * scale, fill=colour)
    return image.resize((pixels, pixels), Image.Resampling.LANCZOS)


def main() -> None:
    """Writes every icon that the web manifests name."""
    ICONS.mkdir(parents=True, exist_ok=True)
    for surface, ground in COLOURS.items():
        (ICONS / f"{surface}.svg").write_text(svg(ground), encoding="utf-8")
        for pixels in (192, 512):
            image = png(ground, pixels, maskable=False)
            image.save(ICONS / f"{surface}-{pixels}.png", optimize=True)
        image = png(ground, 512, maskable=True)
        image.save(ICONS / f"{surface}-maskable-512.png", optimize=True)


if __name__ == "__main__":
    main()
