import pytest

from accounts.actions.change_settings import LIMITS
from accounts.models import AuditEntry, Prefix
from accounts.quotas import QUOTAS, check_quota, count_with, usage
from accounts.tests.checks import check_isolation
from accounts.tests.world import World
from httpapi.errors import OverQuota


def test_it_works(world: World) -> None:
    changes = {"prefix_quota": 1, "program_quota": 7}
    answer = world.client("operator").patch(world.url(), changes, format="json")
    assert (answer.status_code, answer.json().items() >= changes.items()) == (200, True)
    owner = world.client("owner")
    assert owner.post(world.url("prefixes"), {"cidr": "192.0.2.0/24"}, format="json").status_code == 201
    answer = owner.post(world.url("prefixes"), {"cidr": "198.51.100.0/24"}, format="json")
    assert answer.status_code == 403
    assert answer.json() == {
        "detail": "This account may have 1 prefixes, with claims; 1 are used. Ask the operator for more.",
        "code": "quota.prefixes",
        "quota": {"name": "prefixes", "used": 1, "allowed": 1},
    }
    assert Prefix.objects.count() == 1
    assert AuditEntry.objects.filter(action="prefix.add").count() == 1
    used = world.client("viewer").get(world.url("usage")).json()
    assert used["prefixes"] == {"used": 1, "allowed": 1}
    assert used["programs"] == {"used": 0, "allowed": 7}
    assert used["capture_bytes"] == {"used": 0, "allowed": 1 << 30}
    assert set(used) == set(QUOTAS)


def test_only_operators_set_them(world: World) -> None:
    for field in LIMITS:
        answer = world.client("owner").patch(world.url(), {field: 10_000}, format="json")
        assert (answer.status_code, answer.json()["code"]) == (403, "role")
        for value in (-1, LIMITS[field][1] + 1, "many", None):
            answer = world.client("operator").patch(world.url(), {field: value}, format="json")
            assert (answer.status_code, list(answer.json()["fields"])) == (400, [field])


def test_what_is_over_a_lowered_quota_stays(world: World) -> None:
    Prefix.objects.create(account=world.ours, cidr="192.0.2.0/24")
    world.client("operator").patch(world.url(), {"prefix_quota": 0}, format="json")
    assert world.client("viewer").get(world.url("usage")).json()["prefixes"] == {"used": 1, "allowed": 0}
    assert world.client("viewer").get(world.url("prefixes")).json()["count"] == 1


def test_others_do_not_count(world: World) -> None:
    Prefix.objects.create(account=world.theirs, cidr="192.0.2.0/24")
    assert usage(world.ours)["prefixes"]["used"] == 0
    check_isolation(world, "get", "usage")


def test_parts_are_rounded_up(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("accounts.quotas._counters", {name: lambda account: 60_001 for name in QUOTAS})
    assert usage(world.ours)["build_minutes"] == {"used": 2, "allowed": 60}
    world.ours.build_minutes_quota = 2
    check_quota(world.ours, "build_minutes", 59_999)
    with pytest.raises(OverQuota) as refused:
        check_quota(world.ours, "build_minutes", 60_000)
    assert refused.value.quota == {"name": "build_minutes", "used": 2, "allowed": 2}


def test_a_quota_that_is_none() -> None:
    with pytest.raises(KeyError):
        count_with("coffee", lambda account: 0)
