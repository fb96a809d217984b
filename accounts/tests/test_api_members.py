import pytest

from accounts.models import AuditEntry, Membership, User
from accounts.tests.checks import check_isolation, check_roles, check_rubbish
from accounts.tests.world import World


def add(world: World, email, role="viewer"):
    return world.client("owner").post(world.url("members"), {"email": email, "role": role}, format="json")


def member(world: World, role: str) -> Membership:
    return Membership.objects.get(account=world.ours, user=world.users[role])


def test_it_works(world: World) -> None:
    answer = add(world, "Owner@Theirs.example", "developer")
    assert answer.status_code == 201, answer.content
    row = answer.json()
    assert (row["email"], row["role"]) == ("owner@theirs.example", "developer")
    listed = world.client("viewer").get(world.url("members")).json()["results"]
    assert len(listed) == 5
    assert row in listed
    url = world.url(f"members/{row['id']}")
    assert world.client("owner").patch(url, {"role": "approver"}, format="json").json()["role"] == "approver"
    assert world.client("owner").delete(url).status_code == 204
    assert world.client("stranger").get(world.url("members")).status_code == 404
    actions = AuditEntry.objects.for_account(world.ours).order_by("id").values_list("action", flat=True)
    assert list(actions) == ["member.add", "member.change", "member.remove"]


def test_isolation_and_roles(world: World) -> None:
    row = member(world, "viewer")
    body = {"email": "owner@theirs.example", "role": "viewer"}
    check_isolation(world, "get", "members")
    check_isolation(world, "post", "members", body)
    check_isolation(world, "patch", f"members/{row.pk}", {"role": "owner"})
    check_isolation(world, "delete", f"members/{row.pk}")
    check_roles(world, "post", "members", "owner", body)
    check_roles(world, "patch", f"members/{row.pk}", "owner", {"role": "owner"})
    other = member(world, "owner")
    check_roles(world, "delete", f"members/{other.pk}", "owner")
    check_rubbish(world, "post", "members")
    check_rubbish(world, "patch", f"members/{row.pk}")
    stranger = world.client("stranger")
    url = world.url(f"members/{row.pk}", world.theirs)
    assert stranger.delete(url).status_code == 404
    assert stranger.patch(url, {"role": "owner"}, format="json").status_code == 404
    emails = [row["email"] for row in stranger.get(world.url("members", world.theirs)).json()["results"]]
    assert emails == ["owner@theirs.example"]


def test_the_last_owner_stays(world: World) -> None:
    row = member(world, "owner")
    url = world.url(f"members/{row.pk}")
    for client in (world.client("owner"), world.client("operator"), world.token_client("owner")):
        answer = client.delete(url)
        assert (answer.status_code, answer.json()["code"]) == (409, "member.last_owner")
        answer = client.patch(url, {"role": "viewer"}, format="json")
        assert (answer.status_code, answer.json()["code"]) == (409, "member.last_owner")
    inactive = User.objects.create_user("gone@ours.example", is_active=False)
    Membership.objects.create(account=world.ours, user=inactive, role="owner")
    assert world.client("owner").delete(url).json()["code"] == "member.last_owner"
    second = User.objects.create_user("second@ours.example")
    Membership.objects.create(account=world.ours, user=second, role="owner")
    assert world.client("owner").delete(url).status_code == 204


def test_members_leave_by_themselves(world: World) -> None:
    row = member(world, "viewer")
    assert world.client("viewer").delete(world.url(f"members/{row.pk}")).status_code == 204
    assert world.client("viewer").get(world.url()).status_code == 404


def test_owners_make_no_users(world: World) -> None:
    answer = add(world, "new@ours.example")
    assert (answer.status_code, answer.json()["code"]) == (400, "member.unknown")
    assert not User.objects.filter(email="new@ours.example").exists()


def test_a_member_twice(world: World) -> None:
    answer = add(world, "viewer@ours.example", "owner")
    assert (answer.status_code, answer.json()["code"]) == (409, "member.exists")
    assert member(world, "viewer").role == "viewer"


@pytest.mark.parametrize(
    ("email", "role"),
    [("x", "viewer"), ("a@b.example", "king"), (None, "viewer"), ("a\0@b.example", "viewer"), ({}, [])],
)
def test_bad_input(world: World, email, role) -> None:
    answer = add(world, email, role)
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid")
