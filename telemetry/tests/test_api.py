"""GET accounts/{a}/stats and samples."""

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from accounts.models import ApiToken
from telemetry.actions.ingest import ingest_samples, ingest_stats
from telemetry.messages import read_samples, read_stats
from telemetry.tests.conftest import RULE, message, rule_entry, sample


@pytest.fixture
def client(viewer) -> APIClient:
    client = APIClient()
    client.force_login(viewer)
    return client


@pytest.fixture
def traffic(node, games, others):
    now = timezone.now()
    for account, received in ((games.pk, 10), (others.pk, 77)):
        source = (account, {"address": f"203.0.113.{received}", "packets": received})
        entry = (account, rule_entry(packets=received))
        data = message(now.timestamp(), [(account, {"received": received})], [entry], [source])
        ingest_stats(node, read_stats(data), now)
        packet = sample(account, at=now.timestamp(), source_port=received)
        ingest_samples(node, read_samples({"samples": [packet]}), now)


def test_it_works(client, traffic, games):
    data = client.get(f"/api/v1/accounts/{games.pk}/stats?seconds=300").json()
    assert [point["received"] for point in data["points"]] == [10]
    assert [(rule["rule_id"], rule["packets"]) for rule in data["rules"]] == [(RULE, 10)]
    assert data["tags"] == {"1": 4}
    assert data["sources"] == [{"address": "203.0.113.10", "packets": 10, "dropped": 0}]


def test_of_one_rule(client, traffic, games):
    url = f"/api/v1/accounts/{games.pk}/stats"
    assert client.get(url, {"rule": RULE}).json()["points"][0]["dropped"] == 4
    assert client.get(url, {"rule": "9" * 32}).json()["points"] == []


@pytest.mark.parametrize("query", ["seconds=x", "seconds=0", "seconds=9999999999", "rule=1", "seconds=1e2"])
def test_queries_are_checked(client, games, query):
    answer = client.get(f"/api/v1/accounts/{games.pk}/stats?{query}")
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid")


def test_samples(client, traffic, games):
    url = f"/api/v1/accounts/{games.pk}/samples"
    (found,) = client.get(url).json()["results"]
    assert (found["source_port"], found["tag"], found["packet"], found["node"]) == (10, 2**64 - 1, "RQAA", "edge1")
    assert client.get(url, {"verdict": "pass"}).json()["count"] == 0
    assert client.get(url, {"rule": RULE, "verdict": "drop"}).json()["count"] == 1
    assert client.get(url, {"verdict": "<b>"}).status_code == 400


@pytest.mark.parametrize("what", ["stats", "samples", "nodes"])
def test_other_accounts_are_not_there(client, traffic, games, others, what):
    assert client.get(f"/api/v1/accounts/{games.pk}/{what}").status_code == 200
    for account in (others.pk, "d" * 32, "x"):
        answer = client.get(f"/api/v1/accounts/{account}/{what}")
        assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
    assert APIClient().get(f"/api/v1/accounts/{games.pk}/{what}").status_code == 401
    _, secret = ApiToken.issue(others, "t", "owner")
    stranger = APIClient(headers={"Authorization": f"Bearer {secret}"})
    assert stranger.get(f"/api/v1/accounts/{games.pk}/{what}").status_code == 404
    assert stranger.get(f"/api/v1/accounts/{others.pk}/{what}").status_code == 200
