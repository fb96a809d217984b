"""The operators' pages."""

import re

import pytest
from django.test import Client

from accounts.models import AuditEntry, User
from fleet.actions.publish import publish
from fleet.models import Datacenter, EnrolmentToken, Node, Region, digest
from fleet.tests.test_bundle import CONTENT


@pytest.fixture
def operator(db) -> Client:
    client = Client()
    client.force_login(User.objects.create_user("operator@example.org", "a password", is_staff=True))
    return client


def test_it_works(operator, node):
    publish(CONTENT)
    for page in ("node", "region", "datacenter", "enrolmenttoken", "bundle", f"node/{node.pk}/change"):
        answer = operator.get(f"/admin/fleet/{page}/")
        assert answer.status_code == 200, page
    assert "1 behind" in operator.get("/admin/fleet/node/").content.decode()
    bundle = operator.get("/admin/fleet/bundle/1/change/", follow=True).content.decode()
    assert "AA==" not in bundle


def test_a_secret_is_shown_once(operator, ams1):
    form = {"datacenter": ams1.pk, "note": "rack 4", "days": 3}
    answer = operator.post("/admin/fleet/enrolmenttoken/add/", form)
    assert answer.status_code == 200 and "no-store" in answer["Cache-Control"]
    (secret,) = re.findall(r"fpe_[\w-]+", answer.content.decode())
    token = EnrolmentToken.objects.get()
    assert (token.hash, token.note) == (digest(secret), "rack 4")
    assert str(AuditEntry.objects.get(action="node.token").actor) == "operator@example.org"
    for page in ("", f"{token.pk}/change/"):
        page = operator.get(f"/admin/fleet/enrolmenttoken/{page}")
        assert page.status_code == 200 and secret not in page.content.decode()


@pytest.mark.parametrize("changes", [{"days": 0}, {"days": 91}, {"datacenter": ""}])
def test_a_token_needs_good_terms(operator, ams1, changes):
    form = {"datacenter": ams1.pk, "note": "", "days": 3, **changes}
    assert operator.post("/admin/fleet/enrolmenttoken/add/", form).status_code == 200
    assert not EnrolmentToken.objects.exists()


def test_revoking_a_token(operator, ams1, node):
    token, _ = EnrolmentToken.issue(ams1)
    used, _ = EnrolmentToken.issue(ams1, used_on=token.created_on, node=node)
    assert operator.post(f"/admin/fleet/enrolmenttoken/{used.pk}/delete/", {"post": "yes"}).status_code == 403
    assert operator.post(f"/admin/fleet/enrolmenttoken/{token.pk}/delete/", {"post": "yes"}).status_code == 302
    assert list(EnrolmentToken.objects.all()) == [used]


def test_retiring(operator, node):
    data = {"action": "retire", "_selected_action": [str(node.pk)]}
    for word in ("is retired.", "is retired already."):
        assert word in operator.post("/admin/fleet/node/", data, follow=True).content.decode()
    assert Node.objects.get().state == "retired"
    assert AuditEntry.objects.filter(action="node.retire").count() == 1


def test_nodes_cannot_be_written(operator, node):
    assert operator.get("/admin/fleet/node/add/").status_code == 403
    assert operator.post(f"/admin/fleet/node/{node.pk}/change/", {"hostname": "x"}).status_code == 403
    assert operator.post(f"/admin/fleet/node/{node.pk}/delete/", {"post": "yes"}).status_code == 403


def test_places(operator, ams1):
    operator.post("/admin/fleet/region/add/", {"code": "us", "name": "America"})
    us = Region.objects.get(code="us")
    operator.post("/admin/fleet/datacenter/add/", {"code": "nyc1", "name": "New York", "region": us.pk})
    nyc = Datacenter.objects.get(code="nyc1")
    operator.post(
        f"/admin/fleet/datacenter/{nyc.pk}/change/", {"code": "other", "name": "Newark", "region": ams1.region_id}
    )
    nyc.refresh_from_db()
    assert (nyc.code, nyc.name, nyc.region) == ("nyc1", "Newark", us)
    operator.post("/admin/fleet/region/add/", {"code": "No Code", "name": "x"})
    assert Region.objects.count() == 2
    operator.post(f"/admin/fleet/region/{us.pk}/delete/", {"post": "yes"})
    assert Region.objects.filter(code="us").exists()
    operator.post(f"/admin/fleet/datacenter/{nyc.pk}/delete/", {"post": "yes"})
    operator.post(f"/admin/fleet/region/{us.pk}/delete/", {"post": "yes"})
    assert not Region.objects.filter(code="us").exists()
    assert AuditEntry.objects.filter(action__startswith="datacenter.").count() == 3


def test_customers_have_no_business_here(node):
    client = Client()
    client.force_login(User.objects.create_user("dev@example.org", "a password"))
    assert client.get("/admin/fleet/node/").status_code == 302
