"""The page on which operators decide."""

import re

import pytest

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
