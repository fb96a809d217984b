import hashlib

import pytest

from accounts.tests.checks import check_isolation, check_roles, check_rubbish
from accounts.tests.world import World
from programs.models import Program, Version
from programs.tests.conftest import PASS, WRONG


def add(world: World, program: Program, source=PASS):
    url = world.url(f"programs/{program.pk}/versions")
    return world.client("developer").post(url, {"source": source}, format="json")


def test_it_works(world: World, program: Program, django_capture_on_commit_callbacks) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        answer = add(world, program, WRONG)
    assert answer.status_code == 201, answer.content
    row = answer.json()
    assert (row["number"], row["source"], row["created_by"]) == (1, WRONG, "developer@ours.example")
    assert row["sha256"] == hashlib.sha256(WRONG.encode()).hexdigest()
    shown = world.client("viewer").get(world.url(f"programs/{program.pk}/versions/1")).json()
    build = shown["build"]
    assert build["state"] == "failed"
    found = build["diagnostics"][0]
    assert (found["stage"], found["severity"], found["line"], found["column"] > 0) == ("compile", "error", 3, True)
    assert build["steps"]["compile"] > 0


def test_newest_first(world: World, program: Program) -> None:
    for text in ("a", "b", "c"):
        add(world, program, text)
    rows = world.client("viewer").get(world.url(f"programs/{program.pk}/versions")).json()["results"]
    assert [(row["number"], row["source"]) for row in rows] == [(3, "c"), (2, "b"), (1, "a")]


def test_isolation_and_roles(world: World, program: Program, version: Version) -> None:
    many, one = f"programs/{program.pk}/versions", f"programs/{program.pk}/versions/1"
    check_isolation(world, "get", many)
    check_isolation(world, "post", many, {"source": PASS})
    check_isolation(world, "get", one)
    check_roles(world, "post", many, "developer", {"source": PASS})
    check_rubbish(world, "post", many)
    stranger = world.client("stranger")
    assert stranger.get(world.url(many, world.theirs)).status_code == 404
    assert stranger.post(world.url(many, world.theirs), {"source": PASS}, format="json").status_code == 404
    assert stranger.get(world.url(one, world.theirs)).status_code == 404
    assert Version.objects.get() == version


@pytest.mark.parametrize("number", ["0", "2", "x", "-1", "9" * 30])
def test_one_that_is_not_there(world: World, program: Program, version: Version, number: str) -> None:
    answer = world.client("viewer").get(world.url(f"programs/{program.pk}/versions/{number}"))
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


@pytest.mark.parametrize(
    ("source", "status", "code"),
    [
        ("", 400, "invalid"),
        ("\t", 400, "source.empty"),
        (None, 400, "invalid"),
        ({}, 400, "invalid"),
        ("x" * (256 * 1024 + 1), 413, "source.too_large"),
        ("x" * 3_000_000, 413, "body.too_large"),
    ],
)
def test_bad_input(world: World, program: Program, source, status: int, code: str) -> None:
    answer = add(world, program, source)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert not Version.objects.exists()


def test_white_space_is_kept(world: World, program: Program) -> None:
    assert add(world, program, "\n x\r\n\t").json()["source"] == "\n x\r\n\t"


def test_versions_never_change(version: Version) -> None:
    version.source = "x"
    with pytest.raises(TypeError):
        version.save()
