"""Test vectors for number.py: what both languages must answer (sync/vectors/number.json)."""

from collections.abc import Iterator

from sync.number import (
    ALPHANUMERICS,
    NumberRefusal,
    check_character,
    is_case_number,
    is_credit_code,
    is_receipt_number,
    is_resident_id,
    make_case_number,
    make_receipt_number,
    normalise_code,
    parse_case_number,
    parse_receipt_number,
)

Row = dict[str, object]

RESIDENT_IDS = (
    "11010519491231002X",
    "440524188001010014",
    "990270197404027850",
    "110105194902310023",
)
CREDIT_CODES = (
    "91350100M000100Y43",
    "91350100M000100Y4Z",
    "12441500196720244T",
    "11990271MB9900099U",
)
RECEIPTS = (
    ("HALL", 12, "20261123", 1),
    ("INCU", 1, "20260228", 9999),
    ("JZ", 307, "20280229", 10000),
    ("SJ", 99999999, "20991231", 99999999),
    ("HALL", 1, "20200512", 310001),
)
SPOKEN = (
    "jk-hall-12-20261123-0001-r",
    " JK HALL 12 20261123 0001 R ",
    "JKHALL12202611230001R",
    "JK-HALL-12-202611230001R",
    "JK\uff0dHALL\uff0d\uff11\uff12\uff0d20261123\u20140001\u2013\uff32",
    "JKHALL120200512310001" + check_character("JKHALL120200512310001"),
    "JK-HALL-12-20261123-0001-K",
    "JK-HALL-12-20261131-0001-R",
    "JK-HALL-12-20261123-0000-R",
    "JK-HALL-012-20261123-0001-R",
    "JK-HA-LL-12-20261123-0001-R",
    "JK-H-12-20261123-0001-R",
    "JK-HALL-12-20261123-1-R",
    "\u6536\u4ef6",
    "",
)
IMPLEMENTATIONS = ("11990271MB9900099U4000199001000", "12441500196720244T3442199806003")


def number_vectors() -> dict[str, object]:
    """Every vector of the numbers, as one JSON value; the same bytes on every run."""
    printed = [make_receipt_number(*parts) for parts in RECEIPTS]
    cases = [
        make_case_number(code, "20261123", serial)
        for code in IMPLEMENTATIONS
        for serial in (1, 9999)
    ]
    spoken = [
        *printed,
        *SPOKEN,
        *(wrong for number in printed[:2] for wrong in _slips(number)),
    ]
    odd = [
        cases[0].lower(),
        cases[0][:-4] + "0000",
        "9" + cases[0][1:],
        cases[0][:31] + "202602300001",
        cases[0][1:],
    ]
    return {
        "normalise": [
            {"raw": raw, "text": normalise_code(raw)}
            for raw in (*SPOKEN, "\uff41\uff5a\u3000\u200bx\ufeff")
        ],
        "check": [
            {"text": text, "check": check_character(text)}
            for text in ("A12425GABC1234002", "", *ALPHANUMERICS)
        ],
        "residentId": [{"text": t, "ok": is_resident_id(t)} for t in _with_slips(RESIDENT_IDS)],
        "creditCode": [{"text": t, "ok": is_credit_code(t)} for t in _with_slips(CREDIT_CODES)],
        "receiptMake": [
            {"parts": list(p), "text": text} for p, text in zip(RECEIPTS, printed, strict=True)
        ],
        "receiptParse": [_receipt_row(raw) for raw in spoken],
        "caseParse": [_case_row(raw) for raw in (*cases, *odd)],
    }


def _receipt_row(raw: str) -> Row:
    match parse_receipt_number(raw):
        case NumberRefusal(code):
            return {"raw": raw, "code": code, "printed": False}
        case value:
            parts = [value.point, value.device, value.date, value.counter]
            return {"raw": raw, "parts": parts, "printed": is_receipt_number(raw)}


def _case_row(raw: str) -> Row:
    match parse_case_number(raw):
        case NumberRefusal(code):
            return {"raw": raw, "code": code, "printed": False}
        case value:
            return {
                "raw": raw,
                "parts": [value.implementation_code, value.date, value.serial],
                "printed": is_case_number(raw),
            }


def _with_slips(texts: tuple[str, ...]) -> list[str]:
    return [
        *texts,
        *(wrong for text in texts for wrong in _slips(text)),
        texts[0].lower(),
        texts[0] + " ",
        "",
    ]


def _slips(text: str) -> Iterator[str]:
    """A slip at each place: the next character of the alphabet, an exchange with the neighbour."""
    for i, char in enumerate(text):
        if char in ALPHANUMERICS:
            yield (text[:i] + ALPHANUMERICS[(ALPHANUMERICS.index(char) + 1) % 36] + text[i + 1 :])
    for i in range(len(text) - 1):
        yield text[:i] + text[i + 1] + text[i] + text[i + 2 :]
