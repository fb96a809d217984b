"""The compatible API asked twice: clients repeat what ended with 503 or got lost, and apply what is there already."""

import pytest
from django.core.cache import cache

from deployments.actions.approve import approve
from deployments.actions.request import request_create
from deployments.models import Deployment, Rule
from deployments.tests.conftest import make_version
from deployments.tests.test_cloudflare import BAD, GOOD, rule, upload, url
from programs.models import Program, Version

pytestmark = pytest.mark.django_db(transaction=True)
OTHER = GOOD.replace("CF_EBPF_PASS;", "CF_EBPF_DROP;")


@pytest.fixture
def api(house, client_of):
    cache.clear()
    return client_of(house.token("developer"))


@pytest.fixture
def made(house, api) -> dict:
    """A rule of the house's built program, waiting for its first approval."""
    return rule(api, house, str(house.first.program_id)).json()["result"]


@pytest.fixture
def live(house, made) -> dict:
    approve(house.operator, Deployment.objects.get())
    return made


def patch(api, house, made, **changes):
    return api.patch(url(house, f"rules/{made['id']}"), changes, format="json")


def new_source(api, house, program, source: str):
    path = url(house, f"programs/{program}")
    return api.generic("PATCH", path, source.encode(), content_type="text/plain")


def test_it_works(house, api) -> None:
    first = upload(api, house, **{"X-Program-Name": "mine"}).json()["result"]
    again = upload(api, house, **{"X-Program-Name": "mine"})
    assert (again.status_code, again.json()["result"]) == (200, first)
    assert Version.objects.filter(program=first["id"]).count() == 1


def test_an_upload_that_took_too_long_is_taken_up_again(house, api, settings, monkeypatch) -> None:
    settings.COMPATIBLE_WAIT_SECONDS = 0
    monkeypatch.setattr("programs.actions.add_version.send", lambda *_: None)
    for _ in range(2):
        assert upload(api, house, **{"X-Program-Name": "slow"}).status_code == 503
    shown = api.get(url(house, "programs")).json()["result"]
    assert [row["status"] for row in shown if row["name"] == "slow"] == ["pending"]
    assert Version.objects.filter(program__name="slow").count() == 1


def test_the_name_of_a_failed_program_can_be_used_again(house, api) -> None:
    assert upload(api, house, BAD, **{"X-Program-Name": "mine"}).status_code == 400
    row = next(row for row in api.get(url(house, "programs")).json()["result"] if row["name"] == "mine")
    assert row["status"] == "failed"
    mended = upload(api, house, GOOD, **{"X-Program-Name": "mine"}).json()["result"]
    assert (mended["id"], mended["status"]) == (row["id"], "success")
    assert upload(api, house, OTHER, **{"X-Program-Name": "mine"}).status_code == 409


def test_a_name_in_utf_8(house, api) -> None:
    sent = "Spieleschutz für München".encode().decode("latin-1")
    assert upload(api, house, **{"X-Program-Name": sent}).json()["result"]["name"] == "Spieleschutz für München"


def test_the_same_source_again_is_no_new_version(house, api, live) -> None:
    program = live["program_id"]
    first = new_source(api, house, program, GOOD).json()["result"]["deployments"]
    again = new_source(api, house, program, GOOD).json()["result"]["deployments"]
    assert (first, [row["status"] for row in first]) == (again, ["pending"])
    approve(house.operator, Deployment.objects.get(pk=first[0]["id"]))
    assert new_source(api, house, program, GOOD).json()["result"]["deployments"] == []
    assert Version.objects.filter(program=program).count() == 3


def test_newer_source_takes_the_place_of_what_waits(house, api, live) -> None:
    program = live["program_id"]
    patch(api, house, live, expression="udp.dstport == 7")
    first = new_source(api, house, program, GOOD).json()["result"]["deployments"][0]
    second = new_source(api, house, program, OTHER).json()["result"]["deployments"][0]
    assert Deployment.objects.get(pk=first["id"]).state == "withdrawn"
    waiting = Deployment.objects.get(pk=second["id"])
    assert (waiting.version.source, waiting.after["expression"]) == (OTHER, "udp.dstport == 7")


def test_newer_source_reaches_a_rule_that_was_never_live(house, api, made) -> None:
    asked = new_source(api, house, made["program_id"], GOOD).json()["result"]["deployments"]
    assert [(row["rule_id"], row["status"]) for row in asked] == [(made["id"], "pending")]
    assert Rule.objects.get(pk=made["id"]).version.source == GOOD


def test_a_rule_that_is_only_drafted_is_left_alone(house, api) -> None:
    draft = request_create(house.developer, house.account, house.terms(), draft=True)
    assert api.get(url(house, "rules")).json()["result"] == api.delete(url(house, "rules")).json()["result"] == []
    assert api.delete(url(house, f"rules/{draft.rule_ref}")).status_code == 404
    assert new_source(api, house, house.first.program_id, GOOD).json()["result"]["deployments"] == []
    assert Rule.objects.get(pk=draft.rule_ref).version == house.first


def test_no_rule_moves_where_one_cannot(house, api, live) -> None:
    api.delete(url(house, f"rules/{live['id']}"))
    answer = new_source(api, house, live["program_id"], GOOD)
    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (409, 1003)
    assert Deployment.objects.filter(state="pending").get().change == "delete"


def test_a_rule_as_it_is(house, api, live) -> None:
    same = patch(api, house, live, mode="enabled", scope="global", name="global", expression="")
    assert (same.status_code, same.json()["result"]["pending"]) == (200, None)
    assert patch(api, house, live).status_code == 200
    assert Deployment.objects.count() == 1


def test_changes_that_wait_add_up(house, api, live) -> None:
    first = patch(api, house, live, expression="udp.dstport == 7").json()["result"]["pending"]
    assert patch(api, house, live, expression="udp.dstport == 7").json()["result"]["pending"] == first
    milder = patch(api, house, live, mode="disabled").json()["result"]
    assert (milder["mode"], milder["pending"]) == ("disabled", first)
    both = patch(api, house, live, mode="disabled", name="global").json()["result"]["pending"]
    assert (both["mode"], both["expression"]) == ("disabled", "udp.dstport == 7")
    undone = patch(api, house, live, mode="disabled", expression="").json()["result"]
    assert (undone["mode"], undone["pending"]) == ("disabled", None)
    assert not Deployment.objects.filter(state="pending").exists()


def test_a_deletion_that_waits_is_not_replaced(house, api, live) -> None:
    api.delete(url(house, f"rules/{live['id']}"))
    assert patch(api, house, live, expression="udp.dstport == 7").status_code == 409
    assert patch(api, house, live, mode="disabled").json()["result"]["mode"] == "disabled"


def test_deleting_again(house, api, live) -> None:
    path = url(house, f"rules/{live['id']}")
    first = api.delete(path).json()["result"]
    assert first == api.delete(path).json()["result"] == {"id": live["id"], "deployment_status": "pending"}
    approve(house.operator, Deployment.objects.filter(state="pending").get())
    for address in (path, url(house, f"programs/{live['program_id']}")):
        api.delete(address)
        gone = api.delete(address)
        assert (gone.status_code, gone.json()["errors"][0]["code"]) == (404, 1002)
    for tail in ("rules", "programs"):
        assert [api.delete(url(house, tail)).json()["result"] for _ in range(2)] == [[], []]


def test_a_list_costs_the_same_however_long(house, api, django_assert_max_num_queries) -> None:
    for number in range(20):
        program = Program.objects.create(account=house.account, name=f"p{number}")
        make_version(program, 1, "int a;", b"")
    api.get(url(house, "programs"))
    with django_assert_max_num_queries(8):
        assert len(api.get(url(house, "programs?per_page=100")).json()["result"]) == 21
