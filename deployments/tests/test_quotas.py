"""The quota of rules, and how the compatible API says that one is used up."""

import pytest
from rest_framework.test import APIClient

from deployments.actions.approve import approve
from deployments.actions.close import withdraw
from deployments.actions.request import request_create
from deployments.actions.roll_back import roll_back
from deployments.models import Rule
from deployments.tests.conftest import House
from httpapi.errors import OverQuota

CONFIGS = "/client/v4/accounts/{}/magic/programmable_flow_protection/configs"


@pytest.fixture
def full(house: House) -> House:
    house.account.rule_quota = house.account.program_quota = 1
    house.account.save()
    return house


def test_rules_that_wait_count(full: House) -> None:
    waiting = request_create(full.developer, full.account, full.terms())
    with pytest.raises(OverQuota) as refused:
        request_create(full.developer, full.account, full.terms(scope="region", name="eu"))
    assert refused.value.quota == {"name": "rules", "used": 1, "allowed": 1}
    assert Rule.objects.count() == 1
    withdraw(full.developer, waiting)
    request_create(full.developer, full.account, full.terms(scope="region", name="eu"))


def test_what_was_in_force_comes_back_whatever_the_quota(full: House) -> None:
    from deployments.actions.request import request_delete

    first = request_create(full.developer, full.account, full.terms())
    approve(full.operator, first)
    gone = request_delete(full.developer, Rule.objects.get())
    approve(full.operator, gone)
    full.account.rule_quota = 0
    full.account.save()
    roll_back(full.operator, gone)
    assert Rule.objects.get().live


@pytest.mark.parametrize(
    ("path", "body", "kind"),
    [
        ("programs", b"int a;", "text/plain"),
        ("rules", None, "application/json"),
    ],
)
def test_the_compatible_api_has_a_code(full: House, path: str, body: bytes | None, kind: str) -> None:
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {full.token('developer')}")
    url = f"{CONFIGS.format(full.account.pk)}/{path}"
    if body is None:
        request_create(full.developer, full.account, full.terms())
        terms = {"program_id": str(full.first.program_id), "scope": "region", "name": "eu", "mode": "enabled"}
        answer = client.post(url, terms, format="json")
    else:
        answer = client.generic("POST", url, body, content_type=kind)
    assert answer.status_code == 403
    (error,) = answer.json()["errors"]
    assert error["code"] == 1011
    assert "1 are used" in error["message"]
