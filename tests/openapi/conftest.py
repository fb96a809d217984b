"""A scratch account that has one of everything, for random requests in an owner's name."""

from dataclasses import dataclass
from typing import Any

import pytest
from django.core.cache import cache
from django.db import transaction

from accounts.actions.add_entry import add_entry
from accounts.actions.create_list import create_list
from accounts.models import AllowlistEntry, ApiToken, Membership, Prefix
from demo.capture import supplied
from deployments.actions.approve import approve
from deployments.actions.request import request_create, request_update
from deployments.tests.conftest import make_house
from fleet.models import Datacenter, Node, Region
from programs.actions.add_capture import add_capture
from programs.actions.start_replay import start_replay


@dataclass
class Scratch:
    """The owner's token, and for each parameter of a path the values that name something."""

    token: str
    known: dict[str, list[Any]]


@pytest.fixture
def scratch(db, settings, monkeypatch: pytest.MonkeyPatch) -> Scratch:
    # What waits for a commit is done at once: a test in one transaction that is rolled back is several times faster.
    monkeypatch.setattr(transaction, "on_commit", lambda act: act())
    settings.COMPATIBLE_WAIT_SECONDS = 5
    cache.clear()
    region = Region.objects.create(code="eu", name="Europe")
    datacenter = Datacenter.objects.create(code="ams1", name="Amsterdam", region=region)
    Datacenter.objects.create(code="fra1", name="Frankfurt", region=region)
    house = make_house("scratch", "192.0.2.0/24")
    account, owner = house.account, house.owner
    house.account.approvers = "account"
    house.account.save()
    Node.objects.create(hostname="edge1", datacenter=datacenter)
    allowed = AllowlistEntry.objects.create(account=account, cidr="198.51.100.1/32")
    ip_list = create_list(owner, account, "bots")
    entry = add_entry(owner, ip_list, "203.0.113.0/24")
    capture = add_capture(owner, account, "game", supplied()["demo: players only"])
    replay = start_replay(owner, house.first, capture)
    first = request_create(house.developer, account, house.terms())
    approve(house.approver, first)
    waiting = request_update(house.developer, first.rule, house.terms(version=house.second))
    draft = request_create(house.developer, account, house.terms(scope="region", name="eu"), draft=True)
    other = ApiToken.issue(account, "other", "viewer")[0]
    known = {
        "account": [account.pk],
        "account_id": [account.pk],
        "program_id": [house.first.program_id],
        "number": [1, 2],
        "version": [house.first.pk],
        "prefix_id": [Prefix.objects.get(account=account).pk],
        "list_id": [ip_list.pk],
        "entry_id": [allowed.pk, entry.pk],
        "member_id": [Membership.objects.get(user=house.developer).pk],
        "token_id": [other.pk],
        "capture_id": [capture.pk],
        "replay_id": [replay.pk],
        "rule_id": [first.rule_ref, draft.rule_ref],
        "deployment": [waiting.pk, draft.pk, first.pk],
    }
    return Scratch(ApiToken.issue(account, "owner", "owner")[1], {k: [str(v) for v in vs] for k, vs in known.items()})
