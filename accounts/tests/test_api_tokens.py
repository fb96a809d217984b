import pytest

from accounts.models import ApiToken, AuditEntry, Membership
from accounts.tests.checks import check_isolation, check_roles, check_rubbish
from accounts.tests.world import World


def issue(client, world: World, role: str, name="ci"):
    return client.post(world.url("tokens"), {"name": name, "role": role}, format="json")


def test_it_works(world: World) -> None:
    answer = issue(world.client("developer"), world, "developer")
    assert answer.status_code == 201, answer.content
    row = answer.json()
    secret = row.pop("secret")
    assert secret.startswith(row["prefix"])
    assert row["created_by"] == "developer@ours.example"
    listed = world.client("developer").get(world.url("tokens"))
    assert listed.json()["results"] == [row]
    assert secret not in listed.content.decode()
    stored = ApiToken.objects.get()
    assert secret not in str(vars(stored)) + str(list(AuditEntry.objects.values()))
    bearer = world.client("nobody")
    bearer.credentials(HTTP_AUTHORIZATION=f"Bearer {secret}")
    assert bearer.get(world.url()).json()["role"] == "developer"
    assert world.client("developer").delete(world.url(f"tokens/{row['id']}")).status_code == 204
    assert bearer.get(world.url()).status_code == 401


def test_isolation_and_roles(world: World) -> None:
    token, _ = ApiToken.issue(world.ours, "ci", "viewer")
    body = {"name": "x", "role": "viewer"}
    check_isolation(world, "get", "tokens")
    check_isolation(world, "post", "tokens", body)
    check_isolation(world, "delete", f"tokens/{token.pk}")
    check_roles(world, "get", "tokens", "developer")
    check_roles(world, "post", "tokens", "developer", body)
    check_roles(world, "delete", f"tokens/{token.pk}", "owner")
    check_rubbish(world, "post", "tokens")
    stranger = world.client("stranger")
    assert stranger.delete(world.url(f"tokens/{token.pk}", world.theirs)).status_code == 404
    listed = stranger.get(world.url("tokens", world.theirs)).json()["results"]
    assert "ci" not in [row["name"] for row in listed]


@pytest.mark.parametrize(("actor", "role"), [("developer", "approver"), ("developer", "owner"), ("approver", "owner")])
def test_nobody_grants_more_than_they_have(world: World, actor: str, role: str) -> None:
    for client in (world.client(actor), world.token_client(actor)):
        answer = issue(client, world, role)
        assert (answer.status_code, answer.json()["code"]) == (403, "token.role")


def test_operators_issue_none(world: World) -> None:
    assert issue(world.client("operator"), world, "viewer").status_code == 403


def test_a_tokens_token_is_its_makers(world: World) -> None:
    secret = issue(world.client("developer"), world, "developer").json()["secret"]
    bearer = world.client("nobody")
    bearer.credentials(HTTP_AUTHORIZATION=f"Bearer {secret}")
    assert issue(bearer, world, "viewer").json()["created_by"] == "developer@ours.example"


def test_owners_revoke_any(world: World) -> None:
    row = issue(world.client("developer"), world, "viewer").json()
    assert world.client("approver").delete(world.url(f"tokens/{row['id']}")).status_code == 403
    assert world.client("owner").delete(world.url(f"tokens/{row['id']}")).status_code == 204
    assert world.client("owner").delete(world.url(f"tokens/{row['id']}")).status_code == 404


def test_tokens_follow_their_maker(world: World) -> None:
    approver = world.client("approver")
    for role in ("developer", "approver"):
        issue(approver, world, role)
    member = Membership.objects.get(user=world.users["approver"])
    url = world.url(f"members/{member.pk}")
    assert world.client("owner").patch(url, {"role": "developer"}, format="json").status_code == 200
    assert list(ApiToken.objects.values_list("role", flat=True)) == ["developer"]
    assert world.client("owner").delete(url).status_code == 204
    assert not ApiToken.objects.exists()


@pytest.mark.parametrize(
    "body",
    [
        {"name": "x"},
        {"role": "viewer"},
        {"name": "", "role": "viewer"},
        {"name": "x", "role": "operator"},
        {"name": "x", "role": 1},
        {"name": "\0", "role": "viewer"},
        {"name": "x" * 121, "role": "viewer"},
    ],
)
def test_bad_input(world: World, body: dict) -> None:
    answer = world.client("owner").post(world.url("tokens"), body, format="json")
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid")
    assert not ApiToken.objects.exists()
