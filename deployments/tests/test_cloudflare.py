"""The compatible API, with the calls that its documentation names. Builds here are real: tasks run in place."""

import pytest

from deployments.actions.approve import approve
from deployments.models import Deployment
from programs.models import Capture, Program

pytestmark = pytest.mark.django_db(transaction=True)
GOOD = """#define CF_EBPF_HELPER_V0
#include "cf_ebpf_defs.h"
#include "cf_ebpf_helper.h"
uint64_t cf_ebpf_main(void *state) { return CF_EBPF_PASS; }
"""
BAD = GOOD.replace("return CF_EBPF_PASS", "return *(char *)state + 7")


def url(house, tail: str) -> str:
    return f"/client/v4/accounts/{house.account.pk}/magic/programmable_flow_protection/configs/{tail}"


@pytest.fixture
def api(house, client_of):
    return client_of(house.token("developer"))


def upload(api, house, source: str = GOOD, **headers):
    return api.generic("POST", url(house, "programs"), source.encode(), content_type="text/plain", headers=headers)


def rule(api, house, program: str, **fields):
    body = {"program_id": program, "scope": "global", "name": "global", "mode": "enabled", **fields}
    return api.post(url(house, "rules"), body, format="json")


def test_it_works(house, api) -> None:
    answer = upload(api, house, **{"X-Program-Name": "mine"})
    assert answer.status_code == 200, answer.content
    body = answer.json()
    assert (body["success"], body["errors"], body["messages"]) == (True, [], [])
    assert set(body["result"]) == {"id", "name", "status", "created_on", "modified_on"}
    assert (body["result"]["name"], body["result"]["status"]) == ("mine", "success")
    program = body["result"]["id"]
    made = rule(api, house, program, expression="udp.dstport in {7000..7999}").json()["result"]
    assert (made["deployment_status"], made["pending"]["change"]) == ("pending", "create")
    approve(house.operator, Deployment.objects.get())
    shown = api.get(url(house, f"rules/{made['id']}")).json()["result"]
    assert (shown["deployment_status"], shown["program_id"], shown["mode"]) == ("live", program, "enabled")


def test_a_name_is_made_where_none_is_given(house, api) -> None:
    assert len(upload(api, house).json()["result"]["name"]) == 36


def test_lists_are_paged(house, api) -> None:
    for number in range(3):
        Program.objects.create(account=house.account, name=f"p{number}")
    body = api.get(url(house, "programs?page=2&per_page=3")).json()
    assert body["result_info"] == {"page": 2, "per_page": 3, "count": 1, "total_count": 4, "total_pages": 2}
    for query in ("page=0", "per_page=x", "per_page=100000"):
        assert api.get(url(house, f"programs?{query}")).status_code == 400


def test_a_refused_program_says_the_line(house, api) -> None:
    answer = upload(api, house, BAD)
    body = answer.json()
    assert (answer.status_code, body["success"], body["result"]) == (400, False, None)
    assert body["errors"][0]["code"] == 1001
    assert body["errors"][0]["message"].startswith("Program verification failed: line 4: ")


@pytest.mark.parametrize(
    ("body", "kind", "status"),
    [
        (b"", "text/plain", 400),
        (b"\xff\xfe", "text/plain", 400),
        (b"int a;" * 50_000, "text/x-csrc", 413),
        (b"x" * (5 * 1024 * 1024 + 1), "text/x-csrc", 413),
        (GOOD.encode(), "application/json", 415),
    ],
)
def test_uploads_that_are_refused(house, api, body, kind, status) -> None:
    answer = api.generic("POST", url(house, "programs"), body, content_type=kind)
    assert (answer.status_code, answer.json()["success"]) == (status, False)
    assert answer.json()["errors"][0]["code"]


def test_patch_of_a_program_in_use_waits_for_approval(house, api) -> None:
    program = upload(api, house).json()["result"]["id"]
    rule(api, house, program)
    approve(house.operator, Deployment.objects.get())
    changed = GOOD.replace("CF_EBPF_PASS;", "CF_EBPF_DROP;")
    path = url(house, f"programs/{program}")
    answer = api.generic("PATCH", path, changed.encode(), content_type="text/x-csrc").json()
    assert answer["result"]["deployments"][0]["status"] == "pending"
    assert api.get(url(house, "rules")).json()["result"][0]["deployment_status"] == "pending"
    refused = api.generic("PATCH", path, BAD.encode(), content_type="text/plain")
    assert refused.status_code == 400
    assert api.get(path).json()["result"]["status"] == "success"


def test_patch_of_a_rule(house, api) -> None:
    program = upload(api, house).json()["result"]["id"]
    made = rule(api, house, program).json()["result"]
    approve(house.operator, Deployment.objects.get())
    path = url(house, f"rules/{made['id']}")
    milder = api.patch(path, {"mode": "monitoring"}, format="json").json()["result"]
    assert (milder["mode"], milder["deployment_status"]) == ("monitoring", "live")
    stronger = api.patch(path, {"mode": "enabled"}, format="json").json()["result"]
    assert (stronger["mode"], stronger["pending"]["mode"]) == ("monitoring", "enabled")
    assert api.patch(path, {"program_id": program}, format="json").status_code == 400
    assert api.patch(path, {"mode": 7}, format="json").status_code == 400
    assert api.patch(path, [], format="json").status_code == 400
    assert api.patch(path, "{", content_type="application/json").status_code == 400


def test_a_rule_that_waits_keeps_its_id(house, api) -> None:
    program = upload(api, house).json()["result"]["id"]
    made = rule(api, house, program).json()["result"]
    path = url(house, f"rules/{made['id']}")
    changed = api.patch(path, {"mode": "monitoring"}, format="json").json()["result"]
    assert (changed["id"], changed["mode"], changed["deployment_status"]) == (made["id"], "monitoring", "pending")
    assert api.patch(path, {"mode": "never"}, format="json").status_code == 400
    assert api.get(path).json()["result"] == changed


def test_deleting(house, api) -> None:
    program = upload(api, house).json()["result"]["id"]
    made = rule(api, house, program).json()["result"]
    assert api.delete(url(house, f"programs/{program}")).status_code == 409
    assert api.delete(url(house, "programs")).status_code == 409
    assert api.delete(url(house, f"rules/{made['id']}")).json()["result"]["deployment_status"] == "withdrawn"
    rule(api, house, program)
    approve(house.operator, Deployment.objects.filter(state="pending").get())
    first = api.delete(url(house, "rules")).json()["result"]
    assert [row["deployment_status"] for row in first] == ["pending"]
    assert api.delete(url(house, "rules")).json()["result"] == first
    approve(house.operator, Deployment.objects.filter(state="pending").get())
    assert api.delete(url(house, f"programs/{program}")).json()["result"]["id"] == program
    assert api.get(url(house, f"programs/{program}")).status_code == 404


def test_pcap_comes_back_annotated(house, api) -> None:
    from demo.capture import supplied

    program = upload(api, house).json()["result"]["id"]
    path = url(house, f"programs/{program}/pcap")
    kind = "application/vnd.tcpdump.pcap"
    answer = api.generic("POST", path + "?ip_offset=14", supplied()["demo: players only"], content_type=kind)
    assert answer.status_code == 200
    assert answer["Content-Type"] == kind
    assert answer.content[:4] == b"\x0a\x0d\x0d\x0a"
    assert answer.content.count(b"CF_EBPF_PASS") == 1800
    assert not Capture.objects.filter(account=house.account).exists()
    assert api.generic("POST", path, b"rubbish" * 10, content_type=kind).status_code == 400
    assert api.generic("POST", path + "?ip_offset=-1", b"x", content_type=kind).status_code == 400
    assert api.generic("POST", path, b"x", content_type="text/plain").status_code == 415


def test_errors_are_enveloped(house, stranger, api, client) -> None:
    assert client.get(url(house, "programs")).json()["success"] is False
    assert client.get(url(house, "programs")).status_code == 401
    missing = api.get(url(house, "rules/6b0a5c38-9d35-4c69-8a7b-3c52a4b6a111"))
    assert (missing.status_code, missing.json()["errors"][0]["code"]) == (404, 1002)
    assert api.put(url(house, "rules")).json()["errors"][0]["code"] == 1005
    assert api.get(url(stranger, "programs")).status_code == 404
    assert rule(api, house, str(stranger.first.program_id)).status_code == 400
    nowhere = api.get("/client/v4/nothing")
    assert (nowhere.status_code, nowhere.json()["success"]) == (404, False)


def test_a_viewer_may_only_look(house, client_of) -> None:
    viewer = client_of(house.token("viewer"))
    assert viewer.get(url(house, "programs")).status_code == 200
    assert upload(viewer, house).status_code == 403
    assert rule(viewer, house, str(house.first.program_id)).status_code == 403
    assert viewer.delete(url(house, "rules")).status_code == 403


def test_a_name_taken_is_refused(house, api) -> None:
    assert upload(api, house, **{"X-Program-Name": "guard"}).status_code == 409


def test_the_schema_names_every_address(client) -> None:
    from django.urls import resolve

    from deployments.cloudflare.document import PATHS

    assert client.get("/client/v4/schema").json()["openapi"] == "3.1.0"
    for path, item in PATHS.items():
        filled = path.replace("{account_id}", "0" * 32)
        for name in ("program_id", "rule_id"):
            filled = filled.replace(f"{{{name}}}", "6b0a5c38-9d35-4c69-8a7b-3c52a4b6a111")
        view = resolve(filled).func.view_class
        verbs = {verb for verb in item if verb != "parameters"}
        assert verbs == {verb for verb in ("get", "post", "patch", "delete") if hasattr(view, verb)}, path
