"""What a page prints: the words on each sheet and where they stand, read by poppler's pdftotext."""

import re
import subprocess
import unicodedata
from dataclasses import dataclass
from xml.etree import ElementTree as ET

from playwright.sync_api import Page

_HTML = "{http://www.w3.org/1999/xhtml}"
_CONTROLS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]")


@dataclass(frozen=True, slots=True)
class Word:
    """One run of characters; edges in points from the sheet's top left corner."""

    text: str
    left: float
    top: float
    right: float
    bottom: float


@dataclass(frozen=True, slots=True)
class Sheet:
    """One printed sheet, in points."""

    width: float
    height: float
    words: tuple[Word, ...]

    @property
    def text(self) -> str:
        """All that stands on it, without spaces."""
        return "".join(word.text for word in self.words)


def printed(page: Page) -> list[Sheet]:
    """The sheets that the browser would print, on the paper that the page itself asks for."""
    pdf = page.pdf(prefer_css_page_size=True, print_background=True)
    run = ["pdftotext", "-bbox", "-", "-"]
    said = subprocess.run(run, input=pdf, capture_output=True, check=True, timeout=30).stdout
    tree = ET.fromstring(_CONTROLS.sub("", said.decode()))
    return [_sheet(one) for one in tree.iter(f"{_HTML}page")]


def _sheet(one: ET.Element) -> Sheet:
    words = tuple(_word(word) for word in one.iter(f"{_HTML}word"))
    return Sheet(float(one.attrib["width"]), float(one.attrib["height"]), words)


def _word(one: ET.Element) -> Word:
    left, top, right, bottom = (
        float(one.attrib[edge]) for edge in ("xMin", "yMin", "xMax", "yMax")
    )
    return Word(unicodedata.normalize("NFKC", one.text or ""), left, top, right, bottom)
