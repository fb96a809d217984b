"""Random requests, valid and not, made from both OpenAPI documents: the server answers as the documents say.

Every operation gets the same requests each time. What fails prints a curl command.
"""

import json
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from django.core.wsgi import get_wsgi_application
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from accounts.api import auth
from deployments.cloudflare import views
from programs import rates
from tests.openapi.conftest import Scratch
from tests.openapi.samples import PCAP, samples

ROOT = Path(__file__).resolve().parents[2]
DOCUMENTS = ("frontend/openapi.json", "docs/openapi/cloudflare.json")
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
    response_headers_conformance,
]
EXAMPLES = 8
# Each example of these may compile, verify and replay a program.
SLOW = {"check", "programs_create", "programs_update", "versions_add", "programs_pcap", "replays_start"}
# An object that is named by chance is none; that case is asked once in so many requests.
STRANGER = 7
CAPTURES = (PCAP, "application/x-pcapng", "application/octet-stream")
schemathesis.openapi.media_type(CAPTURES[0], st.binary(max_size=200), aliases=list(CAPTURES[1:]))


def operations() -> list[Any]:
    """Every operation of both documents as a pytest parameter."""
    found = []
    for path in DOCUMENTS:
        schema = schemathesis.openapi.from_dict(json.loads((ROOT / path).read_text()))
        schema.app = get_wsgi_application()
        found += [pytest.param(result.ok(), id=result.ok().label) for result in schema.get_all_operations()]
    return found


def cases(operation: Any, scratch: Scratch) -> st.SearchStrategy[Any]:
    """Requests with valid and with broken input, mostly to objects that exist."""
    names = [parameter.name for parameter in operation.path_parameters]
    known = st.fixed_dictionaries({name: st.sampled_from(scratch.known[name]) for name in names})
    aimed = [
        st.tuples(operation.as_strategy(mode), known).map(aim)
        for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE)
        if mode is GenerationMode.POSITIVE or can_be_broken(operation)
    ]
    by_chance = operation.as_strategy(GenerationMode.POSITIVE)
    return st.integers(1, STRANGER).flatmap(lambda roll: by_chance if roll == 1 else st.one_of(aimed))


def aim(drawn: tuple[Any, dict[str, str]]) -> Any:
    """The case, at the object of that name."""
    case, names = drawn
    case.path_parameters = names
    return case


def can_be_broken(operation: Any) -> bool:
    """Whether there is anything but the path that can be wrong."""
    return any(operation.query) or any(operation.body)


def validate(case: Any, scratch: Scratch) -> int:
    """The status of the answer, which is as documented."""
    response = case.call(headers={"Authorization": f"Bearer {scratch.token}"})
    case.validate_response(response, checks=CHECKS)
    return response.status_code


@pytest.fixture(autouse=True)
def unhurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """As many requests as there are, from the one client."""
    for throttle in (views.Rate, auth.LoginThrottle, *rates.BUILD, *rates.CHECK, *rates.REPLAY):
        monkeypatch.setattr(throttle, "rate", "100000/min", raising=False)


@pytest.mark.parametrize("operation", operations())
def test_answers_are_as_documented(operation: Any, scratch: Scratch) -> None:
    name = operation.definition.raw["operationId"]

    @settings(
        max_examples=EXAMPLES // 2 if name in SLOW else EXAMPLES,
        derandomize=True,
        database=None,
        deadline=None,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=cases(operation, scratch))
    def ask(case: Any) -> None:
        validate(case, scratch)

    ask()


def test_bodies_that_are_taken_are_answered_as_documented(scratch: Scratch) -> None:
    left = samples(scratch.known)
    for parameter in operations():
        operation = parameter.values[0]
        start = next(start for start in ("/api/v1/", "/client/v4/") if operation.path.startswith(start))
        if sample := left.pop((start, operation.definition.raw["operationId"]), None):
            names = {parameter.name: scratch.known[parameter.name][0] for parameter in operation.path_parameters}
            case = operation.Case(path_parameters=names, media_type=sample[0], body=sample[1])
            assert validate(case, scratch) in (200, 201), operation.label
    assert not left
