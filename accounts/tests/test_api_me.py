from accounts.models import ApiToken
from accounts.tests.world import World

URL = "/api/v1/me"


def test_it_works(world: World) -> None:
    answer = world.client("developer").get(URL)
    assert answer.json() == {
        "user": {"email": "developer@ours.example", "name": "developer", "is_staff": False},
        "accounts": [{"id": world.ours.pk, "name": "Ours", "role": "developer"}],
    }


def test_nobody_gets_401(world: World) -> None:
    answer = world.client("nobody").get(URL)
    assert (answer.status_code, answer.json()["code"]) == (401, "not_authenticated")


def test_operators_see_every_account(world: World) -> None:
    accounts = world.client("operator").get(URL).json()["accounts"]
    assert [(row["name"], row["role"]) for row in accounts] == [("Ours", "viewer"), ("Theirs", "viewer")]


def test_a_token_sees_its_account(world: World) -> None:
    answer = world.token_client("approver").get(URL).json()
    assert answer["accounts"] == [{"id": world.ours.pk, "name": "Ours", "role": "approver"}]
    assert answer["user"]["email"] == ""


def test_bad_tokens(world: World) -> None:
    client = world.client("nobody")
    for header in ("Bearer", "Bearer ", "Bearer fp_x", "Bearer \xff\0", "bearer a b c"):
        assert client.get(URL, HTTP_AUTHORIZATION=header).status_code == 401


def test_a_token_ends_with_its_makers_account(world: World) -> None:
    _, secret = ApiToken.issue(world.ours, "ci", "viewer", world.users["developer"])
    client = world.client("nobody")
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {secret}")
    assert client.get(URL).status_code == 200
    world.users["developer"].is_active = False
    world.users["developer"].save()
    assert client.get(URL).status_code == 401


def test_last_use_is_noted(world: World) -> None:
    world.token_client("viewer").get(URL)
    assert ApiToken.objects.get().last_used_on is not None
