"""Publishing, signing and GET /fleet/v1/bundle."""

import base64
import json

import pytest
from django.db import transaction
from nacl.exceptions import BadSignatureError
from nacl.signing import VerifyKey
from rest_framework.test import APIClient

from accounts.models import Account, ApiToken
from fleet import queries, signing
from fleet.actions.publish import publish
from fleet.actions.retire_node import retire_node
from fleet.models import Bundle, Node, SigningKey
from httpapi.errors import Invalid

URL = "/fleet/v1/bundle"
CONTENT = {"programs": {"ab": {"elf": "AA=="}}, "accounts": [{"id": "a" * 32, "rules": []}]}


def opened(signed: dict) -> dict:
    """What was signed, once the installation's public key has proven it."""
    keys = {key["key_id"]: VerifyKey(base64.b64decode(key["public_key"])) for key in signing.public_keys()}
    payload = base64.b64decode(signed["payload"])
    keys[signed["key_id"]].verify(payload, base64.b64decode(signed["signature"]))
    return json.loads(payload)


@pytest.fixture
def agent(node) -> APIClient:
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION="Bearer fpn_edge1")
    return client


def test_it_works(agent, node):
    publish(CONTENT)
    answer = agent.get(URL)
    assert (answer.status_code, answer["ETag"]) == (200, '"1"')
    assert sorted(answer.json()) == ["key_id", "payload", "signature"]
    place = {"id": str(node.pk), "region": "eu", "datacenter": "ams1"}
    assert opened(answer.json()) == {"schema": 1, "serial": 1, "node": place, **CONTENT}


def test_another_signature_is_not_ours(agent):
    publish(CONTENT)
    signed = agent.get(URL).json()
    signed["payload"] = base64.b64encode(
        base64.b64decode(signed["payload"]).replace(b'"serial":1', b'"serial":9')
    ).decode()
    with pytest.raises(BadSignatureError):
        opened(signed)


def test_nothing_published_yet(agent):
    answer = agent.get(URL)
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


def test_an_unchanged_bundle_is_not_sent_again(agent):
    publish(CONTENT)
    assert agent.get(URL, headers={"If-None-Match": '"1"'}).status_code == 304
    publish(CONTENT)
    assert agent.get(URL, headers={"If-None-Match": '"1"'}).status_code == 200


def test_who_may_not_fetch(node):
    publish(CONTENT)
    _, token = ApiToken.issue(Account.objects.create(name="games"), "t", "owner")
    for header in ("", "Bearer", "Bearer wrong", "Basic fpn_edge1", f"Bearer {token}", "Bearer \xff"):
        answer = APIClient().get(URL, headers={"Authorization": header})
        assert answer.status_code == 401, header
        assert answer["WWW-Authenticate"] == "Bearer"


def test_a_retired_node_may_not_fetch(agent, node):
    publish(CONTENT)
    retire_node(None, node)
    answer = agent.get(URL)
    assert (answer.status_code, answer.json()["code"]) == (401, "node.credential")


def test_serials_count_up_and_the_last_fifty_are_kept(db):
    for _ in range(53):
        publish(CONTENT)
    serials = list(Bundle.objects.values_list("serial", flat=True))
    assert serials == list(range(53, 3, -1))
    assert queries.current_serial() == 53
    assert queries.content() == CONTENT


def test_a_failed_transaction_takes_its_serial_back(db):
    publish(CONTENT)
    with pytest.raises(RuntimeError), transaction.atomic():
        publish(CONTENT)
        raise RuntimeError
    assert publish(CONTENT).serial == 2


def test_content_is_checked(db):
    for content in ({}, {"programs": []}, {"programs": {}, "accounts": {}}):
        with pytest.raises(Invalid) as refused:
            publish(content)
        assert refused.value.code == "bundle.content"
    with pytest.raises(ValueError):
        signing.canonical({"a": float("nan")})


def test_no_content_before_the_first_bundle(db):
    assert queries.content() == {"programs": {}, "accounts": []}
    assert queries.current_serial() == 0


def test_the_private_key_is_encrypted(db, settings):
    signing.sign(b"x")
    key = SigningKey.objects.get()
    with pytest.raises(signing.SigningError):
        settings.SECRET_KEY = "another"
        signing.sign(b"x")
    assert len(bytes(key.private)) > 32
    assert signing.active_key().key_id == key.key_id


def test_a_replaced_secret_key_still_opens_it(db, settings):
    signing.sign(b"x")
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "another", [settings.SECRET_KEY]
    assert opened(signing.sign(b"{}")) == {}


def test_two_that_make_the_key_at_once_use_the_same(db, monkeypatch):
    """The second one finds no key, makes one, and meets the first one's."""
    first = signing.active_key()
    monkeypatch.setattr(SigningKey.objects, "filter", lambda **_: SigningKey.objects.none())
    assert signing.active_key() == first
    assert SigningKey.objects.count() == 1


def test_lagging_nodes(node):
    publish(CONTENT)
    assert not queries.nodes_lagging().exists()
    Node.objects.update(state="online")
    assert list(queries.nodes_lagging()) == [node]
    Node.objects.update(serial=1)
    assert not queries.nodes_lagging().exists()
