from rest_framework.test import APIClient

from accounts.tests.world import World

URL = "/api/v1/auth/logout"


def test_it_works(world: World) -> None:
    client = world.client("viewer")
    assert client.post(URL).status_code == 204
    assert client.get("/api/v1/me").status_code == 401


def test_another_page_cannot_do_it(world: World) -> None:
    client = APIClient(enforce_csrf_checks=True)
    client.force_login(world.users["viewer"])
    assert client.post(URL).status_code == 403
    assert client.get("/api/v1/me").status_code == 200


def test_nobody_gets_401(world: World) -> None:
    assert world.client("nobody").post(URL).status_code == 401


def test_a_token_has_no_session_to_end(world: World) -> None:
    client = world.token_client("viewer")
    assert client.post(URL).status_code == 204
    assert client.get("/api/v1/me").status_code == 200
