"""A node, two customers, and messages as nodes send them."""

from datetime import UTC, datetime

import pytest

from accounts.models import Account, Membership, User
from fleet.models import Datacenter, Node, Region, digest

NOW = datetime(2026, 3, 1, 12, 0, 30, tzinfo=UTC)
RULE = "11111111-2222-3333-4444-555555555555"


@pytest.fixture
def node(db) -> Node:
    """A node whose credential is "fpn_edge1"."""
    region = Region.objects.create(code="eu", name="Europe")
    place = Datacenter.objects.create(code="ams1", name="Amsterdam", region=region)
    return Node.objects.create(datacenter=place, hostname="edge1", credential_hash=digest("fpn_edge1"))


@pytest.fixture
def games(db) -> Account:
    return Account.objects.create(id="a" * 32, name="games")


@pytest.fixture
def others(db) -> Account:
    return Account.objects.create(id="b" * 32, name="others")


@pytest.fixture
def viewer(games) -> User:
    user = User.objects.create_user("viewer@games.example", "a password")
    Membership.objects.create(account=games, user=user, role="viewer")
    return user


def message(at: float, accounts=(), rules=(), sources=()) -> dict:
    """A stats message of pairs (account id, fields)."""

    def entries(pairs):
        return [{"account_id": account, **fields} for account, fields in pairs]

    return {
        "type": "stats",
        "at": at,
        "serial": 3,
        "interval_ms": 1000,
        "accounts": entries(accounts),
        "rules": entries(rules),
        "sources": entries(sources),
    }


def rule_entry(**fields) -> dict:
    return {"rule_id": RULE, "mode": "enabled", "packets": 10, "passed": 6, "dropped": 4, "tags": {"1": 4}, **fields}


def sample(account: str, **fields) -> dict:
    return {
        "account_id": account,
        "rule_id": RULE,
        "at": NOW.timestamp(),
        "source": "203.0.113.9",
        "source_port": 4000,
        "destination": "192.0.2.1",
        "destination_port": 7777,
        "length": 72,
        "verdict": "drop",
        "tag": 2**64 - 1,
        "challenge": False,
        "packet": "RQAA",
        **fields,
    }
