"""The sample zone's files agree with each other and hold everything that a working day needs."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from server.zone.pinyin import sample_search_keys, search_keys
from sync.number import is_credit_code, is_implementation_code

ZONE = Path(__file__).parents[2] / "server" / "zone"
STAFF_ROLES = {
    "guide", "window_clerk", "issuing_clerk", "reviewer", "approver", "organ_head", "seal_keeper",
    "point_manager", "catalogue_admin", "sync_admin", "supervisor", "assessor", "leading_group",
    "leading_group_office", "sys_admin", "security_admin", "audit_admin",
}  # fmt: skip


def read(name: str) -> Any:
    return json.loads((ZONE / name).read_text("utf-8"))


@pytest.fixture(scope="module")
def catalogue() -> Any:
    return read("catalogue.json")


@pytest.fixture(scope="module")
def accounts() -> list[Any]:
    return list(read("accounts.json")["accounts"])


def held(accounts: list[Any], role: str) -> list[Any]:
    """Where the role is held: points, departments, or None for the whole zone."""
    return [
        r.get("point") or r.get("dept") for a in accounts for r in a["roles"] if r["role"] == role
    ]


def test_catalogue_is_whole(catalogue: Any) -> None:
    lengths = {
        key: len(catalogue[key]) for key in ("items", "points", "windows", "departments", "bundles")
    }
    assert lengths == {"items": 80, "points": 4, "windows": 19, "departments": 11, "bundles": 8}
    assert "样例" in catalogue["notice"]


def texts(value: Any) -> Iterator[str]:
    """Every text under a value."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for part in value.values() if isinstance(value, dict) else value:
            yield from texts(part)


def test_chinese_is_set_with_its_own_punctuation(catalogue: Any) -> None:
    # How the codes are laid out is a formula, not prose.
    prose = texts({key: value for key, value in catalogue.items() if key != "codeLayout"})
    narrow = re.compile("[一-鿿][(),;:?!]|[(),;?!][一-鿿]")
    assert [text for text in prose if narrow.search(text)] == []


def test_catalogue_codes_are_sound(catalogue: Any) -> None:
    assert all(is_credit_code(department["uscc"]) for department in catalogue["departments"])
    for item in catalogue["items"]:
        for implementation in item["implementations"]:
            assert is_implementation_code(implementation["implementationCode"])
            assert implementation["implementationCode"].endswith(item["basicCode"])


def test_catalogue_references_resolve(catalogue: Any) -> None:
    item_ids = {item["id"] for item in catalogue["items"]}
    points = {point["id"] for point in catalogue["points"]}
    departments = {department["id"] for department in catalogue["departments"]}
    resources = {resource["id"] for resource in catalogue["dataResources"]}
    assert all(set(bundle["itemIds"]) <= item_ids for bundle in catalogue["bundles"])
    assert all(
        w["pointId"] in points and set(w["departments"]) <= departments
        for w in catalogue["windows"]
    )
    for item in catalogue["items"]:
        assert set(item["points"]) <= points
        assert {i["orgId"] for i in item["implementations"]} <= departments
        assert {m["exemptByResource"] for m in item["materials"]} - {None} <= resources


def test_every_high_frequency_item_has_everyday_words(catalogue: Any) -> None:
    aliases = read("aliases.json")
    assert {item["id"] for item in catalogue["items"] if item["highFrequency"]} <= aliases.keys()
    assert aliases.keys() <= {item["id"] for item in catalogue["items"]}
    assert all(words and len(set(words)) == len(words) for words in aliases.values())


def test_one_demo_account_for_each_role(accounts: list[Any]) -> None:
    demo = [
        role["role"] for account in accounts if account.get("demo") for role in account["roles"]
    ]
    assert sorted(demo) == sorted(STAFF_ROLES)


def test_accounts_are_well_formed(accounts: list[Any], catalogue: Any) -> None:
    points = {point["id"] for point in catalogue["points"]}
    departments = {department["id"] for department in catalogue["departments"]}
    assert (
        len({a["username"] for a in accounts})
        == len({a["name"] for a in accounts})
        == len(accounts)
    )
    for account in accounts:
        assert re.fullmatch(r"[a-z]+(\.[a-z]+[0-9]?)?", account["username"])
        assert len(account["password"]) >= 12
        for role in account["roles"]:
            assert role["role"] in STAFF_ROLES
            assert role.get("point") in points | {None}
            assert role.get("dept") in departments | {None}


def test_every_point_and_department_is_staffed(accounts: list[Any], catalogue: Any) -> None:
    points = sorted(point["id"] for point in catalogue["points"])
    departments = sorted(department["id"] for department in catalogue["departments"])
    assert sorted(held(accounts, "window_clerk")) == sorted([*points, "HALL"])
    for role in ("issuing_clerk", "point_manager"):
        assert sorted(held(accounts, role)) == points
    for role in ("reviewer", "approver", "organ_head"):
        assert sorted(held(accounts, role)) == departments


def test_nobody_reviews_and_decides(accounts: list[Any]) -> None:
    assert all(len({role["role"] for role in account["roles"]}) == 1 for account in accounts)


def test_roster_names_are_accounts(accounts: list[Any], catalogue: Any) -> None:
    """A department on the roster has its Monday leader as approver, a fixed clerk as reviewer."""
    names = {(role["role"], role.get("dept")): a["name"] for a in accounts for role in a["roles"]}
    monday = [entry for entry in catalogue["dutyRoster"]["entries"] if entry["weekday"] == 1]
    assert monday
    for entry in monday:
        assert names["approver", entry["departmentId"]] == entry["rotatingLeader"]
        assert names["reviewer", entry["departmentId"]] in entry["fixedStaff"]


def test_search_keys() -> None:
    assert search_keys("失业登记", ["办失业证"]) == {
        "initials": "sydj bsyz",
        "full": "shiyedengji banshiyezheng",
    }
    assert search_keys("A类(绿色)", ["、"]) == {"initials": "alls", "full": "aleilvse"}


@pytest.mark.parametrize(
    ("name", "initials"),
    [
        ("参保登记", "cbdj"),
        ("单位", "dw"),
        ("重度残疾", "zdcj"),
        ("保障金给付", "bzjjf"),
        ("行政许可", "xzxk"),
    ],
)
def test_characters_of_two_readings(name: str, initials: str) -> None:
    assert search_keys(name, [])["initials"] == initials


def test_search_keys_of_every_item_are_letters() -> None:
    for keys in sample_search_keys().values():
        assert all(re.fullmatch(r"[a-z0-9 ]+", key) for key in keys.values())
        assert len(keys["initials"].split()) == len(keys["full"].split())


def test_web_client_tests_with_these_search_keys() -> None:
    """Stale? `python -m server.zone.pinyin > pwa/src/forms/searchKeys.fixture.json`."""
    fixture = ZONE.parents[1] / "pwa" / "src" / "forms" / "searchKeys.fixture.json"
    assert json.loads(fixture.read_text("utf-8")) == sample_search_keys()
