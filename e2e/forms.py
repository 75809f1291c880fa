"""The items that the tests take in, and how a person answers their forms."""

from collections.abc import Callable
from dataclasses import dataclass

from e2e.people import Applicant


@dataclass(frozen=True, slots=True)
class Form:
    """An item: the keys by which it is found, its name, its answers by field, its materials."""

    id: str
    keys: str
    name: str
    answers: Callable[[Applicant], dict[str, str]]
    id_field: str
    materials: tuple[str, ...]


def _shop(person: Applicant) -> dict[str, str]:
    return {
        "proposedName": f"昌邑区{person.name}食杂店",
        "operatorName": person.name,
        "operatorIdNo": person.id_no,
        "contactPhone": person.phone,
        "businessAddress": person.address,
        "businessScope": "食品销售(仅销售预包装食品);日用百货销售",
        "compose": "个人经营",
    }


def _cooperative(person: Applicant) -> dict[str, str]:
    return {
        "proposedName": f"吉林市{person.name}水稻种植专业合作社",
        "operatorName": person.name,
        "operatorIdNo": person.id_no,
        "contactPhone": person.phone,
        "businessAddress": person.address,
        "businessScope": "水稻种植、收购、销售;农业机械服务",
        "members": "12",
        "capital": "50",
    }


def _statement(person: Applicant) -> dict[str, str]:
    return {
        "applicantName": person.name,
        "applicantIdNo": person.id_no,
        "applicantPhone": person.phone,
        "applicantAddress": person.address,
        "queryType": "参保凭证",
    }


# Decided by the market supervision branch, on the spot for the first, after review for the second.
SHOP = Form(
    "SCJG-001", "gth", "个体工商户设立登记", _shop, "operatorIdNo",
    ("个体工商户登记（备案）申请书", "申请人居民身份证", "住所（经营场所）使用证明"),
)  # fmt: skip
COOPERATIVE = Form(
    "SCJG-009", "nmz", "农民专业合作社设立登记", _cooperative, "operatorIdNo",
    ("农民专业合作社登记（备案）申请书", "设立大会纪要", "章程", "成员名册及出资清单"),
)  # fmt: skip
# Decided by the clerk at the window.
STATEMENT = Form(
    "YBJ-006", "医疗保险参保信息", "医疗保险参保信息查询打印", _statement, "applicantIdNo",
    ("申请人居民身份证",),
)  # fmt: skip
