import pytest

from accounts.models import AllowlistEntry, AuditEntry
from accounts.signals import protection_changed
from accounts.tests.checks import check_isolation, check_roles, check_rubbish
from accounts.tests.world import World


def add(world: World, cidr, note="office"):
    return world.client("owner").post(world.url("allowlist"), {"cidr": cidr, "note": note}, format="json")


def test_it_works(world: World) -> None:
    told: list = []

    def hear(account, **_) -> None:
        told.append(account.pk)

    protection_changed.connect(hear)
    try:
        row = add(world, "198.51.100.7").json()
        assert (row["cidr"], row["note"]) == ("198.51.100.7/32", "office")
        assert world.client("viewer").get(world.url("allowlist")).json()["results"] == [row]
        assert world.client("owner").delete(world.url(f"allowlist/{row['id']}")).status_code == 204
    finally:
        protection_changed.disconnect(hear)
    assert not AllowlistEntry.objects.exists()
    assert told == [world.ours.pk] * 2
    actions = AuditEntry.objects.for_account(world.ours).order_by("id").values_list("action", flat=True)
    assert list(actions) == ["allowlist.add", "allowlist.remove"]


def test_isolation_and_roles(world: World) -> None:
    entry = AllowlistEntry.objects.create(account=world.ours, cidr="198.51.100.0/24")
    body = {"cidr": "203.0.113.0/24"}
    check_isolation(world, "get", "allowlist")
    check_isolation(world, "post", "allowlist", body)
    check_isolation(world, "delete", f"allowlist/{entry.pk}")
    check_roles(world, "post", "allowlist", "owner", body)
    check_roles(world, "delete", f"allowlist/{entry.pk}", "owner")
    check_rubbish(world, "post", "allowlist")
    stranger = world.client("stranger")
    assert stranger.delete(world.url(f"allowlist/{entry.pk}", world.theirs)).status_code == 404
    assert stranger.get(world.url("allowlist", world.theirs)).json()["count"] == 0
    assert AllowlistEntry.objects.get() == entry


def test_two_accounts_may_allow_the_same(world: World) -> None:
    AllowlistEntry.objects.create(account=world.theirs, cidr="198.51.100.0/24")
    assert add(world, "198.51.100.0/24").status_code == 201
    answer = add(world, "198.51.100.0/24")
    assert (answer.status_code, answer.json()["code"]) == (409, "allowlist.exists")


@pytest.mark.parametrize(
    ("cidr", "note", "code"),
    [
        ("198.51.100.1/24", "", "allowlist.cidr"),
        ("0.0.0.0/0", "", "allowlist.everything"),
        ("::/0", "", "allowlist.everything"),
        ("198.51.100.0/24", "x" * 201, "invalid"),
        ("198.51.100.0/24", "a\0b", "invalid"),
        ("198.51.100.0/24", None, "invalid"),
        (7, "", "allowlist.cidr"),
    ],
)
def test_bad_input(world: World, cidr, note, code: str) -> None:
    answer = add(world, cidr, note)
    assert (answer.status_code, answer.json()["code"]) == (400, code)
