"""What every endpoint below an account has to hold."""

from accounts.tests.world import World

RUBBISH = [b"", b"{", b"[1]", b'"text"', b"\xff\xfe", b"null", b"[" * 100_000, b'{"x": NaN}', b"\0"]


def check_isolation(world: World, method: str, path: str, body: dict | None = None, **extra) -> None:
    """Nobody gets 401, and a member or token of another account 404: as if there was no such account."""
    call = {"data": body, "format": "json", **extra} if method in ("post", "put", "patch") else {}
    url = world.url(path)
    assert getattr(world.client("nobody"), method)(url, **call).status_code == 401
    for client in (world.client("stranger"), world.token_client("owner", world.theirs)):
        answer = getattr(client, method)(url, **call)
        assert (answer.status_code, answer.json()["code"]) == (404, "not_found"), answer.content


def check_roles(world: World, method: str, path: str, allowed: str, body: dict | None = None, **extra) -> None:
    """Roles below `allowed` get 403, people and tokens alike."""
    roles = ["viewer", "developer", "approver", "owner"]
    call = {"data": body, "format": "json", **extra} if method in ("post", "put", "patch") else {}
    for role in roles[: roles.index(allowed)]:
        for client in (world.client(role), world.token_client(role)):
            answer = getattr(client, method)(world.url(path), **call)
            assert answer.status_code == 403, (role, answer.content)
            assert answer.json()["code"] == "role"


def check_rubbish(world: World, method: str, path: str, empty_is_valid: bool = False) -> None:
    """Bodies that are not what is asked for are refused with a code, and never crash."""
    client = world.client("owner")
    for body in RUBBISH:
        answer = getattr(client, method)(world.url(path), data=body, content_type="application/json")
        if body in (b"", b"null") and empty_is_valid:
            continue
        assert answer.status_code in (400, 413), (body[:20], answer.content)
        assert answer.json()["code"]
    answer = getattr(client, method)(world.url(path), data=b"a=1", content_type="application/x-www-form-urlencoded")
    assert answer.status_code == 415
    answer = getattr(client, method)(world.url(path), data=b"x" * 3_000_000, content_type="application/json")
    assert (answer.status_code, answer.json()["code"]) == (413, "body.too_large")
