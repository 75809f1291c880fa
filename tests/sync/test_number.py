"""Properties of the numbers: published vectors, and no slip of finger or eye passes."""

from datetime import date
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync.number import (
    ALPHANUMERICS,
    CREDIT_ALPHABET,
    CaseNumber,
    NumberRefusal,
    ReceiptNumber,
    check_character,
    credit_code_check,
    is_case_number,
    is_credit_code,
    is_real_date,
    is_receipt_number,
    is_resident_id,
    make_case_number,
    make_receipt_number,
    normalise_code,
    parse_case_number,
    parse_receipt_number,
    resident_id_check,
)
from sync.vectors_number import number_vectors

DATES = st.dates(date(2000, 1, 1), date(2099, 12, 31)).map(lambda day: day.strftime("%Y%m%d"))
PARTS = st.tuples(
    st.sampled_from(["HALL", "INCU", "JZ", "SJ"]),
    st.integers(1, 99_999_999),
    DATES,
    st.integers(1, 99_999_999),
)
AREAS = st.sampled_from(["990271", "110105", "220271"])
RESIDENT_IDS = st.tuples(AREAS, DATES, st.integers(0, 999)).map(
    lambda t: (first := f"{t[0]}{t[1]}{t[2]:03d}") + resident_id_check(first)
)
CREDIT_CODES = st.tuples(AREAS, st.text(CREDIT_ALPHABET, min_size=9, max_size=9)).map(
    lambda t: (first := f"91{t[0]}{t[1]}") + credit_code_check(first)
)


def other_characters(text: str) -> list[str]:
    """The text with one of its letters or digits replaced by another, in every way."""
    places = [i for i, char in enumerate(text) if char != "-"]
    return [text[:i] + c + text[i + 1 :] for i, c in product(places, ALPHANUMERICS) if c != text[i]]


def exchanges(text: str) -> list[str]:
    """The text with two different neighbours exchanged, in every way."""
    return [
        text[:i] + text[i + 1] + text[i] + text[i + 2 :]
        for i in range(len(text) - 1)
        if text[i] != text[i + 1]
    ]


@pytest.mark.parametrize("text", ["11010519491231002X", "440524188001010014"])
def test_published_resident_ids(text: str) -> None:
    assert is_resident_id(text)


def test_published_credit_codes() -> None:
    assert is_credit_code("91350100M000100Y43")
    assert is_credit_code("12441500196720244T")
    assert not is_credit_code("91350100M000100Y4Z")


def test_published_mod_37_36() -> None:
    """The example of the standard as used by the GRid identifier A1-2425G-ABC1234002-M."""
    assert check_character("A12425GABC1234002") == "M"


@pytest.mark.parametrize(
    "text",
    [
        "11010519490231002X",
        "11010519491231002x",
        "1101051949123100",
        "１１010519491231002X",
    ],
)
def test_resident_id_refused(text: str) -> None:
    assert not is_resident_id(text)


@given(RESIDENT_IDS)
def test_resident_id_finds_every_slip(text: str) -> None:
    assert is_resident_id(text)
    assert not any(is_resident_id(wrong) for wrong in [*other_characters(text), *exchanges(text)])


@given(CREDIT_CODES)
def test_credit_code_finds_every_slip(text: str) -> None:
    assert is_credit_code(text)
    assert not any(is_credit_code(wrong) for wrong in [*other_characters(text), *exchanges(text)])


@given(st.text(ALPHANUMERICS, max_size=24))
def test_check_character_finds_every_wrong_character(text: str) -> None:
    whole = text + check_character(text)
    assert all(check_character(wrong[:-1]) != wrong[-1] for wrong in other_characters(whole))


def test_check_character_misses_36_exchanges_in_22680() -> None:
    """The standard's own gap, over every state and pair: only characters next to each other."""
    prefix_by_check: dict[str, str] = {}
    for text in map("".join, product(ALPHANUMERICS, repeat=2)):
        prefix_by_check.setdefault(check_character(text), text)
    assert len(prefix_by_check) == 36
    pairs = [(a, b) for a, b in product(ALPHANUMERICS, repeat=2) if a < b]
    missed = [
        (a, b)
        for prefix in prefix_by_check.values()
        for a, b in pairs
        if check_character(prefix + a + b) == check_character(prefix + b + a)
    ]
    assert len(pairs) * len(prefix_by_check) == 22_680
    assert len(missed) == 36
    assert all(ALPHANUMERICS.index(b) - ALPHANUMERICS.index(a) in (1, 35) for a, b in missed)


@given(PARTS)
def test_receipt_number_reads_back(parts: tuple[str, int, str, int]) -> None:
    text = make_receipt_number(*parts)
    assert parse_receipt_number(text) == ReceiptNumber(*parts)
    assert is_receipt_number(text)
    assert not is_receipt_number(text.lower())
    full_width = "".join(chr(ord(c) + 0xFEE0) for c in text.lower())
    assert parse_receipt_number(f"\u3000{full_width[:5]} {full_width[5:]}\n") == ReceiptNumber(
        *parts
    )


@given(PARTS)
def test_receipt_number_without_hyphens_is_read_right_or_not_at_all(
    parts: tuple[str, int, str, int],
) -> None:
    read = parse_receipt_number(make_receipt_number(*parts).replace("-", ""))
    assert read in (ReceiptNumber(*parts), NumberRefusal("number-ambiguous"))


@given(PARTS)
def test_receipt_number_finds_every_wrong_character(
    parts: tuple[str, int, str, int],
) -> None:
    text = make_receipt_number(*parts)
    assert all(
        isinstance(parse_receipt_number(wrong), NumberRefusal) for wrong in other_characters(text)
    )


@given(PARTS)
def test_receipt_number_finds_exchanges(parts: tuple[str, int, str, int]) -> None:
    """All but the standard's gap: two digits that differ by one, in one state of 36."""
    text = make_receipt_number(*parts).replace("-", "")
    for wrong in exchanges(text):
        if not isinstance(parse_receipt_number(wrong), NumberRefusal):
            a, b = next((x, y) for x, y in zip(text, wrong, strict=True) if x != y)
            assert abs(ALPHANUMERICS.index(a) - ALPHANUMERICS.index(b)) in (1, 35)


def test_receipt_number_codes() -> None:
    printed = "JK-HALL-12-20261123-0001-R"
    assert make_receipt_number("HALL", 12, "20261123", 1) == printed
    assert parse_receipt_number("JK-HALL-12-20261131-0001-R") == NumberRefusal("number-date")
    assert parse_receipt_number("JK-HALL-12-20261123-0001-K") == NumberRefusal("number-check")
    assert parse_receipt_number("JK-HALL-12-20261123-0000-R") == NumberRefusal("number-format")
    assert parse_receipt_number("JK-HA-LL-12-20261123-0001-R") == NumberRefusal("number-format")
    ambiguous = make_receipt_number("HALL", 1, "20200512", 310001)
    assert parse_receipt_number(ambiguous) == ReceiptNumber("HALL", 1, "20200512", 310001)
    assert parse_receipt_number(ambiguous.replace("-", "")) == NumberRefusal("number-ambiguous")


@pytest.mark.parametrize(
    "parts",
    [
        ("hall", 1, "20261123", 1),
        ("HALL", 0, "20261123", 1),
        ("HALL", 1, "20261131", 1),
        ("HALL", 1, "20261123", 0),
    ],
)
def test_receipt_number_refuses_to_print(parts: tuple[str, int, str, int]) -> None:
    with pytest.raises(ValueError, match="receipt number"):
        make_receipt_number(*parts)


@given(CREDIT_CODES, DATES, st.integers(1, 9999))
def test_case_number_reads_back(credit_code: str, day: str, serial: int) -> None:
    code = f"{credit_code}4000199001000"
    text = make_case_number(code, day, serial)
    assert len(text) == 43
    assert parse_case_number(f" {text.lower()} ") == CaseNumber(code, day, serial)
    assert is_case_number(text)
    assert not is_case_number(text.lower())


def test_case_number_codes() -> None:
    text = make_case_number("12441500196720244T3442199806003", "20261123", 1)
    assert parse_case_number(text[1:]) == NumberRefusal("number-format")
    assert parse_case_number(text[:-4] + "0000") == NumberRefusal("number-format")
    assert parse_case_number(text[:31] + "202602300001") == NumberRefusal("number-date")
    assert parse_case_number("9" + text[1:]) == NumberRefusal("number-check")
    with pytest.raises(ValueError, match="case number"):
        make_case_number("12441500196720244T3442199806003", "20261123", 10_000)


@given(st.text())
def test_nothing_typed_raises(raw: str) -> None:
    assert normalise_code(normalise_code(raw)) == normalise_code(raw)
    # Hypothesis also tries the numbers that stand in this file, so some of what it types is right.
    receipt, case = parse_receipt_number(raw), parse_case_number(raw)
    if isinstance(receipt, ReceiptNumber):
        again = make_receipt_number(receipt.point, receipt.device, receipt.date, receipt.counter)
        assert parse_receipt_number(again) == receipt
    if isinstance(case, CaseNumber):
        again = make_case_number(case.implementation_code, case.date, case.serial)
        assert again == normalise_code(raw).replace("-", "")
    if is_resident_id(raw):
        assert resident_id_check(raw[:17]) == raw[17]


@given(st.dates())
def test_real_dates(day: date) -> None:
    assert is_real_date(day.isoformat().replace("-", ""))


@pytest.mark.parametrize(
    "text",
    ["00000101", "20261301", "20260230", "21000229", "2026-1-1", "２０２６０１０１"],
)
def test_unreal_dates(text: str) -> None:
    assert not is_real_date(text)


def test_vectors_are_the_same_on_every_run() -> None:
    assert number_vectors() == number_vectors()
