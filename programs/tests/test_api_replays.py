import pytest

from accounts.tests.checks import check_isolation, check_roles, check_rubbish
from accounts.tests.world import World
from programs.models import Build, Capture, Program, Replay, Version
from programs.tests.captures import SMALL
from programs.tests.conftest import PASS


def start(world: World, version, capture, /, **fields):
    body = {"version": str(getattr(version, "pk", version)), "capture": str(getattr(capture, "pk", capture)), **fields}
    return world.client("developer").post(world.url("replays"), body, format="json")


def test_it_works(world: World, program: Program, capture: Capture, django_capture_on_commit_callbacks) -> None:
    client = world.client("developer")
    with django_capture_on_commit_callbacks(execute=True):
        client.post(world.url(f"programs/{program.pk}/versions"), {"source": PASS}, format="json")
    version = Version.objects.get()
    with django_capture_on_commit_callbacks(execute=True):
        answer = start(world, version, capture)
    assert answer.status_code == 201, answer.content
    assert (answer.json()["state"], answer.json()["summary"]) == ("queued", None)
    replay = client.get(world.url(f"replays/{answer.json()['id']}")).json()
    assert (replay["state"], replay["error"], replay["created_by"]) == ("done", "", "developer@ours.example")
    assert (replay["version"], replay["version_number"], replay["program"]) == (str(version.pk), 1, str(program.pk))
    assert (replay["summary"]["packets"], replay["summary"]["passed"]) == (3, 2)
    assert replay["summary"]["first"][0]["source"] == "127.1.0.1"
    rows = world.client("viewer").get(world.url("replays")).json()["results"]
    assert len(rows) == 2
    assert rows[0] == {**replay, "summary": None}


def test_a_supplied_capture(world: World, version: Version) -> None:
    supplied = Capture.objects.create(account=None, name="supplied", data=SMALL)
    assert start(world, version, supplied, ip_offset=14).json()["ip_offset"] == 14


def test_isolation_and_roles(world: World, version: Version, capture: Capture) -> None:
    replay = Replay.objects.create(version=version, capture=capture)
    body = {"version": str(version.pk), "capture": str(capture.pk)}
    check_isolation(world, "get", "replays")
    check_isolation(world, "post", "replays", body)
    check_isolation(world, "get", f"replays/{replay.pk}")
    check_roles(world, "post", "replays", "developer", body)
    check_rubbish(world, "post", "replays")
    stranger = world.client("stranger")
    assert stranger.get(world.url(f"replays/{replay.pk}", world.theirs)).status_code == 404
    assert stranger.get(world.url("replays", world.theirs)).json()["count"] == 0
    assert stranger.get(world.url(f"replays?version={version.pk}", world.theirs)).json()["count"] == 0
    assert Replay.objects.get() == replay


def test_other_accounts_versions_and_captures_are_not_there(world: World, version: Version, capture: Capture) -> None:
    program = Program.objects.create(account=world.theirs, name="theirs")
    theirs = Version.objects.create(program=program, number=1, source=PASS, created_by="x")
    Build.objects.create(version=theirs, state="ready", elf=b"x")
    hidden = Capture.objects.create(account=world.theirs, name="theirs", data=SMALL)
    for pair in ((theirs, capture), (version, hidden), (theirs, hidden)):
        answer = start(world, *pair)
        assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
    assert not Replay.objects.exists()


@pytest.mark.parametrize("state", ["queued", "compiling", "verifying", "replaying", "failed"])
def test_an_unfinished_build(world: World, version: Version, capture: Capture, state: str) -> None:
    Build.objects.update(state=state)
    answer = start(world, version, capture)
    assert (answer.status_code, answer.json()["code"]) == (409, "build.not_ready")


@pytest.mark.parametrize(
    "fields",
    [
        {"version": "x"},
        {"capture": None},
        {"capture": [1]},
        {"ip_offset": -1},
        {"ip_offset": 65536},
        {"ip_offset": "x"},
    ],
)
def test_bad_input(world: World, version: Version, capture: Capture, fields: dict) -> None:
    answer = start(world, version, capture, **fields)
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid")


def test_only_one_versions(world: World, version: Version, capture: Capture) -> None:
    Replay.objects.create(version=version, capture=capture)
    client = world.client("viewer")
    assert client.get(world.url(f"replays?version={version.pk}")).json()["count"] == 1
    assert client.get(world.url(f"replays?version={capture.pk}")).json()["count"] == 0
    answer = client.get(world.url("replays?version=x"))
    assert (answer.status_code, answer.json()["code"]) == (400, "version")


@pytest.mark.parametrize("path", ["replays", "programs/{}/versions", "captures"])
def test_lists_ask_the_same_for_many_rows(
    world, program, version, capture, path, django_assert_max_num_queries
) -> None:
    for number in range(2, 12):
        row = Version.objects.create(program=program, number=number, source=PASS, created_by="x")
        Build.objects.create(version=row)
        recording = Capture.objects.create(account=world.ours, name="c", data=SMALL)
        Replay.objects.create(version=row, capture=recording)
    client = world.client("viewer")
    with django_assert_max_num_queries(8):
        assert client.get(world.url(path.format(program.pk))).json()["count"] >= 10
