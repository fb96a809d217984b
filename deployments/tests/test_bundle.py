"""What goes to nodes."""

from accounts.actions.add_prefix import add_prefix
from accounts.actions.decide_prefix import prove_prefix, refuse_prefix
from accounts.models import Prefix
from deployments.bundle import account_entry, compose
from deployments.tests.conftest import House

CIDR = "203.0.113.0/24"


def test_only_what_is_proven_is_protected(house: House) -> None:
    claim = add_prefix(house.owner, house.account, CIDR)
    assert account_entry(house.account)["prefixes"] == ["192.0.2.0/24"]
    prove_prefix(house.operator, claim, "registry", "RIPE, org GAMES")
    assert account_entry(house.account)["prefixes"] == ["192.0.2.0/24", CIDR]
    refuse_prefix(house.operator, claim, "sold")
    assert account_entry(house.account)["prefixes"] == ["192.0.2.0/24"]


def test_an_account_that_only_claims_is_not_sent(house: House) -> None:
    Prefix.objects.update(state="claimed")
    assert compose()["accounts"] == []
