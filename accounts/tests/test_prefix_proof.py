import pytest
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.test import Client

from accounts.models import AuditEntry, Prefix
from accounts.signals import protection_changed
from accounts.tests.checks import check_isolation, check_rubbish
from accounts.tests.world import World
from flowprotect.menu import claims

CIDR = "192.0.2.0/24"
PROOF = {"method": "letter", "note": "Letter of 3 March, signed by the holder"}


@pytest.fixture
def told():
    heard: list = []

    def hear(account, **_) -> None:
        proven = account.prefixes.filter(state="proven")
        heard.append(list(proven.values_list("cidr", flat=True)))

    protection_changed.connect(hear)
    yield heard
    protection_changed.disconnect(hear)


@pytest.fixture
def claim(world: World) -> Prefix:
    answer = world.client("owner").post(world.url("prefixes"), {"cidr": CIDR}, format="json")
    assert answer.status_code == 201, answer.content
    return Prefix.objects.get()


def decide(world: World, claim: Prefix, verb: str, body: dict, role: str = "operator"):
    return world.client(role).post(world.url(f"prefixes/{claim.pk}/{verb}"), body, format="json")


def test_it_works(world: World, told: list, claim: Prefix) -> None:
    assert told == []
    assert claims(None) == "1"
    answer = decide(world, claim, "prove", PROOF)
    assert answer.status_code == 200, answer.content
    row = answer.json()
    assert {name: row[name] for name in ("state", "method", "note", "decided_by")} == {
        "state": "proven",
        **PROOF,
        "decided_by": world.operator.email,
    }
    assert row["decided_on"]
    assert told == [[CIDR]]
    assert claims(None) == ""
    entry = AuditEntry.objects.for_account(world.ours).get(action="prefix.prove")
    assert (entry.actor, entry.target) == (world.operator.email, CIDR)
    assert entry.data == {"before": "claimed", **PROOF}


def test_a_proof_is_taken_back(world: World, told: list, claim: Prefix) -> None:
    decide(world, claim, "prove", PROOF)
    answer = decide(world, claim, "refuse", {"note": "the letter was withdrawn"})
    assert (answer.status_code, answer.json()["state"], answer.json()["method"]) == (200, "refused", "")
    assert told == [[CIDR], []]


def test_nodes_are_not_told_of_a_claim_that_is_refused(world: World, told: list, claim: Prefix) -> None:
    assert decide(world, claim, "refuse", {"note": "no answer"}).status_code == 200
    assert told == []


def test_a_refused_claim_keeps_nobody_else_out(world: World, claim: Prefix) -> None:
    url = world.url("prefixes", world.theirs)
    assert world.client("stranger").post(url, {"cidr": CIDR}, format="json").json()["code"] == "prefix.overlap"
    decide(world, claim, "refuse", {"note": "no answer"})
    assert world.client("stranger").post(url, {"cidr": CIDR}, format="json").status_code == 201
    world.client("owner").delete(world.url(f"prefixes/{claim.pk}"))
    again = world.client("owner").post(world.url("prefixes"), {"cidr": CIDR}, format="json")
    assert (again.status_code, again.json()["code"]) == (409, "prefix.overlap")


def test_it_is_claimed_again_after_it_was_removed(world: World, claim: Prefix) -> None:
    decide(world, claim, "refuse", {"note": "no answer"})
    owner = world.client("owner")
    assert owner.post(world.url("prefixes"), {"cidr": CIDR}, format="json").json()["code"] == "prefix.exists"
    owner.delete(world.url(f"prefixes/{claim.pk}"))
    assert owner.post(world.url("prefixes"), {"cidr": CIDR}, format="json").json()["state"] == "claimed"


@pytest.mark.parametrize(("verb", "body"), [("prove", PROOF), ("refuse", {"note": "no"})])
def test_operators_decide_and_nobody_else(world: World, claim: Prefix, verb: str, body: dict) -> None:
    check_isolation(world, "post", f"prefixes/{claim.pk}/{verb}", body)
    for client in (world.client("owner"), world.token_client("owner")):
        answer = client.post(world.url(f"prefixes/{claim.pk}/{verb}"), body, format="json")
        assert (answer.status_code, answer.json()["code"]) == (403, "role")
    check_rubbish(world, "post", f"prefixes/{claim.pk}/{verb}")
    claim.refresh_from_db()
    assert claim.state == "claimed"
    stray = world.client("operator").post(world.url(f"prefixes/{claim.pk}/{verb}", world.theirs), body, format="json")
    assert stray.status_code == 404


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({}, "invalid"),
        ({"method": "letter"}, "invalid"),
        ({"method": "magic", "note": "x"}, "invalid"),
        ({"method": "trusted", "note": "x"}, "invalid"),
        ({"method": "before", "note": "x"}, "invalid"),
        ({"method": "letter", "note": " "}, "invalid"),
        ({"method": "letter", "note": "x" * 501}, "invalid"),
        ({"method": "letter", "note": "two\nlines"}, "prefix.note"),
    ],
)
def test_a_proof_needs_a_record(world: World, claim: Prefix, body: dict, code: str) -> None:
    answer = decide(world, claim, "prove", body)
    assert (answer.status_code, answer.json()["code"]) == (400, code)


def test_what_is_decided_is_not_proven_again(world: World, claim: Prefix) -> None:
    decide(world, claim, "prove", PROOF)
    for verb, body, expected in (("prove", PROOF, 409), ("refuse", {"note": "x"}, 200), ("prove", PROOF, 409)):
        answer = decide(world, claim, verb, body)
        assert answer.status_code == expected
    assert answer.json()["code"] == "prefix.state"


def test_an_installation_may_trust_claims(world: World, told: list, settings) -> None:
    settings.TRUST_PREFIXES = True
    row = world.client("owner").post(world.url("prefixes"), {"cidr": CIDR}, format="json").json()
    assert (row["state"], row["method"], row["decided_by"]) == ("proven", "trusted", "flowprotect")
    assert told == [[CIDR]]
    entry = AuditEntry.objects.for_account(world.ours).get(action="prefix.add")
    assert entry.data == {"state": "proven", "method": "trusted"}


def test_the_admin_decides(world: World, claim: Prefix) -> None:
    client = Client()
    client.force_login(world.operator)
    page = client.get("/admin/accounts/prefix/?state__exact=claimed")
    assert CIDR in page.content.decode()
    url = f"/admin/accounts/prefix/{claim.pk}/change/"
    assert client.get(url).status_code == 200
    unsaid = client.post(url, {"decision": "prove", "method": "", "note": "seen"})
    assert "Say how it was proven." in str(unsaid.context["errors"])
    assert client.post(url, {"decision": "prove", **PROOF}).status_code == 302
    claim.refresh_from_db()
    assert (claim.state, claim.method, claim.decided_by) == ("proven", "letter", world.operator.email)
    again = client.post(url, {"decision": "prove", **PROOF}, follow=True)
    assert "cannot become proven" in again.content.decode()
    assert client.post(url, {"decision": "refuse", "note": "over"}).status_code == 302
    claim.refresh_from_db()
    assert (claim.state, claim.note) == ("refused", "over")
    assert client.post(f"/admin/accounts/prefix/{claim.pk}/delete/", {"post": "yes"}).status_code == 403
    client.force_login(world.users["owner"])
    assert client.get(url).status_code == 302


@pytest.mark.django_db(transaction=True)
def test_what_was_there_before_is_proven() -> None:
    last = "0007_prefix_proof"
    executor = MigrationExecutor(connection)
    targets = executor.loader.graph.leaf_nodes()
    executor.migrate([("accounts", "0006_fuel")])
    try:
        old = executor.loader.project_state([("accounts", "0006_fuel")]).apps
        account = old.get_model("accounts", "Account").objects.create(id="a" * 32, name="old")
        old.get_model("accounts", "Prefix").objects.create(account=account, cidr=CIDR)
        executor = MigrationExecutor(connection)
        executor.migrate([("accounts", last)])
        new = executor.loader.project_state([("accounts", last)]).apps.get_model("accounts", "Prefix").objects.get()
        assert (new.state, new.method, new.decided_on) == ("proven", "before", None)
    finally:
        MigrationExecutor(connection).migrate(targets)
