import pytest

from accounts.audit import record
from accounts.models import AuditEntry
from accounts.tests.checks import check_isolation
from accounts.tests.world import World


def test_it_works(world: World) -> None:
    record(world.ours, world.users["owner"], "thing.do", "a thing", amount=3)
    record(world.ours, None, "thing.end", "a thing")
    rows = world.client("viewer").get(world.url("audit")).json()["results"]
    assert [(row["actor"], row["action"]) for row in rows] == [
        ("flowprotect", "thing.end"),
        ("owner@ours.example", "thing.do"),
    ]
    assert rows[1]["data"] == {"amount": 3}


def test_isolation(world: World) -> None:
    record(world.ours, None, "ours", "x")
    record(None, None, "nobodys", "x")
    check_isolation(world, "get", "audit")
    assert world.client("stranger").get(world.url("audit", world.theirs)).json()["results"] == []


def test_entries_are_written_once(world: World) -> None:
    entry = record(world.ours, None, "x", "y")
    entry.action = "z"
    with pytest.raises(TypeError):
        entry.save()
    assert world.client("owner").delete(world.url("audit")).status_code == 405
    assert AuditEntry.objects.get().action == "x"
