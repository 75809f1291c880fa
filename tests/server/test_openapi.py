"""The hub against its own OpenAPI schema, with generated calls: no answer that the schema does not tell of.

Every answer has a documented status, media type and shape; every refusal has the one shape of docs/errors.md with a
code that belongs to its status. Half of the calls are the administrator's, so that more than the door is tried.
"""

from collections.abc import Iterator

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from server.flows.refusals import SAYS, Code
from server.web.refused import Refused
from tests.server.client import Client, administrator
from tests.server.process import HubProcess

CALLS = 25
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]


@pytest.fixture(scope="module")
def own_hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[HubProcess]:
    """A hub that generated calls may do anything to."""
    process = HubProcess(tmp_path_factory.mktemp("documented")).start()
    yield process
    process.stop()


@pytest.fixture(scope="module")
def own_admin(own_hub: HubProcess) -> Iterator[Client]:
    client = administrator(own_hub.base)
    yield client
    client.close()


@pytest.fixture(scope="module")
def documented(own_hub: HubProcess) -> schemathesis.BaseSchema:
    return schemathesis.openapi.from_url(f"{own_hub.base}/schema/openapi.json")


def test_every_answer_is_documented(
    documented: schemathesis.BaseSchema, own_hub: HubProcess, own_admin: Client
) -> None:
    operations = [found.ok() for found in documented.get_all_operations()]
    assert len(operations) > 20
    for operation in operations:
        # Signing out would end the session for all calls that follow.
        headers = [{}] if operation.path == "/api/sign-out" else [{}, own_admin.headers]
        _call_often(operation, headers)
    assert own_hub.process is not None
    assert own_hub.process.poll() is None


def _call_often(operation: schemathesis.APIOperation, headers: list[dict[str, str]]) -> None:
    @settings(
        max_examples=CALLS, database=None, deadline=None, suppress_health_check=list(HealthCheck)
    )
    @given(case=operation.as_strategy(), signed_in=st.sampled_from(headers))
    def call(case: schemathesis.Case, signed_in: dict[str, str]) -> None:
        response = case.call(headers=signed_in)
        case.validate_response(response, checks=CHECKS)
        if response.status_code >= 400 and response.content:
            refused = response.json()
            assert refused.keys() == set(Refused.__struct_fields__)
            assert SAYS[Code(refused["code"])].status == response.status_code

    call()


def test_the_schema_tells_of_refusals(own_admin: Client) -> None:
    told = own_admin.get("/schema/openapi.json")
    for path, methods in told["paths"].items():
        for method, operation in methods.items():
            assert {"400", "500", "503"} <= operation["responses"].keys(), (method, path)


def test_no_number_is_too_large_for_the_database(own_admin: Client) -> None:
    """Found by the generated calls: past 63 bits a device number was an error of the hub's own."""
    for number in (2**53, 2**64, 2**80):
        path = f"/api/console/devices/{number}/revoke"
        assert own_admin.call("POST", path, json={"reason": "lost"}).status_code == 400
        ask = {"username": "x", "password": "y", "device": number}
        assert own_admin.call("POST", "/api/sign-in", json=ask).status_code == 400
