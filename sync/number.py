"""Numbers that people read aloud: resident IDs, credit codes, receipt and case numbers.

Pure functions; twin of pwa/src/sync/number.ts, held together by sync/vectors/number.json.
Predicates (`is_*`) judge a canonical text strictly; `parse_*` forgives how a person types it and
returns either the value or a `NumberRefusal` with one of the codes

    number-format     the text has not the shape of this number
    number-date       the shape is right, the day does not exist in the calendar
    number-check      the check character does not fit: something was misread or mistyped
    number-ambiguous  hyphens are missing and more than one reading fits: ask for the hyphens

Sources: GB 11643-1999, GB 32100-2015, ISO 7064 MOD 37,36, domain handbook section 2.
"""

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, Literal

NumberCode = Literal["number-format", "number-date", "number-check", "number-ambiguous"]

ALPHANUMERICS: Final = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
CREDIT_ALPHABET: Final = "0123456789ABCDEFGHJKLMNPQRTUWXY"
RESIDENT_ID_CHECKS: Final = "10X98765432"
SPACES: Final = " \t\r\n\v\f\u00a0\u2007\u2009\u200b\u202f\u3000\ufeff"
HYPHENS: Final = "-\u00ad\u2010\u2011\u2012\u2013\u2014\u2015\u2212\ufe63"
CASE_SERIAL_MAX: Final = 9999

_VALUE_BY_CHARACTER = {char: value for value, char in enumerate(ALPHANUMERICS)}
# What ISO 7064 makes of a product and the next character's value, by their sum.
_NEXT_PRODUCT = [(total % 36 or 36) * 2 % 37 for total in range(37 + 36)]

_POINT = re.compile(r"[A-Z]{2,8}")
_PRINTED_RECEIPT = re.compile(
    r"JK-([A-Z]{2,8})-([1-9][0-9]{0,7})-(20[0-9]{6})-([0-9]{4}|[1-9][0-9]{4,7})-([0-9A-Z])"
)
_COMPACT_RECEIPT = re.compile(r"JK([A-Z]{2,8})([0-9]{13,24})([0-9A-Z])")
_DEVICE = re.compile(r"[1-9][0-9]{0,7}")
_COUNTER = re.compile(r"[0-9]{4}|[1-9][0-9]{4,7}")
_DATE = re.compile(r"20[0-9]{6}")
_RESIDENT_ID = re.compile(r"[0-9]{17}[0-9X]")
_CREDIT_CODE = re.compile(rf"[{CREDIT_ALPHABET}]{{2}}[0-9]{{6}}[{CREDIT_ALPHABET}]{{10}}")
_IMPLEMENTATION_CODE = re.compile(r"[0-9A-Z]{18}[1-7][0-9A-Z]{12}")
_CASE_NUMBER = re.compile(r"([0-9A-Z]{31})([0-9]{8})([0-9]{4})")


@dataclass(frozen=True, slots=True)
class NumberRefusal:
    """Why a text was not read as a number; the code is stable, the interface has its message."""

    code: NumberCode


@dataclass(frozen=True, slots=True)
class ReceiptNumber:
    """收件号: point code, zone-wide device number, day YYYYMMDD, counter of that device and day."""

    point: str
    device: int
    date: str
    counter: int


@dataclass(frozen=True, slots=True)
class CaseNumber:
    """办件编号: implementation code (31 characters), day of acceptance YYYYMMDD, serial of it."""

    implementation_code: str
    date: str
    serial: int


def normalise_code(raw: str) -> str:
    """Make a typed code canonical: half-width, upper case, no spaces, every dash a plain hyphen."""
    out: list[str] = []
    for char in raw:
        point = ord(char)
        plain = chr(point - 0xFEE0) if 0xFF01 <= point <= 0xFF5E else char
        if plain in SPACES:
            continue
        if plain in HYPHENS:
            out.append("-")
        else:
            out.append(chr(ord(plain) - 32) if "a" <= plain <= "z" else plain)
    return "".join(out)


@lru_cache(maxsize=64)  # a push has the same few days again and again
def is_real_date(date: str) -> bool:
    """Whether YYYYMMDD is a day of the Gregorian calendar, year 1 or later."""
    if re.fullmatch(r"[0-9]{8}", date) is None:
        return False
    year, month, day = int(date[:4]), int(date[4:6]), int(date[6:])
    if year < 1 or not 1 <= month <= 12:
        return False
    leap = year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
    last = (
        29 if month == 2 and leap else (31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)[month - 1]
    )
    return 1 <= day <= last


def is_day(text: str) -> bool:
    """Whether it is a day of the calendar as YYYY-MM-DD."""
    return len(text) == 10 and text[4::3] == "--" and is_real_date(text.replace("-", ""))


def resident_id_check(first17: str) -> str:
    """The check character of a resident ID's first 17 digits (GB 11643-1999)."""
    total = sum(int(digit) * (1 << (17 - i)) for i, digit in enumerate(first17))
    return RESIDENT_ID_CHECKS[total % 11]


def is_resident_id(text: str) -> bool:
    """Whether the text is a resident ID: 18 characters, a real birth date, a fitting check."""
    return (
        _RESIDENT_ID.fullmatch(text) is not None
        and is_real_date(text[6:14])
        and resident_id_check(text[:17]) == text[17]
    )


def credit_code_check(first17: str) -> str:
    """The check character of a credit code's first 17 characters (GB 32100-2015)."""
    total, weight = 0, 1
    for char in first17:
        total += CREDIT_ALPHABET.index(char) * weight
        weight = weight * 3 % 31
    return CREDIT_ALPHABET[(31 - total % 31) % 31]


def is_credit_code(text: str) -> bool:
    """Whether the text is a unified social credit code.

    The organisation code inside has a check of its own (GB 11714), which issued codes do not
    always obey: it is not judged.
    """
    return _CREDIT_CODE.fullmatch(text) is not None and credit_code_check(text[:17]) == text[17]


def check_character(alphanumerics: str) -> str:
    """The ISO 7064 MOD 37,36 check character of a text of 0-9 and A-Z.

    Finds every single wrong character. Of the 22,680 exchanges of two different neighbours (630
    pairs in 36 states) it misses 36, always of characters next to each other in the alphabet, such
    as 3 and 4: a property of the standard.
    """
    product = 36
    for char in alphanumerics:
        product = _NEXT_PRODUCT[product + _VALUE_BY_CHARACTER[char]]
    return ALPHANUMERICS[(37 - product) % 36]


def make_receipt_number(point: str, device: int, date: str, counter: int) -> str:
    """Print a receipt number, `JK-HALL-12-20261123-0001-R`; ValueError if a part is out of range.

    The counter has four digits and grows after 9999. Unique without asking anyone, because the
    device number is.
    """
    parts = (point, str(device), date, f"{counter:04d}")
    fits = all(
        p.fullmatch(s) for p, s in zip((_POINT, _DEVICE, _DATE, _COUNTER), parts, strict=True)
    )
    if not fits or not is_real_date(date) or counter < 1:
        raise ValueError(f"not the parts of a receipt number: {parts}")
    return "-".join(("JK", *parts, check_character("JK" + "".join(parts))))


def parse_receipt_number(raw: str) -> ReceiptNumber | NumberRefusal:
    """Read a receipt number as typed or scanned.

    Any case, full-width forms, spaces; hyphens may be missing where only one reading fits.
    """
    text = normalise_code(raw)
    compact = text.replace("-", "")
    match = _COMPACT_RECEIPT.fullmatch(compact)
    if match is None:
        return NumberRefusal("number-format")
    point, digits, check = match.groups()
    hyphens = {len(text[:i].replace("-", "")) for i, char in enumerate(text) if char == "-"}
    readings = _readings(point, digits, hyphens)
    if not readings:
        return NumberRefusal("number-format")
    real = [reading for reading in readings if is_real_date(reading.date)]
    if not real:
        return NumberRefusal("number-date")
    if check_character(compact[:-1]) != check:
        return NumberRefusal("number-check")
    return real[0] if len(real) == 1 else NumberRefusal("number-ambiguous")


def _readings(point: str, digits: str, hyphens: set[int]) -> list[ReceiptNumber]:
    """Every way to cut the digits into device, day and counter that respects the hyphens."""
    start, end = 2 + len(point), 2 + len(point) + len(digits)
    found: list[ReceiptNumber] = []
    for cut in range(1, len(digits) - 11):
        device, date, counter = digits[:cut], digits[cut : cut + 8], digits[cut + 8 :]
        if not hyphens <= {2, start, start + cut, start + cut + 8, end}:
            continue
        if (
            _DEVICE.fullmatch(device)
            and _DATE.fullmatch(date)
            and _COUNTER.fullmatch(counter)
            and int(counter) > 0
        ):
            found.append(ReceiptNumber(point, int(device), date, int(counter)))
    return found


def read_printed_receipt(text: str) -> ReceiptNumber | None:
    """A receipt number exactly as printed, or None: what the hub asks of every receipt, quickly."""
    match = _PRINTED_RECEIPT.fullmatch(text)
    if match is None:
        return None
    point, device, date, counter, check = match.groups()
    parts = "JK" + point + device + date + counter
    if not is_real_date(date) or int(counter) < 1 or check_character(parts) != check:
        return None
    return ReceiptNumber(point, int(device), date, int(counter))


def is_receipt_number(text: str) -> bool:
    """Whether the text is a receipt number exactly as printed."""
    return read_printed_receipt(text) is not None


def is_implementation_code(text: str) -> bool:
    """Whether the text is a 实施编码: credit code 18, exercise level 1, basic code 12."""
    return _IMPLEMENTATION_CODE.fullmatch(text) is not None and is_credit_code(text[:18])


def make_case_number(implementation_code: str, date: str, serial: int) -> str:
    """Print an official case number (43 characters); ValueError if a part is out of range."""
    if (
        not is_implementation_code(implementation_code)
        or not is_real_date(date)
        or not 1 <= serial <= CASE_SERIAL_MAX
    ):
        raise ValueError(
            f"not the parts of a case number: {implementation_code!r} {date!r} {serial}"
        )
    return f"{implementation_code}{date}{serial:04d}"


def parse_case_number(raw: str) -> CaseNumber | NumberRefusal:
    """Read an official case number; its only check character is the one inside the credit code."""
    match = _CASE_NUMBER.fullmatch(normalise_code(raw).replace("-", ""))
    if match is None:
        return NumberRefusal("number-format")
    implementation_code, date, serial = match.groups()
    if _IMPLEMENTATION_CODE.fullmatch(implementation_code) is None or int(serial) == 0:
        return NumberRefusal("number-format")
    if not is_real_date(date):
        return NumberRefusal("number-date")
    if not is_credit_code(implementation_code[:18]):
        return NumberRefusal("number-check")
    return CaseNumber(implementation_code, date, int(serial))


def is_case_number(text: str) -> bool:
    """Whether the text is an official case number exactly as printed."""
    return (
        isinstance(parse_case_number(text), CaseNumber)
        and normalise_code(text).replace("-", "") == text
    )
