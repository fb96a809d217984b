"""POST /fleet/v1/enrol."""

import secrets
from datetime import timedelta

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from accounts.models import AuditEntry
from fleet.actions.enrol import enrol
from fleet.actions.issue_enrolment_token import issue_enrolment_token
from fleet.models import EnrolmentToken, Node, digest
from httpapi.errors import Forbidden, Invalid

URL = "/fleet/v1/enrol"


@pytest.fixture
def secret(ams1) -> str:
    return issue_enrolment_token(None, ams1, note="rack 4")[1]


def body(secret: str, **changes) -> dict:
    return {"token": secret, "hostname": "edge1.example", "agent_version": "0.1.0", **changes}


def test_it_works(secret):
    answer = APIClient().post(URL, body(secret))
    assert answer.status_code == 201
    data = answer.json()
    assert (data["region"], data["datacenter"]) == ("eu", "ams1")
    assert [sorted(key) for key in data["keys"]] == [["key_id", "public_key"]]
    node = Node.objects.get()
    assert (str(node.pk), node.state, node.hostname) == (data["node_id"], "enrolled", "edge1.example")
    assert node.credential_hash == digest(data["credential"]) and data["credential"] not in node.credential_hash
    assert EnrolmentToken.objects.get().node == node
    assert set(AuditEntry.objects.values_list("action", flat=True)) == {"node.token", "node.enrol"}


def test_secrets_are_not_stored(secret):
    assert EnrolmentToken.objects.get().hash == digest(secret)
    assert secret not in str(AuditEntry.objects.values())


def test_a_token_works_once(secret):
    assert APIClient().post(URL, body(secret)).status_code == 201
    answer = APIClient().post(URL, body(secret))
    assert (answer.status_code, answer.json()["code"]) == (403, "enrolment.used")
    assert Node.objects.count() == 1


def test_a_token_works_once_when_two_ask_at_the_same_time(secret, monkeypatch):
    """Both have found the unused token; the credential is made between that and the claim."""
    real, overtaken = secrets.token_urlsafe, []

    def token_urlsafe(size: int) -> str:
        if not overtaken:
            overtaken.append(True)
            enrol(secret, "fast.example", "1")
        return real(size)

    monkeypatch.setattr(secrets, "token_urlsafe", token_urlsafe)
    with pytest.raises(Forbidden) as refused:
        enrol(secret, "slow.example", "1")
    assert refused.value.code == "enrolment.used"
    assert [node.hostname for node in Node.objects.all()] == ["fast.example"]


@pytest.mark.parametrize("token", ["", "nonsense", "fpe_" + "A" * 43, "x" * 201, None, 7, ["a"], "a\0b"])
def test_a_wrong_token(db, token):
    answer = APIClient().post(URL, body(token))
    assert (answer.status_code, answer.json()["code"]) in ((400, "invalid"), (403, "enrolment.token"))
    assert not Node.objects.exists()


def test_an_expired_token(secret):
    EnrolmentToken.objects.update(expires_on=timezone.now() - timedelta(seconds=1))
    answer = APIClient().post(URL, body(secret))
    assert (answer.status_code, answer.json()["code"]) == (403, "enrolment.expired")


@pytest.mark.parametrize(
    "changes", [{"hostname": "a b"}, {"hostname": "<b>"}, {"hostname": ""}, {"agent_version": 41 * "1"}]
)
def test_invalid_input_leaves_the_token_unused(secret, changes):
    answer = APIClient().post(URL, body(secret, **changes))
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid")
    assert APIClient().post(URL, body(secret)).status_code == 201


def test_a_large_body(secret):
    answer = APIClient().post(URL, body(secret, more="x" * 5000))
    assert (answer.status_code, answer.json()["code"]) == (413, "body.too_large")


def test_other_bodies(db):
    for data in (b"{", b"[]", b"null", b"\xff"):
        assert APIClient().post(URL, data, content_type="application/json").status_code == 400
    assert APIClient().post(URL, b"<a/>", content_type="text/xml").status_code == 415


def test_tries_are_throttled(db):
    codes = [APIClient().post(URL, body("fpe_wrong")).status_code for _ in range(31)]
    assert codes[:30] == [403] * 30 and codes[30] == 429


def test_only_operators_issue_tokens(ams1, django_user_model):
    person = django_user_model.objects.create_user("dev@games.example", "a password")
    with pytest.raises(Forbidden) as refused:
        issue_enrolment_token(person, ams1)
    assert refused.value.code == "operator"
    with pytest.raises(Invalid):
        issue_enrolment_token(None, ams1, days=0)
