"""One call that switches off: always works, always recorded."""

import uuid

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from rest_framework.throttling import BaseThrottle
from rest_framework.views import APIView

from accounts.models import AuditEntry
from deployments.actions.approve import approve
from deployments.actions.request import request_create, request_delete, request_update
from deployments.actions.roll_back import roll_back
from deployments.models import Deployment, Rule
from fleet.models import Bundle, Region
from httpapi.errors import Refused

pytestmark = pytest.mark.django_db


def url(house, tail: str = "emergency-off") -> str:
    return f"/api/v1/accounts/{house.account.pk}/{tail}"


def put_live(house, **changes) -> Rule:
    made = approve(house.operator, request_create(house.developer, house.account, house.terms(**changes)))
    return Rule.objects.get(pk=made.rule_ref)


@pytest.fixture
def rule(house) -> Rule:
    return put_live(house)


@pytest.fixture
def sent(monkeypatch) -> list:
    """The activations that go to nodes."""
    found: list = []
    monkeypatch.setattr(
        "deployments.bundle.publish", lambda content, activation=None: found.append((content, activation))
    )
    return found


def test_it_works(house, rule, client_of, sent) -> None:
    other = put_live(house, scope="region", name="eu", mode="monitoring")
    sent.clear()
    answer = client_of(house.token("developer")).post(url(house), {"reason": "players are dropped"})
    assert answer.status_code == 200, answer.content
    rows = {row["id"]: row for row in answer.json()["rules"]}
    assert {key: row["mode_before"] for key, row in rows.items()} == {
        str(rule.pk): "enabled",
        str(other.pk): "monitoring",
    }
    assert set(Rule.objects.values_list("mode", flat=True)) == {"disabled"}
    [(content, activation)] = sent
    assert [entry["mode"] for entry in activation["rules"]] == ["disabled", "disabled"]
    assert content["accounts"] == [activation]
    entry = AuditEntry.objects.get(action="rules.emergency_off")
    assert (entry.account, entry.data["reason"]) == (house.account, "players are dropped")
    assert set(entry.data["rules"]) == set(rows)
    made = Deployment.objects.get(pk=rows[str(rule.pk)]["deployment"])
    assert (made.state, made.note, made.reason) == ("live", "Emergency off", "players are dropped")
    assert made.replaces is not None and made.replaces.state == "superseded"
    assert (made.previous or {})["mode"] == "enabled" and made.decided_by == entry.actor


def test_nodes_get_the_next_bundle(house, rule, client_of) -> None:
    before = Bundle.objects.order_by("-serial").first()
    client_of(house.developer).post(url(house))
    after = Bundle.objects.order_by("-serial").first()
    assert before and after and after.serial == before.serial + 1


def test_browsers_are_told(house, rule, client_of, monkeypatch) -> None:
    told: list = []
    monkeypatch.setattr(
        "deployments.actions.emergency_off.announce", lambda account, event, data: told.append((account, event, data))
    )
    client_of(house.developer).post(url(house))
    assert [(account, event, data["state"]) for account, event, data in told] == [
        (house.account.pk, "deployment", "superseded"),
        (house.account.pk, "deployment", "live"),
    ]


def test_once_more_says_that_nothing_is_on(house, rule, client_of, sent) -> None:
    client = client_of(house.developer)
    client.post(url(house))
    sent.clear()
    assert client.post(url(house)).json() == {"rules": []}
    assert sent == []
    assert AuditEntry.objects.filter(action="rules.emergency_off").count() == 2
    assert Deployment.objects.filter(note="Emergency off").count() == 1


def test_one_rule(house, rule, client_of) -> None:
    other = put_live(house, scope="region", name="eu")
    answer = client_of(house.developer).post(url(house), {"rule": str(rule.pk)})
    assert [row["id"] for row in answer.json()["rules"]] == [str(rule.pk)]
    other.refresh_from_db()
    assert other.mode == "enabled"


def test_terms_that_no_longer_hold_are_no_obstacle(house, client_of) -> None:
    regional = put_live(house, scope="region", name="eu")
    Region.objects.filter(code="eu").update(code="us")
    assert len(client_of(house.developer).post(url(house)).json()["rules"]) == 1
    regional.refresh_from_db()
    assert regional.mode == "disabled"


@pytest.mark.parametrize(
    ("role", "status"), [("viewer", 403), ("developer", 200), ("approver", 200), ("owner", 200), ("operator", 200)]
)
def test_roles(house, rule, client_of, role, status) -> None:
    actor = house.operator if role == "operator" else house.token(role)
    answer = client_of(actor).post(url(house))
    assert answer.status_code == status
    rule.refresh_from_db()
    assert rule.mode == ("disabled" if status == 200 else "enabled")
    if status == 403:
        assert answer.json()["code"] == "role"


def test_other_accounts(house, stranger, rule, client_of) -> None:
    theirs = put_live(stranger)
    client = client_of(house.owner)
    assert client.post(url(stranger)).status_code == 404
    refused = client.post(url(house), {"rule": str(theirs.pk)})
    assert (refused.status_code, refused.json()["code"]) == (404, "not_found")
    client.post(url(house))
    theirs.refresh_from_db()
    assert theirs.mode == "enabled"
    assert client_of("fp_nonsense").post(url(house)).status_code == 401


@pytest.mark.parametrize(
    "body",
    [
        {"rule": "x"}, {"rule": None}, {"rule": "\0"}, {"rule": [1]}, {"rule_id": str(uuid.uuid4())},
        {"reason": "x" * 501},        {"reason": {}}, {"reason": None}, {"reason": "a\0b"}, [], [1], "x", 1,
    ],
)  # fmt: skip
def test_rubbish_switches_nothing_off(house, rule, client_of, body) -> None:
    answer = client_of(house.developer).post(url(house), body, format="json")
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid"), answer.content
    rule.refresh_from_db()
    assert rule.mode == "enabled"


def test_broken_json(house, rule, client_of) -> None:
    client = client_of(house.developer)
    assert client.post(url(house), "{", content_type="application/json").status_code == 400
    unknown = client.post(url(house), {"rule": str(uuid.uuid4())})
    assert (unknown.status_code, unknown.json()["code"]) == (404, "not_found")
    assert client.get(url(house)).status_code == 405


def test_no_throttle_stands_in_the_way(house, rule, client_of, monkeypatch) -> None:
    class Never(BaseThrottle):
        def allow_request(self, request, view) -> bool:
            return False

    monkeypatch.setattr(APIView, "throttle_classes", [Never])
    client = client_of(house.developer)
    assert client.get(url(house, "rules")).status_code == 429
    assert [client.post(url(house)).status_code for _ in range(3)] == [200] * 3


def test_costs_the_same_however_many_rules(house, client_of) -> None:
    client, costs = client_of(house.developer), []
    for rules in (1, 8):
        for number in range(rules):
            Region.objects.create(code=f"r{rules}-{number}", name=f"{rules}-{number}")
            put_live(house, scope="region", name=f"r{rules}-{number}")
        with CaptureQueriesContext(connection) as queries:
            assert len(client.post(url(house)).json()["rules"]) == rules
        costs.append(len(queries))
    assert costs[0] == costs[1] <= 40


def test_what_waits_goes_on_waiting_and_says_so(house, rule, client_of) -> None:
    waiting = request_update(house.developer, rule, house.terms(version=house.second))
    client_of(house.developer).post(url(house), {"reason": "too strict"})
    operator = client_of(house.operator)
    review = operator.get(url(house, f"deployments/{waiting.pk}")).json()
    assert (review["state"], review["switched_off"]["reason"]) == ("pending", "too strict")
    assert {"field": "mode", "before": "disabled", "after": "enabled"} in review["changed"]
    approval = url(house, f"deployments/{waiting.pk}/approve")
    refused = operator.post(approval)
    assert (refused.status_code, refused.json()["code"]) == (409, "deployment.switched_off")
    assert operator.post(approval, {"switch_on": "maybe"}).status_code == 400
    rule.refresh_from_db()
    assert rule.mode == "disabled"
    assert operator.post(approval, {"switch_on": True}).json()["state"] == "live"
    rule.refresh_from_db()
    assert (rule.mode, rule.version) == ("enabled", house.second)


def test_an_approval_on_its_way_does_not_switch_on(house, rule, client_of) -> None:
    waiting = request_update(house.developer, rule, house.terms(version=house.second))
    seen_before = Deployment.objects.get(pk=waiting.pk)
    client_of(house.developer).post(url(house))
    with pytest.raises(Refused) as refused:
        approve(house.operator, seen_before)
    assert refused.value.code == "deployment.switched_off"


def test_a_removal_that_waits_needs_no_more_words(house, rule, client_of) -> None:
    waiting = request_delete(house.developer, rule)
    client_of(house.developer).post(url(house))
    waiting.refresh_from_db()
    assert waiting.switched_off is None
    approve(house.operator, waiting)
    assert not Rule.objects.exists()


def test_first_approvals_are_marked_with_the_account(house, rule, client_of) -> None:
    first = request_create(house.developer, house.account, house.terms(scope="region", name="eu"))
    client = client_of(house.developer)
    client.post(url(house), {"rule": str(rule.pk)})
    first.refresh_from_db()
    assert first.switched_off is None
    assert client.post(url(house)).json() == {"rules": []}
    first.refresh_from_db()
    assert first.switched_off is not None


def test_undo_is_a_deployment_like_any_other(house, rule, client_of) -> None:
    developer = client_of(house.developer)
    [off] = developer.post(url(house)).json()["rules"]
    body = {"change": "update", "rule": off["id"], "mode": off["mode_before"], "note": "Switch on again"}
    asked = developer.post(url(house, "deployments"), body)
    assert (asked.status_code, asked.json()["state"]) == (201, "pending")
    assert client_of(house.operator).post(url(house, f"deployments/{asked.json()['id']}/approve")).status_code == 200
    rule.refresh_from_db()
    assert rule.mode == "enabled"


def test_rolling_back_restores_the_deployment_before(house, rule, client_of) -> None:
    [off] = client_of(house.developer).post(url(house)).json()["rules"]
    before = Deployment.objects.get(state="superseded")
    roll_back(house.operator, Deployment.objects.get(pk=off["deployment"]))
    rule.refresh_from_db()
    before.refresh_from_db()
    assert (rule.mode, before.state) == ("enabled", "live")
