"""REST around the stream over a real hub: answers, one error shape from every source, headers, the console."""

from collections.abc import Callable
from typing import Any

import httpx
import pytest

from server.flows.refusals import Code
from sync.messages import Ack, Welcome
from tests.server.client import PASSWORD, Client, b64, only
from tests.server.process import HubProcess

NewDevice = Callable[..., Client]
CLERK = "dating.shouli1"
LARGE = b"x" * 100_000


@pytest.fixture
def http(hub: HubProcess) -> Any:
    with httpx.Client(base_url=hub.base) as client:
        yield client


@pytest.mark.parametrize(
    ("method", "path", "kwargs", "status", "code"),
    [
        ("GET", "/api/nothing", {}, 404, Code.NOT_FOUND),
        ("GET", "/assets/missing-12345678.js", {}, 404, Code.NOT_FOUND),
        ("GET", "/api/guide/items/NO-1", {}, 404, Code.NOT_FOUND),
        ("DELETE", "/api/zone", {}, 405, Code.METHOD_NOT_ALLOWED),
        ("POST", "/api/enrol", {"content": b"{"}, 400, Code.BAD_REQUEST),
        ("POST", "/api/enrol", {"json": {"code": 1}}, 400, Code.BAD_REQUEST),
        ("POST", "/api/follow", {"json": {}}, 400, Code.BAD_REQUEST),
        ("POST", "/api/sign-in", {"json": {"username": "x", "password": "y"}}, 401, Code.SIGN_IN_FAILED),
        ("POST", "/api/sign-in", {"content": LARGE}, 413, Code.BODY_OVERSIZED),
        ("POST", "/sync/http", {"content": LARGE * 100}, 413, Code.BODY_OVERSIZED),
        ("PUT", "/api/attachments/00", {"content": b""}, 405, Code.METHOD_NOT_ALLOWED),
        ("GET", "/api/me", {}, 401, Code.SESSION_EXPIRED),
        ("GET", "/api/me", {"headers": {"Zc-Account": "no hex"}}, 401, Code.SESSION_EXPIRED),
        ("GET", "/api/attachments/00", {"headers": {"Zc-Account": "00"}}, 401, Code.SESSION_EXPIRED),
        ("GET", "/api/console/overview", {}, 401, Code.SESSION_EXPIRED),
        ("POST", "/api/challenge", {"headers": {"Origin": "http://evil.example"}}, 403, Code.ORIGIN_FOREIGN),
    ],
)  # fmt: skip
def test_one_shape_for_every_error(
    http: httpx.Client, method: str, path: str, kwargs: Any, status: int, code: Code
) -> None:
    headers = {"Content-Type": "application/json", **kwargs.pop("headers", {})}
    answer = http.request(method, path, headers=headers, **kwargs)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert answer.json().keys() == {"code", "message", "params"}
    assert any("\u4e00" <= char <= "\u9fff" for char in answer.json()["message"])
    assert "default-src 'self'" in answer.headers["content-security-policy"]


def test_what_a_client_knows_first(http: httpx.Client, new_device: NewDevice) -> None:
    zone = http.get("/api/zone").json()
    device = new_device("INCU")
    assert bytes.fromhex(zone["zone"]) == device.tablet.zone
    assert zone["hub_public_key"] == b64(device.hub_key)
    assert zone["protocol"] == 1 and zone["name"]


def test_two_people_are_signed_in_on_one_tablet(new_device: NewDevice) -> None:
    client = new_device("HALL", CLERK)
    first = client.account
    said = client.sign_in("dating.shouli2")
    assert client.get("/api/me")["account"] == said["account"]
    client.account = first
    me = client.get("/api/me")
    assert me["account"]["username"] == CLERK
    assert me["device"] == client.tablet.number
    assert client.call("POST", "/api/sign-out").status_code == 200
    assert client.call("GET", "/api/me").status_code == 401
    client.account = bytes.fromhex(said["account"]["id"])
    assert client.get("/api/me")["account"]["username"] == "dating.shouli2"


def test_one_persons_token_is_not_anothers(new_device: NewDevice) -> None:
    client = new_device("HALL", CLERK)
    token = client.tokens[client.account]
    client.sign_in("dating.shouli2")
    client.tokens[client.account] = token
    assert client.call("GET", "/api/me").status_code == 401
    assert not only(client.exchange(), Welcome).session


def test_a_session_of_one_device_reads_nothing_on_another(new_device: NewDevice) -> None:
    client, other = new_device("HALL", CLERK), new_device("HALL")
    other.account, other.tokens = client.account, client.tokens
    assert not only(other.exchange(), Welcome).session


def test_the_cookie_is_for_this_host_alone(http: httpx.Client) -> None:
    answer = http.post("/api/sign-in", json={"username": "jiancha", "password": PASSWORD})
    cookie = answer.headers["set-cookie"]
    account = answer.json()["account"]["id"]
    assert cookie.startswith(f"__Host-zc-{account[-8:]}=")
    for part in ("Path=/", "HttpOnly", "Secure", "SameSite=strict"):
        assert part in cookie
    assert "Domain" not in cookie
    assert (answer.json()["grant"], answer.json()["keys"]) == (None, None)
    assert cookie.partition("=")[2].partition(";")[0] not in answer.text


def test_the_guide_is_public_and_kept_by_its_etag(http: httpx.Client) -> None:
    listed = http.get("/api/guide/items")
    assert len(listed.json()["items"]) == 80 and len(listed.json()["points"]) == 4
    assert {"id", "name", "searchKeys", "aliases"} <= listed.json()["items"][0].keys()
    item = http.get("/api/guide/items/SCJG-001")
    assert item.json()["materials"] and item.json()["formFields"]
    again = http.get("/api/guide/items/SCJG-001", headers={"If-None-Match": item.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


def test_the_console_shows_points_and_devices(new_device: NewDevice, admin: Client) -> None:
    device = new_device("SJ", "shuangji.shouli")
    device.exchange(device.report(3, 2, 1), hello=device.hello(app_version="0.9.9"))
    overview = admin.get("/api/console/overview")
    assert [point["id"] for point in overview["points"]] == ["HALL", "INCU", "JZ", "SJ"]
    shown = next(d for d in overview["points"][3]["devices"] if d["number"] == device.tablet.number)
    assert (shown["unsent"], shown["refused"], shown["unsent_attachments"]) == (3, 2, 1)
    assert shown["app_version"] == "0.9.9"
    assert shown["last_contact_ms"] > 0 and abs(shown["clock_offset_ms"]) < 60_000


def test_the_console_names_problems_with_their_reasons(
    new_device: NewDevice, admin: Client
) -> None:
    client = new_device("HALL", CLERK)
    ms = client.now_ms
    stream = client.tablet.receive(client.item("SCJG-001"), client.account, ms=ms)
    client.tablet.act("case.accept", stream, client.account, ms=ms)
    client.tablet.act("case.accept", stream, client.account, ms=ms)
    client.tablet.act("case.approve", stream, client.account, ms=ms, opinion="x")
    client.tablet.act("case.accept", b"?" * 16, client.account, ms=ms)
    client.tablet.receive(client.item("SCJG-001"), b"!" * 16, ms=ms)
    client.push()
    problems = admin.get("/api/console/problems")["problems"]
    mine = {p["seq"]: p for p in problems if p["device"] == client.tablet.number}
    found = {seq: (p["kind"], p["code"], p["type_zh"]) for seq, p in mine.items()}
    assert found == {
        3: ("void", "state", "受理"),
        4: ("refused", "not-entitled", "准予"),
        5: ("parked", "stream-missing", "受理"),
        6: ("refused", "not-entitled", "收件"),
    }
    assert mine[3]["receipt_no"].startswith("JK-HALL-")
    assert mine[6]["receipt_no"].startswith("JK-HALL-"), "a refused opening is found by its paper"
    counted = admin.get("/api/console/overview")["problems"]
    assert counted["void"] >= 1 and counted["parked"] >= 1 and counted["refused"] >= 1


def test_who_may_use_the_console(hub: HubProcess, new_device: NewDevice) -> None:
    manager, clerk = Client(hub.base), Client(hub.base)
    manager.sign_in("jiuzhan.guanli", on_device=False)
    clerk.sign_in(CLERK, on_device=False)
    refused = clerk.call("GET", "/api/console/problems")
    assert (refused.status_code, refused.json()["code"]) == (403, Code.NOT_ENTITLED)
    device = new_device("HALL")
    path, reason = f"/api/console/devices/{device.tablet.number}/revoke", {"reason": "x"}
    for client in (clerk, manager):
        assert client.call("POST", path, json=reason).status_code == 403
    assert [point["id"] for point in manager.get("/api/console/overview")["points"]] == ["JZ"]
    assert {problem["point"] for problem in manager.get("/api/console/problems")["problems"]} <= {
        "JZ"
    }
    made = [
        manager.call("POST", "/api/console/enrolment-codes", json={"point": p})
        for p in ("JZ", "HALL")
    ]
    assert [answer.status_code for answer in made] == [200, 403]
    manager.close()
    clerk.close()


def test_a_revoked_device_signs_nobody_in(new_device: NewDevice, admin: Client) -> None:
    device = new_device("HALL", CLERK)
    path = f"/api/console/devices/{device.tablet.number}/revoke"
    # Refused, not cut: who wrote it shall know, and nothing has happened.
    cut = admin.call("POST", path, json={"reason": "长" * 201})
    assert (cut.status_code, cut.json()["code"]) == (400, Code.BAD_REQUEST)
    assert device.call("GET", "/api/me").status_code == 200
    for _ in range(2):
        assert admin.call("POST", path, json={"reason": "遗失"}).status_code == 200
    assert device.call("GET", "/api/me").status_code == 401
    with pytest.raises(AssertionError, match="device-revoked"):
        device.sign_in(CLERK)
    assert device.put_photo(b"photo").json()["code"] == Code.DEVICE_REVOKED
    unknown = admin.call("POST", "/api/console/devices/9999/revoke", json={"reason": "x"})
    assert unknown.json()["code"] == Code.DEVICE_UNKNOWN


def test_an_enrolment_code_as_text_and_picture(admin: Client) -> None:
    made = admin.call("POST", "/api/console/enrolment-codes", json={"point": "JZ"}).json()
    assert made["svg"].startswith("<svg") and len(made["code"]) == 11
    wrong = admin.call("POST", "/api/console/enrolment-codes", json={"point": "NO"})
    assert wrong.json()["code"] == Code.POINT_UNKNOWN
    kind = admin.call("POST", "/api/console/enrolment-codes", json={"point": "JZ", "kind": "hub"})
    assert kind.json()["code"] == Code.BAD_REQUEST


def test_health_metrics_and_schema(http: httpx.Client) -> None:
    assert http.get("/health").json()["status"] == "ok"
    text = http.get("/metrics").text
    for name in ("pushes_total", "ingest_seconds_bucket", "connections", "ledger_position"):
        assert f"zongchuang_{name}" in text
    paths = http.get("/schema").json()["paths"]
    assert {"/api/sign-in", "/api/follow", "/sync/http", "/api/console/overview"} <= paths.keys()


def test_no_personal_data_in_the_logs(hub: HubProcess, new_device: Callable[..., Client]) -> None:
    device = new_device("HALL", "dating.shouli1")
    device.tablet.receive(device.item("SCJG-001"), device.account, ms=device.now_ms)
    assert isinstance(device.push(), Ack)
    text = hub.log_file.read_text()
    assert '"event": "push"' in text
    for private in ("张三", "11010519491231002X", "13900000000", "JK-HALL", PASSWORD):
        assert private not in text
