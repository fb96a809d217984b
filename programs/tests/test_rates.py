import pytest

from accounts.models import ApiToken
from accounts.tests.world import World
from programs import rates
from programs.models import Capture, Program, Replay, Version
from programs.tests.conftest import PASS, WRONG


@pytest.fixture(autouse=True)
def slow(monkeypatch: pytest.MonkeyPatch) -> None:
    for by_actor, by_account in (rates.BUILD, rates.CHECK, rates.REPLAY):
        monkeypatch.setattr(by_actor, "rate", "2/min")
        monkeypatch.setattr(by_account, "rate", "3/min")


@pytest.fixture(params=["build", "check", "replay", "create"])
def call(request, world: World, program: Program, version: Version, capture: Capture, monkeypatch):
    """(path, body): a request that builds, checks or replays; nothing is really compiled."""
    monkeypatch.setattr("programs.api.check.check_unsaved", lambda *_: {"ok": True, "diagnostics": []})
    monkeypatch.setattr("programs.api.check.CheckSerializer", lambda checked: type("Shown", (), {"data": checked}))
    return {
        "build": (f"programs/{program.pk}/versions", {"source": WRONG}),
        "create": ("programs", {"name": "same", "source": PASS}),
        "check": ("check", {"source": PASS}),
        "replay": ("replays", {"version": str(version.pk), "capture": str(capture.pk)}),
    }[request.param]


def test_by_actor_and_by_account(world: World, call: tuple[str, dict]) -> None:
    path, body = call

    def ask(client) -> tuple[int, str | None]:
        answer = client.post(world.url(path), body, format="json")
        return answer.status_code, answer.get("Retry-After")

    first, second, third = (world.token_client("developer") for _ in range(3))
    assert [ask(first)[0] == 429 for _ in range(3)] == [False, False, True]
    status, seconds = ask(first)
    assert status == 429 and 0 < int(seconds or 0) <= 60
    assert ask(second)[0] != 429
    assert ask(third)[0] == 429
    theirs = world.token_client("owner", world.theirs)
    assert theirs.post(world.url("check", world.theirs), {"source": PASS}, format="json").status_code != 429


def test_who_may_not_uses_nothing_up(world: World, call: tuple[str, dict]) -> None:
    path, body = call
    for client in (world.client("stranger"), world.token_client("owner", world.theirs), world.client("viewer")):
        for _ in range(4):
            assert client.post(world.url(path), body, format="json").status_code in (403, 404)
    assert world.client("developer").post(world.url(path), body, format="json").status_code < 300


def test_reading_is_not_counted(world: World, program: Program) -> None:
    client = world.client("developer")
    paths = ("programs", f"programs/{program.pk}/versions", "replays")
    assert {client.get(world.url(path)).status_code for path in paths for _ in range(4)} == {200}


def test_the_compatible_api_has_them_too(world: World, version: Version, settings) -> None:
    settings.COMPATIBLE_WAIT_SECONDS = 0
    client = world.token_client("developer")
    url = f"/client/v4/accounts/{world.ours.pk}/magic/programmable_flow_protection/configs/programs"
    for status in (409, 409, 429):
        answer = client.generic("POST", url, WRONG.encode(), content_type="text/plain", HTTP_X_PROGRAM_NAME="guard")
        assert answer.status_code == status, answer.content
    assert answer.json()["errors"][0]["code"] == 1008
    assert int(answer["Retry-After"]) > 0
    assert ApiToken.objects.count() == 1
    for status in (503, 503, 429):
        answer = client.generic(
            "POST", f"{url}/{version.program_id}/pcap", b"rubbish", content_type="application/octet-stream"
        )
        assert answer.status_code == status, answer.content
    assert Replay.objects.count() == 0
