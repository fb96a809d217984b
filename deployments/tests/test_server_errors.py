"""What clients learn when the server itself fails: a code, and nothing of the inside."""

import pytest

from deployments.api import views
from deployments.cloudflare import rules

pytestmark = pytest.mark.django_db


def test_both_apis_answer_in_their_shape(house, client_of, monkeypatch) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("the secret inside")

    monkeypatch.setattr(views, "visible_account", broken)
    monkeypatch.setattr(rules, "visible_rules", broken)
    client = client_of(house.token("developer"))
    client.raise_request_exception = False
    answer = client.get(f"/api/v1/accounts/{house.account.pk}/deployments")
    assert (answer.status_code, answer.json()["code"]) == (500, "server.error")
    path = f"/client/v4/accounts/{house.account.pk}/magic/programmable_flow_protection/configs/rules"
    answer = client.get(path)
    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (500, 1009)
    assert b"secret" not in answer.content
