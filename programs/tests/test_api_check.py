import pytest
from rest_framework.test import APIClient

from accounts.models import AuditEntry
from accounts.tests.checks import check_isolation, check_roles, check_rubbish
from accounts.tests.world import World
from programs.actions import check_unsaved
from programs.engine.build import SandboxError
from programs.models import Program
from programs.tests.conftest import PASS, UNSAFE, WRONG

FACTS = ("worst_case_fuel", "stack", "helpers", "reads", "unreachable", "ignores_packet")


def check(world: World, source):
    return world.client("developer").post(world.url("check"), {"source": source}, format="json")


def test_it_works(world: World) -> None:
    answer = check(world, PASS)
    assert answer.status_code == 200, answer.content
    row = answer.json()
    assert (row["ok"], row["diagnostics"], row["instructions"] > 0) == (True, [], True)
    assert row["verdict"] == "portable"
    assert row["facts"].keys() == {*FACTS, "cut"}
    assert set(row["timings_ms"]) == {"compile", "verify"}
    assert not Program.objects.exists()
    assert not AuditEntry.objects.exists()


@pytest.mark.parametrize(("source", "stage", "line"), [(WRONG, "compile", 3), (UNSAFE, "verify", 4)])
def test_what_is_wrong(world: World, source: str, stage: str, line: int) -> None:
    row = check(world, source).json()
    assert row["ok"] is False
    assert (row["diagnostics"][0]["stage"], row["diagnostics"][0]["line"]) == (stage, line)


def test_isolation_and_roles(world: World) -> None:
    check_isolation(world, "post", "check", {"source": PASS})
    check_roles(world, "post", "check", "developer", {"source": PASS})
    check_rubbish(world, "post", "check")


@pytest.mark.parametrize(
    ("source", "status", "code"),
    [
        ("\0", 400, "invalid"),
        (" ", 400, "source.empty"),
        ([], 400, "invalid"),
        ("x" * (256 * 1024 + 1), 413, "source.too_large"),
    ],
)
def test_bad_input(world: World, source, status: int, code: str) -> None:
    answer = check(world, source)
    assert (answer.status_code, answer.json()["code"]) == (status, code)


def test_a_missing_sandbox_is_said(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(source: str, lists: set[str], **_: object) -> None:
        raise SandboxError("/secret/path")

    monkeypatch.setattr(check_unsaved, "check", refuse)
    answer = check(world, PASS)
    assert (answer.status_code, answer.json()["code"]) == (503, "sandbox.unavailable")
    assert "/secret" not in answer.content.decode()


def test_a_busy_server_says_so(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(check_unsaved, "WAIT", 0.01)
    with check_unsaved.SLOTS, check_unsaved.SLOTS:
        answer = check(world, PASS)
    assert (answer.status_code, answer.json()["code"]) == (503, "check.busy")
    assert check(world, PASS).status_code == 200


def test_it_is_throttled_by_actor(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("programs.rates.CheckByActor.rate", "2/min")

    def codes(client: APIClient) -> list[int]:
        return [client.post(world.url("check"), {"source": " "}, format="json").status_code for _ in range(3)]

    assert codes(world.client("developer")) == [400, 400, 429]
    assert codes(world.client("owner")) == [400, 400, 429]
