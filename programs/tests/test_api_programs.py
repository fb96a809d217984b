import pytest
from django.db.models import ProtectedError

from accounts.models import AuditEntry
from accounts.tests.checks import check_isolation, check_roles, check_rubbish
from accounts.tests.world import World
from programs.models import Build, Program, Version
from programs.tests.conftest import PASS


def create(world: World, name="guard", **fields):
    return world.client("developer").post(world.url("programs"), {"name": name, **fields}, format="json")


def test_it_works(world: World) -> None:
    answer = create(world, source=PASS)
    assert answer.status_code == 201, answer.content
    row = answer.json()
    assert row["name"] == "guard"
    assert (row["latest"]["number"], row["latest"]["build"]["state"]) == (1, "queued")
    assert "source" not in row["latest"]
    viewer = world.client("viewer")
    assert viewer.get(world.url("programs")).json()["results"] == [row]
    assert viewer.get(world.url(f"programs/{row['id']}")).json() == row
    assert world.client("developer").delete(world.url(f"programs/{row['id']}")).status_code == 204
    assert not Program.objects.exists()
    actions = AuditEntry.objects.for_account(world.ours).order_by("id").values_list("action", flat=True)
    assert list(actions) == ["program.create", "version.add", "program.delete"]


def test_without_a_source(world: World) -> None:
    assert create(world).json()["latest"] is None
    assert create(world, "two", source="").json()["latest"] is None


def test_it_is_built(world: World, django_capture_on_commit_callbacks) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        row = create(world, source=PASS).json()
    latest = world.client("viewer").get(world.url(f"programs/{row['id']}")).json()["latest"]
    assert latest["build"]["state"] == "ready"
    assert latest["build"]["instructions"] > 0


def test_isolation_and_roles(world: World, program: Program) -> None:
    one = f"programs/{program.pk}"
    body = {"name": "x"}
    check_isolation(world, "get", "programs")
    check_isolation(world, "post", "programs", body)
    check_isolation(world, "get", one)
    check_isolation(world, "patch", one, body)
    check_isolation(world, "delete", one)
    check_roles(world, "post", "programs", "developer", body)
    check_roles(world, "patch", one, "developer", body)
    check_roles(world, "delete", one, "developer")
    check_rubbish(world, "post", "programs")
    check_rubbish(world, "patch", one)
    stranger = world.client("stranger")
    url = world.url(one, world.theirs)
    assert stranger.get(url).status_code == 404
    assert stranger.patch(url, body, format="json").status_code == 404
    assert stranger.delete(url).status_code == 404
    assert stranger.get(world.url("programs", world.theirs)).json()["count"] == 0
    assert Program.objects.get().name == "guard"


def test_renaming(world: World, program: Program) -> None:
    Program.objects.create(account=world.ours, name="other")
    Program.objects.create(account=world.theirs, name="free")
    client, url = world.client("developer"), world.url(f"programs/{program.pk}")
    assert client.patch(url, {"name": "free"}, format="json").json()["name"] == "free"
    answer = client.patch(url, {"name": "other"}, format="json")
    assert (answer.status_code, answer.json()["code"]) == (409, "program.name_taken")
    assert create(world, "free").json()["code"] == "program.name_taken"


@pytest.mark.parametrize(
    ("fields", "status", "code"),
    [
        ({"name": ""}, 400, "invalid"),
        ({"name": "x" * 121}, 400, "invalid"),
        ({"name": "a\0"}, 400, "invalid"),
        ({"name": {}}, 400, "invalid"),
        ({"source": 1.5e300}, 201, ""),
        ({"source": ["x"]}, 400, "invalid"),
        ({"source": None}, 400, "invalid"),
        ({"source": "a\0"}, 400, "invalid"),
        ({"source": " \n"}, 400, "source.empty"),
        ({"source": "/" * (256 * 1024 + 1)}, 413, "source.too_large"),
        ({"source": "é" * (128 * 1024 + 1)}, 413, "source.too_large"),
    ],
)
def test_bad_input(world: World, fields: dict, status: int, code: str) -> None:
    answer = create(world, **{"name": "guard", **fields})
    assert (answer.status_code, answer.json().get("code", "")) == (status, code)
    assert Program.objects.exists() == (status == 201)


def test_bad_unicode(world: World) -> None:
    client, url = world.client("developer"), world.url("programs")
    for text in ('"\\ud800"', '"\\u0000"', '"\xff"'):
        body = f'{{"name": "x", "source": {text}}}'.encode("latin-1")
        assert client.post(url, body, content_type="application/json").status_code == 400


def test_the_largest_source_is_taken(world: World) -> None:
    assert create(world, source="/" * 256 * 1024).status_code == 201


@pytest.mark.parametrize("program_id", ["x", "0", "00000000-0000-0000-0000-000000000000", "%00"])
def test_one_that_is_not_there(world: World, program_id: str) -> None:
    answer = world.client("owner").get(world.url(f"programs/{program_id}"))
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


def test_the_list_asks_few_questions(world: World, django_assert_max_num_queries) -> None:
    for number in range(20):
        program = Program.objects.create(account=world.ours, name=f"p{number:02}")
        for version in (1, 2):
            row = Version.objects.create(program=program, number=version, source=PASS, created_by="x")
            Build.objects.create(version=row)
    client = world.client("viewer")
    with django_assert_max_num_queries(9):
        rows = client.get(world.url("programs")).json()["results"]
    assert [row["latest"]["number"] for row in rows] == [2] * 20


def test_one_that_a_rule_uses_stays(world: World, program: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    """Rules protect their program; that they do is the other room's test."""

    def protect(self: Program) -> None:
        raise ProtectedError("a rule", {self})

    monkeypatch.setattr(Program, "delete", protect)
    answer = world.client("developer").delete(world.url(f"programs/{program.pk}"))
    assert (answer.status_code, answer.json()["code"]) == (409, "program.in_use")
    assert not AuditEntry.objects.filter(action="program.delete").exists()
