import pytest

from accounts.actions.change_settings import change_settings
from accounts.models import AuditEntry
from accounts.signals import protection_changed
from accounts.tests.checks import check_isolation, check_roles, check_rubbish
from accounts.tests.world import World
from httpapi.errors import Invalid


def test_it_works(world: World) -> None:
    answer = world.client("owner").get(world.url())
    assert answer.status_code == 200
    row = answer.json()
    assert (row["id"], row["name"], row["role"], row["approvers"]) == (world.ours.pk, "Ours", "owner", "operator")
    assert world.client("owner").get(world.url() + "/").json() == row


def test_operators_change_settings(world: World) -> None:
    changes = {"name": "New", "approvers": "account", "self_approval": True, "waives_approval": True}
    answer = world.client("operator").patch(world.url(), changes, format="json")
    assert answer.status_code == 200
    assert answer.json().items() >= changes.items()
    entry = AuditEntry.objects.for_account(world.ours).get(action="account.change")
    assert entry.data["before"]["approvers"] == "operator"
    assert entry.data["after"] == changes


def test_owners_choose_the_fallbacks_and_nodes_hear_of_it(world: World) -> None:
    heard: list = []

    def hear(account, **_: object) -> None:
        heard.append((account.on_error, account.on_too_large))

    protection_changed.connect(hear)
    try:
        answer = world.client("owner").patch(world.url(), {"on_error": "drop"}, format="json")
        world.client("owner").patch(world.url(), {"name": "Other"}, format="json")
    finally:
        protection_changed.disconnect(hear)
    assert (answer.status_code, answer.json()["on_error"]) == (200, "drop")
    assert heard == [("drop", "pass")]


@pytest.mark.parametrize("changes", [{"approvers": "account"}, {"waives_approval": True, "name": "New"}])
def test_owners_cannot_end_the_operators_say(world: World, changes: dict) -> None:
    answer = world.client("owner").patch(world.url(), changes, format="json")
    assert (answer.status_code, answer.json()["code"]) == (403, "role")
    world.ours.refresh_from_db()
    assert (world.ours.name, world.ours.approvers, world.ours.waives_approval) == ("Ours", "operator", False)


def test_owners_decide_where_the_account_does(world: World) -> None:
    assert world.client("owner").patch(world.url(), {"self_approval": True}, format="json").status_code == 200
    world.ours.approvers = "account"
    world.ours.save()
    assert world.client("owner").patch(world.url(), {"waives_approval": True}, format="json").status_code == 200
    assert world.client("owner").patch(world.url(), {"approvers": "operator"}, format="json").status_code == 200


def test_owners_ask_for_portable_programs(world: World) -> None:
    assert world.client("owner").get(world.url()).json()["portable_only"] is False
    answer = world.client("owner").patch(world.url(), {"portable_only": True}, format="json")
    assert (answer.status_code, answer.json()["portable_only"]) == (200, True)
    entry = AuditEntry.objects.for_account(world.ours).get(action="account.change")
    assert entry.data["after"] == {"portable_only": True}
    assert world.client("developer").patch(world.url(), {"portable_only": False}, format="json").status_code == 403


def test_no_change_is_not_recorded(world: World) -> None:
    assert world.client("owner").patch(world.url(), {"name": "Ours"}, format="json").status_code == 200
    assert not AuditEntry.objects.filter(action="account.change").exists()


def test_operators_set_what_a_node_spends(world: World) -> None:
    sizes = {"source_entries": 50_000, "flow_entries": 1_000_000, "fuel": 2_000_000}
    assert world.client("owner").patch(world.url(), sizes, format="json").status_code == 403
    answer = world.client("operator").patch(world.url(), sizes, format="json")
    assert (answer.status_code, {name: answer.json()[name] for name in sizes}) == (200, sizes)


@pytest.mark.parametrize("value", [-1, 1_000_001, True, "1", None])
def test_sizes_that_are_none(world: World, value: object) -> None:
    with pytest.raises(Invalid) as refused:
        change_settings(world.operator, world.ours, source_entries=value)
    assert refused.value.code == "account.source_entries"


def test_isolation_and_roles(world: World) -> None:
    check_isolation(world, "get", "")
    check_isolation(world, "patch", "", {"name": "x"})
    check_roles(world, "patch", "", "owner", {"name": "x"})
    check_rubbish(world, "patch", "", empty_is_valid=True)


@pytest.mark.parametrize(
    "changes",
    [
        {"approvers": "me"},
        {"on_error": "explode"},
        {"portable_only": "maybe"},
        {"on_too_large": None},
        {"source_entries": -1},
        {"flow_entries": 1_000_001},
        {"flow_entries": "many"},
        {"fuel": 0},
        {"fuel": 10_000_001},
        {"self_approval": "maybe"},
        {"name": ""},
        {"name": "\0"},
        {"name": "x" * 121},
        {"name": []},
    ],
)
def test_wrong_values(world: World, changes: dict) -> None:
    answer = world.client("owner").patch(world.url(), changes, format="json")
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid")
    assert list(answer.json()["fields"]) == list(changes)


@pytest.mark.parametrize("account_id", ["x", "A" * 32, "0" * 32, "0" * 31, "%00" * 32, "é" * 32])
def test_ids_that_are_none(world: World, account_id: str) -> None:
    answer = world.client("operator").get(f"/api/v1/accounts/{account_id}")
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
