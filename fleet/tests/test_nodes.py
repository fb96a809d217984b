"""GET accounts/{a}/nodes, and the node's state machine."""

from datetime import timedelta

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from accounts.models import Account, ApiToken
from fleet.actions.connect import connect, still_connected
from fleet.actions.disconnect import disconnect, sweep
from fleet.actions.publish import publish
from fleet.actions.retire_node import retire_node
from fleet.actions.save_place import save_place
from fleet.models import IllegalTransition, Node
from fleet.tests.test_bundle import CONTENT
from httpapi.errors import Forbidden, Refused


@pytest.fixture
def account(db) -> Account:
    return Account.objects.create(name="games")


@pytest.fixture
def client(account) -> APIClient:
    return APIClient(headers={"Authorization": f"Bearer {ApiToken.issue(account, 't', 'viewer')[1]}"})


def test_it_works(client, account, node):
    publish(CONTENT)
    connect(node, "channel")
    Node.objects.update(serial=1, error={"code": "bundle.bad", "message": "account 77"}, agent_version="0.2")
    (found,) = client.get(f"/api/v1/accounts/{account.pk}/nodes").json()["results"]
    assert found.pop("last_seen_on")
    assert "77" not in found["error"].pop("message")
    assert found == {
        "id": str(node.pk),
        "hostname": "edge1",
        "region": "eu",
        "datacenter": "ams1",
        "state": "online",
        "serial": 1,
        "current": True,
        "agent_version": "0.2",
        "error": {"code": "bundle.bad"},
        "held_back": None,
        "confinement": "unknown",
    }
    publish(CONTENT)
    assert client.get(f"/api/v1/accounts/{account.pk}/nodes").json()["results"][0]["current"] is False


def test_an_account_sees_only_why_it_is_held_back_itself(client, account, node):
    faults = {
        account.pk: {"code": "config.list", "message": "mine"},
        "f" * 32: {"code": "config.list", "message": "not"},
    }
    Node.objects.update(held_back=faults, confinement={"state": "partial", "missing": ["landlock.tcp"]})
    answer = client.get(f"/api/v1/accounts/{account.pk}/nodes")
    (found,) = answer.json()["results"]
    assert found["held_back"] == {"code": "config.list", "message": "mine"}
    assert found["confinement"] == "partial"
    assert b"not" not in answer.content


def test_few_queries_for_many_nodes(client, account, node, django_assert_max_num_queries):
    for number in range(20):
        Node.objects.create(datacenter=node.datacenter, hostname=f"n{number}", credential_hash=str(number))
    with django_assert_max_num_queries(8):
        assert client.get(f"/api/v1/accounts/{account.pk}/nodes").json()["count"] == 21


def test_retired_nodes_are_not_listed(client, account, node):
    retire_node(None, node)
    assert client.get(f"/api/v1/accounts/{account.pk}/nodes").json()["count"] == 0


def test_a_silent_node_is_shown_offline(client, account, node):
    connect(node, "channel")
    Node.objects.update(last_seen_on=timezone.now() - timedelta(minutes=2))
    assert client.get(f"/api/v1/accounts/{account.pk}/nodes").json()["results"][0]["state"] == "offline"
    assert sweep() == 1
    assert Node.objects.get().state == "offline"
    assert sweep() == 0


@pytest.mark.parametrize(
    ("before", "after"),
    [("enrolled", "offline"), ("retired", "online"), ("retired", "offline"), ("offline", "enrolled")],
)
def test_other_steps_are_not_allowed(node, before, after):
    node.state = before
    with pytest.raises(IllegalTransition):
        node.move(after)


def test_a_row_that_moved_meanwhile(node):
    Node.objects.update(state="retired")
    with pytest.raises(IllegalTransition):
        node.move("online")
    with pytest.raises(IllegalTransition):
        connect(node, "channel")
    assert not still_connected(node)
    disconnect(node, "channel")
    assert Node.objects.get().state == "retired"


def test_only_operators(node, django_user_model):
    person = django_user_model.objects.create_user("dev@games.example", "a password")
    with pytest.raises(Forbidden):
        retire_node(person, node)
    with pytest.raises(Forbidden):
        save_place(person, node.datacenter)
    node.datacenter.code = "new"
    with pytest.raises(Refused) as refused:
        save_place(None, node.datacenter)
    assert refused.value.code == "place.code"
