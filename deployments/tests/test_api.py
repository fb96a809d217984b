"""Rules and deployments under /api/v1."""

import uuid

import pytest

from deployments.models import Deployment, Rule

pytestmark = pytest.mark.django_db


def url(house, tail: str) -> str:
    return f"/api/v1/accounts/{house.account.pk}/{tail}"


def ask(client, house, **fields):
    body = {"version": str(house.first.pk), "scope": "global", "name": "global", "mode": "enabled", **fields}
    return client.post(url(house, "deployments"), body, format="json")


def test_it_works(house, client_of) -> None:
    developer, operator = client_of(house.developer), client_of(house.operator)
    asked = ask(developer, house, note="stops the flood")
    assert asked.status_code == 201, asked.content
    made = asked.json()
    assert (made["state"], made["program"]["name"], made["version"]["number"]) == ("pending", "guard", 1)
    assert developer.get(url(house, "rules")).json()["count"] == 0
    review = operator.get(url(house, f"deployments/{made['id']}")).json()
    assert review["may_decide"] and review["new_source"] == house.first.source and review["old_source"] is None
    assert operator.post(url(house, f"deployments/{made['id']}/approve")).json()["state"] == "live"
    rules = developer.get(url(house, "rules")).json()["results"]
    assert [(rule["mode"], rule["version"]["number"], rule["pending"]) for rule in rules] == [("enabled", 1, None)]
    history = developer.get(url(house, "deployments?state=live")).json()
    assert [row["id"] for row in history["results"]] == [made["id"]]


def test_what_is_asked_of_the_history(house, client_of) -> None:
    developer = client_of(house.developer)
    made = ask(developer, house).json()
    program = house.first.program_id
    for query, found in (
        ("state=pending", [made["id"]]), ("state=live", []), ("state=x%00", []), (f"rule={made['rule']}", [made["id"]]),
        ("rule=%00", []), (f"program={program}", [made["id"]]), (f"program={made['rule']}", []), ("program=%00", []),
    ):  # fmt: skip
        answer = developer.get(url(house, f"deployments?{query}")).json()
        assert [row["id"] for row in answer["results"]] == found, query


def test_update_shows_the_difference(house, client_of) -> None:
    developer, operator = client_of(house.developer), client_of(house.operator)
    first = ask(developer, house).json()
    operator.post(url(house, f"deployments/{first['id']}/approve"))
    second = developer.post(
        url(house, "deployments"),
        {"change": "update", "rule": first["rule"], "version": str(house.second.pk)},
        format="json",
    ).json()
    review = operator.get(url(house, f"deployments/{second['id']}")).json()
    assert review["changed"] == [{"field": "version", "before": 1, "after": 2}]
    assert review["old_source"] == house.first.source
    assert developer.get(url(house, "rules")).json()["results"][0]["pending"] == second["id"]


def test_reject_and_rollback(house, client_of) -> None:
    developer, operator = client_of(house.developer), client_of(house.operator)
    first = ask(developer, house).json()
    refused = operator.post(url(house, f"deployments/{first['id']}/reject"), {"reason": ""}, format="json")
    assert (refused.status_code, refused.json()["code"]) == (400, "reason")
    done = operator.post(url(house, f"deployments/{first['id']}/reject"), {"reason": "no"}, format="json").json()
    assert (done["state"], done["reason"]) == ("rejected", "no")
    second = ask(developer, house).json()
    operator.post(url(house, f"deployments/{second['id']}/approve"))
    assert developer.post(url(house, f"deployments/{second['id']}/rollback")).status_code == 403
    assert operator.post(url(house, f"deployments/{second['id']}/rollback")).json()["state"] == "rolled_back"
    again = operator.post(url(house, f"deployments/{second['id']}/rollback"))
    assert (again.status_code, again.json()["code"]) == (409, "state.illegal")


def test_developers_cannot_approve(house, client_of) -> None:
    made = ask(client_of(house.developer), house).json()
    answer = client_of(house.developer).post(url(house, f"deployments/{made['id']}/approve"))
    assert (answer.status_code, answer.json()["code"]) == (403, "approval.role")


def test_a_viewers_token_cannot_ask(house, client_of) -> None:
    assert ask(client_of(house.token("viewer")), house).status_code == 403
    assert ask(client_of(house.token("developer")), house).status_code == 201


@pytest.mark.parametrize(
    "body",
    [
        {"version": "not a uuid"},
        {"version": str(uuid.uuid4())},
        {"change": "update"},
        {"change": "explode"},
        {"scope": 7, "version": None},
        [],
        {"version": {}, "mode": []},
    ],
)
def test_rubbish_is_refused(house, client_of, body) -> None:
    answer = client_of(house.developer).post(url(house, "deployments"), body, format="json")
    assert answer.status_code == 400
    assert answer.json()["code"]


def test_a_wrong_expression_says_where(house, client_of) -> None:
    answer = ask(client_of(house.developer), house, expression="ip.src in {1.2.3.4")
    assert answer.status_code == 400
    assert answer.json()["code"].startswith("expression.")
    assert answer.json()["position"] == len("ip.src in {1.2.3.4")


def test_a_strangers_objects_do_not_exist(house, stranger, client_of) -> None:
    made = ask(client_of(house.developer), house).json()
    client = client_of(stranger.developer)
    for tail in ("rules", "deployments", f"deployments/{made['id']}"):
        assert client.get(url(house, tail)).status_code == 404
        assert client.get(url(stranger, tail)).status_code == (404 if made["id"] in tail else 200)
    for act in ("approve", "reject", "withdraw", "rollback", "submit"):
        for place in (house, stranger):
            answer = client.post(url(place, f"deployments/{made['id']}/{act}"), {"reason": "x"}, format="json")
            assert answer.status_code == 404
    update = {"change": "update", "rule": made["rule"], "mode": "disabled"}
    assert client.post(url(stranger, "deployments"), update, format="json").status_code == 404
    assert ask(client, stranger, version=str(house.first.pk)).status_code == 400
    assert client.get(url(stranger, "deployments")).json()["count"] == 0
    assert Deployment.objects.count() == Rule.objects.count() == 1


def test_anonymous_is_refused(house, client) -> None:
    assert client.get(url(house, "deployments")).status_code == 401
