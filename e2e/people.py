"""Who and what the tests take in: applicants with valid numbers, the accounts of the sample zone, photographs."""

import io
from dataclasses import dataclass

from PIL import Image, ImageDraw

from sync.number import is_resident_id

PASSWORD = "Zongchuang-2026"  # of every demo account, published in server/zone/accounts.json
PIN = "407182"

_CHECKS = "10X98765432"
_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)


def resident_id(body: str) -> str:
    """Seventeen digits and their check character (GB 11643)."""
    check = _CHECKS[
        sum(int(digit) * weight for digit, weight in zip(body, _WEIGHTS, strict=True)) % 11
    ]
    assert is_resident_id(body + check), f"{body} is no day or no region"
    return body + check


def misread(number: str) -> str:
    """The same number with one digit read wrongly, as a tired eye does."""
    return f"{number[:9]}{(int(number[9]) + 1) % 10}{number[10:]}"


@dataclass(frozen=True, slots=True)
class Applicant:
    """A person as they stand at the window."""

    name: str
    id_no: str
    phone: str
    address: str

    @property
    def last4(self) -> str:
        return self.id_no[-4:]


_SURNAMES = "王李张刘陈杨赵黄周吴徐孙马朱胡郭何高林郑"
_GIVEN = ("秀兰", "建国", "玉梅", "志强", "桂英", "国华", "丽娟", "海涛", "雪松", "晓东")


def applicant(number: int) -> Applicant:
    """The applicant of that number, always the same one; in a region and a number range that are nobody's."""
    return Applicant(
        name=_SURNAMES[number % len(_SURNAMES)] + _GIVEN[number % len(_GIVEN)],
        id_no=resident_id(
            f"99027019{50 + number % 50:02d}0{1 + number % 9}{10 + number % 18:02d}{number % 1000:03d}"
        ),
        phone=f"199990{number % 100_000:05d}",
        address=f"吉林市昌邑区九站街道站前路{1 + number % 90}号",
    )


def photograph(
    text: str, width: int = 2400, height: int = 1800, table: int = 0, *, grain: bool = False
) -> bytes:
    """A photograph of a paper with this Latin text, larger than what is kept, with a place in its EXIF.

    table: how many pixels of a dark table show around the paper. grain: taken in bad light, so that it stays large.
    """
    image = Image.new("RGB", (width, height), "#e9e4d8")
    draw = ImageDraw.Draw(image)
    for line in range(12):
        top = 220 + line * 120
        draw.rectangle((200, top, 200 + 1_500 - (line * 137) % 600, top + 36), fill="#5b5f66")
    draw.text((200, 80), text, fill="#14213d", font_size=96)
    if table:
        paper = image.resize((width - 2 * table, height - 2 * table))
        image = Image.new("RGB", (width, height), "#4a3526")
        image.paste(paper, (table, table))
    if grain:
        noise = Image.effect_noise((width, height), 60).convert("RGB")
        image = Image.blend(image, noise, 0.4)
    exif = Image.Exif()
    exif[0x010F] = "Somebody's phone"
    exif.get_ifd(0x8825)[1] = "N"
    kept = io.BytesIO()
    image.save(kept, "JPEG", quality=92, exif=exif)
    return kept.getvalue()


@dataclass(frozen=True, slots=True)
class Account:
    """An account of the sample zone, and where its holder works."""

    username: str
    point: str


CLERK = Account("jiuzhan.shouli", "JZ")
CLERK_HALL = Account("dating.shouli1", "HALL")
SECOND_CLERK_HALL = Account("dating.shouli2", "HALL")
ISSUING_CLERK = Account("jiuzhan.chujian", "JZ")
ISSUING_CLERK_HALL = Account("dating.chujian", "HALL")
REVIEWER = Account("shijian.shencha", "HALL")
APPROVER = Account("shijian.zhishou", "HALL")
SEAL_KEEPER = Account("yongyin", "HALL")
ADMINISTRATOR = Account("xitong", "")
SUPERVISOR = Account("jiancha", "")
