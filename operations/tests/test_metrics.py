"""What Prometheus gets, and who gets nothing."""

import uuid
from datetime import timedelta
from unittest import mock

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.test import Client
from django.utils import timezone
from prometheus_client.parser import text_string_to_metric_families

from accounts.models import Account
from deployments.models import Deployment
from fleet.models import Datacenter, Node, Region
from flowprotect.environment import token
from operations import metrics
from programs.models import Build, Capture, Program, Replay, Version
from telemetry.models import Point, Resolution

TOKEN = "a-token-of-the-tests-0123456789"
pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def configured(settings) -> None:
    settings.METRICS_TOKEN = TOKEN


@pytest.fixture
def account() -> Account:
    return Account.objects.create(name="games")


def samples(client: Client) -> dict[tuple[str, frozenset[tuple[str, str]]], float]:
    response = client.get("/metrics", headers={"authorization": f"Bearer {TOKEN}"})
    assert response.status_code == 200, response.content
    families = text_string_to_metric_families(response.content.decode())
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in families
        for sample in family.samples
    }


def value(client: Client, name: str, **labels: str) -> float:
    return samples(client)[(f"flowprotect_{name}", frozenset(labels.items()))]


def version(account: Account, number: int = 1) -> Version:
    program, _ = Program.objects.get_or_create(account=account, name="p")
    return Version.objects.create(program=program, number=number, source="", created_by="test")


def test_nothing_without_a_token_of_the_installation(client: Client, settings) -> None:
    settings.METRICS_TOKEN = ""
    assert client.get("/metrics", headers={"authorization": "Bearer "}).status_code == 404


@pytest.mark.parametrize("given", [None, "", "Bearer", "Bearer wrong", f"Basic {TOKEN}", "Bearer ü"])
def test_another_token_gets_nothing(client: Client, given: str | None) -> None:
    response = client.get("/metrics", headers={} if given is None else {"authorization": given})
    assert response.status_code == 401
    assert b"flowprotect_" not in response.content


def test_a_short_token_does_not_start(monkeypatch) -> None:
    monkeypatch.setenv("FLOWPROTECT_METRICS_TOKEN", "short")
    with pytest.raises(ImproperlyConfigured) as caught:
        token("FLOWPROTECT_METRICS_TOKEN")
    assert "short" not in str(caught.value)


def test_requests_by_route_and_status(client: Client) -> None:
    labels = {"method": "GET", "route": "api/v1/me", "status": "401"}
    client.get("/api/v1/me")
    before = value(client, "requests_total", **labels)
    client.get("/api/v1/me?token=hunter2")
    assert value(client, "requests_total", **labels) == before + 1
    assert value(client, "request_seconds_count", route="api/v1/me") >= 2
    assert "hunter2" not in str(samples(client))


def test_invented_methods_share_a_label(client: Client) -> None:
    client.generic("BREW1", "/api/v1/me")
    client.generic("BREW2", "/api/v1/me")
    found = {dict(labels).get("method") for name, labels in samples(client) if name == "flowprotect_requests_total"}
    assert "other" in found
    assert not any(method.startswith("BREW") for method in found if method)


def test_builds_by_result_and_duration(client: Client, account: Account) -> None:
    now = timezone.now()
    for number, (state, seconds) in enumerate([("ready", 2), ("ready", 4), ("failed", 1), ("ready", 7200)], 1):
        build = Build.objects.create(version=version(account, number), state=state)
        end = now - timedelta(hours=2) if seconds == 7200 else now
        Build.objects.filter(pk=build.pk).update(finished_on=end, created_on=end - timedelta(seconds=seconds))
    Build.objects.create(version=version(account, 9))
    assert value(client, "builds_finished", result="ready") == 2
    assert value(client, "builds_finished", result="failed") == 1
    assert value(client, "build_seconds", result="ready", quantile="1.0") == 4
    assert value(client, "build_seconds", result="failed", quantile="0.5") == 1
    assert value(client, "builds_open", state="queued") == 1
    assert value(client, "builds_open", state="compiling") == 0


def test_replay_duration(client: Client, account: Account) -> None:
    now = timezone.now()
    capture = Capture.objects.create(name="c", data=b"")
    replay = Replay.objects.create(version=version(account), capture=capture, state="done", created_by="test")
    Replay.objects.filter(pk=replay.pk).update(finished_on=now, created_on=now - timedelta(seconds=3))
    assert value(client, "replays_finished", result="done") == 1
    assert value(client, "replay_seconds", result="done", quantile="0.5") == 3


def test_pending_deployments(client: Client, account: Account) -> None:
    assert value(client, "deployments_pending") == 0
    one = version(account)
    asked = timezone.now() - timedelta(hours=1)
    Deployment.objects.create(
        account=account, rule_ref=uuid.uuid4(), change="create", version=one, state="pending", submitted_on=asked
    )
    assert value(client, "deployments_pending") == 1
    assert 3600 <= value(client, "deployments_pending_seconds") < 3700


def test_nodes_and_their_lag(client: Client, account: Account) -> None:
    now = timezone.now()
    place = Datacenter.objects.create(
        code="ams1", name="Amsterdam", region=Region.objects.create(code="eu", name="Europe")
    )
    found = [
        Node.objects.create(
            datacenter=place, hostname=f"edge{number}", credential_hash=str(number), state="online", last_seen_on=seen
        )
        for number, seen in enumerate([now, now - timedelta(hours=1)])
    ]
    Point.objects.create(account=account, node=found[0], resolution=Resolution.SECOND, at=now - timedelta(seconds=30))
    assert value(client, "nodes", state="online") == 1
    assert value(client, "nodes", state="offline") == 1
    assert value(client, "nodes", state="retired") == 0
    lag = value(client, "telemetry_lag_seconds", node=str(found[0].pk), hostname="edge0")
    assert 30 <= lag < 60


def test_queue_depth(client: Client, settings) -> None:
    settings.EMBEDDED = False
    with mock.patch("operations.metrics.Redis.from_url") as made:
        made.return_value.__enter__.return_value.llen.return_value = 7
        assert value(client, "queue_depth") == 7
        made.return_value.__enter__.return_value.llen.assert_called_with("celery")


def test_one_part_that_fails_does_not_hide_the_others(client: Client, settings, tmp_path) -> None:
    settings.EMBEDDED = False
    settings.REDIS_URL = f"unix://{tmp_path}/none.sock"
    found = samples(client)
    assert found[("flowprotect_scrape_failed", frozenset({("part", "queue")}))] == 1
    assert found[("flowprotect_scrape_failed", frozenset({("part", "nodes")}))] == 0
    assert ("flowprotect_queue_depth", frozenset()) not in found
    assert metrics.registry.get_sample_value("flowprotect_deployments_pending") == 0
