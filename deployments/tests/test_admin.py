"""The page on which operators decide."""

import pytest

from deployments.actions.approve import approve
from deployments.actions.request import request_create, request_update
from deployments.models import Deployment, Rule

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
