import pytest

from accounts.models import Account, AuditEntry, Prefix
from accounts.signals import protection_changed
from accounts.tests.checks import check_isolation, check_roles, check_rubbish
from accounts.tests.world import World


def add(world: World, cidr, role: str = "owner", account: Account | None = None):
    return world.client(role).post(world.url("prefixes", account), {"cidr": cidr}, format="json")


@pytest.fixture
def told():
    heard: list = []

    def hear(sender, account, **_) -> None:
        heard.append((sender, account.pk, list(account.prefixes.values_list("cidr", flat=True))))

    protection_changed.connect(hear)
    yield heard
    protection_changed.disconnect(hear)


def test_it_works(world: World, told: list) -> None:
    answer = add(world, "192.0.2.0/24")
    assert answer.status_code == 201, answer.content
    row = answer.json()
    assert (row["cidr"], row["state"], row["method"], row["decided_on"]) == ("192.0.2.0/24", "claimed", "", None)
    listed = world.client("viewer").get(world.url("prefixes")).json()
    assert listed == {"count": 1, "next": None, "previous": None, "results": [row]}
    assert world.client("owner").delete(world.url(f"prefixes/{row['id']}")).status_code == 204
    assert world.client("viewer").get(world.url("prefixes")).json()["count"] == 0
    assert told == [(Account, world.ours.pk, [])]
    actions = AuditEntry.objects.for_account(world.ours).order_by("id").values_list("action", "target")
    assert list(actions) == [("prefix.add", "192.0.2.0/24"), ("prefix.remove", "192.0.2.0/24")]


def test_operators_add_them_too(world: World) -> None:
    assert add(world, "192.0.2.0/24", "operator").status_code == 201


def test_isolation_and_roles(world: World) -> None:
    prefix = Prefix.objects.create(account=world.ours, cidr="192.0.2.0/24")
    for method, path, body in (
        ("get", "prefixes", None),
        ("post", "prefixes", {"cidr": "198.51.100.0/24"}),
        ("delete", f"prefixes/{prefix.pk}", None),
    ):
        check_isolation(world, method, path, body)
    check_roles(world, "post", "prefixes", "owner", {"cidr": "198.51.100.0/24"})
    check_roles(world, "delete", f"prefixes/{prefix.pk}", "owner")
    check_rubbish(world, "post", "prefixes")
    answer = world.client("stranger").delete(world.url(f"prefixes/{prefix.pk}", world.theirs))
    assert answer.status_code == 404
    assert world.client("stranger").get(world.url("prefixes", world.theirs)).json()["results"] == []
    assert Prefix.objects.get() == prefix


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("192.0.2.1", "192.0.2.1/32"),
        (" 2001:DB8:0::/32 ", "2001:db8::/32"),
        ("192.0.2.0/255.255.255.0", "192.0.2.0/24"),
    ],
)
def test_spellings(world: World, typed: str, kept: str) -> None:
    assert add(world, typed).json()["cidr"] == kept


@pytest.mark.parametrize(
    ("cidr", "code"),
    [
        ("192.0.2.1/24", "prefix.cidr"),
        ("192.0.2.0/33", "prefix.cidr"),
        ("300.0.2.0/24", "prefix.cidr"),
        ("fe80::1%eth0", "prefix.cidr"),
        ("١٩٢.0.2.0/24", "prefix.cidr"),
        ("16909060", "prefix.cidr"),
        ("/", "prefix.cidr"),
        ("0.0.0.0/0", "prefix.too_wide"),
        ("::/0", "prefix.too_wide"),
        ("16.0.0.0/7", "prefix.too_wide"),
        ("", "invalid"),
        ("\0", "invalid"),
        (None, "invalid"),
        ([], "invalid"),
        ("1" * 50, "invalid"),
    ],
)
def test_what_is_no_network(world: World, cidr, code: str) -> None:
    answer = add(world, cidr)
    assert (answer.status_code, answer.json()["code"]) == (400, code)


@pytest.mark.parametrize("cidr", ["192.0.2.0/24", "192.0.2.128/25", "192.0.0.0/16", "192.0.2.1"])
def test_accounts_do_not_overlap(world: World, told: list, cidr: str) -> None:
    Prefix.objects.create(account=world.theirs, cidr="192.0.2.0/24")
    answer = add(world, cidr)
    assert (answer.status_code, answer.json()["code"]) == (409, "prefix.overlap")
    assert "Theirs" not in answer.content.decode()
    assert told == []


def test_one_account_may_nest_but_not_repeat(world: World) -> None:
    assert add(world, "192.0.2.0/24").status_code == 201
    assert add(world, "192.0.2.0/25").status_code == 201
    assert add(world, "::ffff:192.0.2.0/120").status_code == 201
    assert add(world, "192.0.2.0/24").json()["code"] == "prefix.exists"


def test_a_listener_that_refuses_undoes_the_change(world: World, settings) -> None:
    settings.TRUST_PREFIXES = True

    def refuse(**_) -> None:
        raise RuntimeError("no")

    protection_changed.connect(refuse)
    client = world.client("owner")
    client.raise_request_exception = False
    try:
        assert client.post(world.url("prefixes"), {"cidr": "192.0.2.0/24"}, format="json").status_code == 500
    finally:
        protection_changed.disconnect(refuse)
    assert not Prefix.objects.exists()
    assert not AuditEntry.objects.exists()


@pytest.mark.parametrize("prefix_id", [0, 99999999, 10**30])
def test_one_that_is_not_there(world: World, prefix_id: int) -> None:
    assert world.client("owner").delete(world.url(f"prefixes/{prefix_id}")).status_code == 404


def test_pages(world: World) -> None:
    Prefix.objects.bulk_create(Prefix(account=world.ours, cidr=f"10.0.0.{n}/32") for n in range(60))
    first = world.client("viewer").get(world.url("prefixes")).json()
    assert (first["count"], len(first["results"])) == (60, 50)
    assert len(world.client("viewer").get(first["next"]).json()["results"]) == 10
    for page in ("x", "0", "99", "-1"):
        assert world.client("viewer").get(world.url(f"prefixes?page={page}")).status_code == 404
