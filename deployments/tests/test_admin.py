"""The page on which operators decide."""

import re

import pytest
from django.test import Client

from deployments.actions.approve import approve
from deployments.actions.request import request_create, request_update
from deployments.models import Deployment, Rule
from programs.models import Build

pytestmark = pytest.mark.django_db


@pytest.fixture
def asked(house) -> Deployment:
    approve(house.operator, request_create(house.developer, house.account, house.terms()))
    return request_update(house.developer, Rule.objects.get(), house.terms(version=house.second))


def test_it_works(house, asked, client) -> None:
    client.force_login(house.operator)
    page = client.get(f"/admin/deployments/deployment/{asked.pk}/change/")
    text = page.content.decode()
    assert page.status_code == 200
    for part in ("-int b;", "+int c;", "3 instructions", "Approve: in force at once", "was not replayed"):
        assert part in text, part
    done = client.post(f"/admin/deployments/deployment/{asked.pk}/decide/approve", follow=True)
    assert "is live." in done.content.decode()
    assert Rule.objects.get().version == house.second


def test_what_the_verifier_knows_of_both_versions(house, asked, client) -> None:
    loop = {"severity": "warning", "code": "verify.unproven_loop", "message": "only fuel ends <this> loop", "line": 7}
    facts = {
        "worst_case_fuel": 1198,
        "stack": [{"line": 8, "bytes": 104}],
        "helpers": [{"name": "hmac_sha256", "lines": [10]}],
        "reads": [],
        "unreachable": [],
        "ignores_packet": True,
        "cut": False,
    }
    Build.objects.filter(version=house.first).update(verdict="portable", facts=facts)
    unbounded = {**facts, "worst_case_fuel": None, "helpers": [], "ignores_packet": False}
    Build.objects.filter(version=house.second).update(verdict="safe", facts=unbounded, diagnostics=[loop])
    client.force_login(house.operator)
    text = client.get(f"/admin/deployments/deployment/{asked.pk}/change/").content.decode()
    table = re.search(r'<table data-testid="facts">.*?</table>', text, re.S)
    assert table is not None
    rows = re.findall(r'<th scope="row">(.*?)</th><td>(.*?)</td><td>(.*?)</td>', table[0])
    assert rows == [
        ("Instructions", "3 of 8,192", "3 of 8,192"),
        ("Verdict", "Portable", "Safe"),
        ("Worst-case fuel", "1,198 a packet", "not bounded"),
        ("Helpers", "hmac_sha256", "none"),
        ("Stack per frame", "104 of 512 bytes", "104 of 512 bytes"),
        ("Looks at each packet", "no: some get a verdict unseen", "yes"),
        ("Loops not proven to end", "none", "line 7: only fuel ends &lt;this&gt; loop"),
    ]


def test_reject_asks_for_a_reason(house, asked, client) -> None:
    client.force_login(house.operator)
    path = f"/admin/deployments/deployment/{asked.pk}/decide/reject"
    assert "Say why" in client.post(path, follow=True).content.decode()
    client.post(path, {"reason": "not now"})
    asked.refresh_from_db()
    assert (asked.state, asked.reason) == ("rejected", "not now")


def test_deciding_twice_is_refused_in_words(house, asked, client) -> None:
    client.force_login(house.operator)
    path = f"/admin/deployments/deployment/{asked.pk}/decide/approve"
    client.post(path)
    assert client.post(path, follow=True).status_code == 200
    assert Deployment.objects.filter(state="live").count() == 1


def test_roll_back(house, asked, client) -> None:
    client.force_login(house.operator)
    client.post(f"/admin/deployments/deployment/{asked.pk}/decide/approve")
    client.post(f"/admin/deployments/deployment/{asked.pk}/decide/rollback", {"reason": "worse"})
    assert Rule.objects.get().version == house.first


def test_only_staff_and_only_by_post(house, asked, client) -> None:
    path = f"/admin/deployments/deployment/{asked.pk}/decide/approve"
    client.force_login(house.owner)
    assert client.post(path).status_code == 302
    client.force_login(house.operator)
    assert client.get(path).status_code == 405
    asked.refresh_from_db()
    assert asked.state == "pending"


def test_the_list_shows_what_waits(house, asked, client) -> None:
    client.force_login(house.operator)
    text = client.get("/admin/deployments/deployment/?state__exact=pending").content.decode()
    assert "pending approval" in text
    assert client.get("/admin/deployments/rule/").status_code == 200


def test_the_menu_says_what_waits(house, asked, client) -> None:
    client.force_login(house.operator)
    text = client.get("/admin/").content.decode()
    assert "state__exact=pending" in text and "Waiting for approval" in text


def test_emergency_off_asks_first(house, asked, client) -> None:
    page = f"/admin/deployments/rule/off/{house.account.pk}"
    client.force_login(house.operator)
    account = client.get(f"/admin/accounts/account/{house.account.pk}/change/").content.decode()
    assert page in account
    question = client.get(page).content.decode()
    assert "stop running on every node at once" in question and "guard on global global, enabled" in question
    assert Rule.objects.get().mode == "enabled"
    done = client.post(page, {"reason": "too strict"}, follow=True)
    assert "1 rule is off now." in done.content.decode()
    assert Rule.objects.get().mode == "disabled"
    assert "Nothing was on" in client.post(page, follow=True).content.decode()
    assert "No rule of games is on." in client.get(page).content.decode()
    review = f"/admin/deployments/deployment/{asked.pk}/"
    shown = client.get(review + "change/").content.decode()
    assert "pressed the emergency off while this waited" in shown and "too strict" in shown
    assert "switched this off since" in client.post(review + "decide/approve", follow=True).content.decode()
    assert "is live." in client.post(review + "decide/approve", {"switch_on": "on"}, follow=True).content.decode()


def test_emergency_off_takes_no_rubbish(house, asked, client) -> None:
    page = f"/admin/deployments/rule/off/{house.account.pk}"
    assert client.post(page).status_code == 302
    client.force_login(house.owner)
    assert client.post(page).status_code == 302
    forged = Client(enforce_csrf_checks=True)
    forged.force_login(house.operator)
    assert forged.post(page).status_code == 403
    client.force_login(house.operator)
    assert client.put(page).status_code == 405
    assert client.post("/admin/deployments/rule/off/x").status_code == 404
    assert "at most 500" in client.post(page, {"reason": "x" * 501}, follow=True).content.decode()
    assert Rule.objects.get().mode == "enabled"
