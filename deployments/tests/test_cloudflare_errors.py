"""Every refusal of the compatible API is in the envelope, with a code of the documented table."""

import uuid

import pytest
from django.core.cache import cache
from django.core.exceptions import RequestDataTooBig, SuspiciousOperation

from deployments.cloudflare import programs, rules, views
from deployments.cloudflare.document import PATHS
from httpapi.codes import Code
from programs.models import Program

pytestmark = pytest.mark.django_db
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PROPFIND")
JSON = "application/json"


def url(house, tail: str = "") -> str:
    return f"/client/v4/accounts/{house.account.pk}/magic/programmable_flow_protection/configs/{tail}"


def refusal(answer, status: int, code: Code) -> str:
    """The message of an answer that must be this refusal."""
    assert (answer.status_code, answer["Content-Type"]) == (status, JSON), answer.content[:300]
    body = answer.json()
    assert set(body) == {"result", "success", "errors", "messages"}
    assert (body["result"], body["success"], body["messages"]) == (None, False, [])
    assert [error["code"] for error in body["errors"]] == [code]
    assert code.status == status
    return body["errors"][0]["message"]


@pytest.fixture
def api(house, client_of):
    cache.clear()
    client = client_of(house.token("developer"))
    client.raise_request_exception = False
    return client


def test_it_works(house, api) -> None:
    assert refusal(api.get(url(house, f"rules/{uuid.uuid4()}")), 404, Code.NOT_FOUND) == "No such rule."


@pytest.mark.parametrize("path", list(PATHS))
def test_methods_that_an_address_does_not_have(house, api, path: str) -> None:
    address = path.replace("{account_id}", house.account.pk)
    address = address.replace("{program_id}", str(house.first.program_id)).replace("{rule_id}", str(uuid.uuid4()))
    for method in METHODS:
        if method.lower() not in PATHS[path]:
            refusal(api.generic(method, address), 405, Code.METHOD)


@pytest.mark.parametrize("token", ["", "Bearer", "Bearer x", "Bearer fp_x", "Basic eDp5", "Bearer \xff", "Bearer a b"])
@pytest.mark.parametrize("method", ["GET", "POST", "DELETE"])
def test_without_a_valid_token(house, client, token: str, method: str) -> None:
    headers = {"Authorization": token} if token else {}
    answer = client.generic(method, url(house, "rules"), headers=headers)
    refusal(answer, 401, Code.UNAUTHENTICATED)
    assert answer["WWW-Authenticate"] == "Bearer"


def test_a_session_is_not_a_token(house, client) -> None:
    client.force_login(house.owner)
    refusal(client.get(url(house, "rules")), 401, Code.UNAUTHENTICATED)


def test_roles_and_accounts(house, stranger, api, client_of) -> None:
    viewer = client_of(house.token("viewer"))
    program = url(house, f"programs/{house.first.program_id}")
    for method, path in (
        ("POST", url(house, "programs")), ("DELETE", url(house, "programs")), ("PATCH", program), ("DELETE", program),
        ("POST", program + "/pcap"), ("POST", url(house, "rules")), ("DELETE", url(house, "rules")),
    ):  # fmt: skip
        refusal(viewer.generic(method, path), 403, Code.FORBIDDEN)
    for tail in ("programs", "rules", f"programs/{stranger.first.program_id}"):
        refusal(api.get(url(stranger, tail)), 404, Code.NOT_FOUND)
    refusal(api.get(url(house, f"programs/{stranger.first.program_id}")), 404, Code.NOT_FOUND)


@pytest.mark.parametrize(
    "path",
    ["/client", "/client/", "/client/v4", "/client/v4/", "/client/v4/zones", "/client/v4/schema/", "/client/v5/schema",
     "/client/v4/accounts/%00/x", "/client/v4/user/tokens/verify"],
)  # fmt: skip
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_addresses_that_are_none(api, path: str, method: str) -> None:
    refusal(api.generic(method, path), 404, Code.NOT_FOUND)


@pytest.mark.parametrize("tail", ["programs/", "programs/x", "rules/7", "programs/x/pcap", "", "rules/%FF", "a%00"])
def test_addresses_near_to_one(house, api, tail: str) -> None:
    refusal(api.get(url(house, tail)), 404, Code.NOT_FOUND)


@pytest.mark.parametrize("account", ["0" * 32, "x", "0" * 31, "A" * 32, "%00", "0" * 32 + "%0A"])
def test_accounts_that_are_none(api, account: str) -> None:
    path = f"/client/v4/accounts/{account}/magic/programmable_flow_protection/configs/rules"
    refusal(api.get(path), 404, Code.NOT_FOUND)


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"[]", b"null", b"7", b'"text"', b"\xff", b"{" * 100_000, b'{"mode": NaN}', b'{"a": 1}', b'{"mode": 7}',
     b'{"mode": "\\ud800"}', b'{"name": "\\u0000"}', b'{"expression": "\\udc00"}', b'{"mode": ["enabled"]}',
     b'{"program_id": "x", "scope": "global", "name": "global", "mode": "enabled"}',
     b'\xef\xbb\xbf{"mode": "enabled"}'],
)  # fmt: skip
def test_rules_that_cannot_be_read(house, api, body: bytes) -> None:
    refusal(api.generic("POST", url(house, "rules"), body, content_type=JSON), 400, Code.REFUSED)


@pytest.mark.parametrize(
    "changes",
    [{"scope": "town"}, {"mode": ""}, {"mode": "on"}, {"name": "eu"}, {"scope": "region", "name": "WEUR"},
     {"expression": "udp.dstport =="}, {"expression": 7}, {"scope": "region", "name": "\u0131"}],
)  # fmt: skip
def test_terms_that_are_refused(house, api, changes: dict) -> None:
    body = {"program_id": str(house.first.program_id), "scope": "global", "name": "global", "mode": "enabled"}
    refusal(api.post(url(house, "rules"), body | changes, format="json"), 400, Code.REFUSED)


def test_bodies_that_are_too_large(house, api) -> None:
    large = b" " * (5 * 1024 * 1024 + 1)
    program = f"programs/{house.first.program_id}"
    for method, tail, kind in (
        ("POST", "rules", JSON), ("POST", "programs", "text/plain"), ("PATCH", program, "text/x-csrc"),
        ("POST", program + "/pcap", "application/vnd.tcpdump.pcap"),
    ):  # fmt: skip
        refusal(api.generic(method, url(house, tail), large, content_type=kind), 413, Code.TOO_LARGE)


@pytest.mark.parametrize(
    "kind",
    ["application/json", "multipart/form-data; boundary=x", "application/x-www-form-urlencoded", "", "text", "/"],
)
def test_content_types_that_are_not_taken(house, api, kind: str) -> None:
    program = f"programs/{house.first.program_id}"
    for method, tail in (("POST", "programs"), ("PATCH", program), ("POST", program + "/pcap")):
        refusal(api.generic(method, url(house, tail), b"x", content_type=kind), 415, Code.CONTENT_TYPE)
    if kind != JSON:
        refusal(api.generic("POST", url(house, "rules"), b"{}", content_type=kind), 415, Code.CONTENT_TYPE)


@pytest.mark.parametrize("offset", ["-1", "x", "65536", "1.5", "%D9%A1", "99999999999999999999", " 1"])
def test_offsets_that_are_none(house, api, offset: str) -> None:
    path = url(house, f"programs/{house.first.program_id}/pcap?ip_offset={offset}")
    refusal(api.generic("POST", path, b"x", content_type="application/vnd.tcpdump.pcap"), 400, Code.REFUSED)


@pytest.mark.parametrize("name", ["x" * 121, "a\x01b", "\x7f"])
def test_names_that_are_refused(house, api, name: str) -> None:
    headers = {"X-Program-Name": name}
    answer = api.generic("POST", url(house, "programs"), b"int a;", content_type="text/plain", headers=headers)
    refusal(answer, 400, Code.REFUSED)


def test_conflicts(house, api) -> None:
    headers = {"X-Program-Name": "guard"}
    answer = api.generic("POST", url(house, "programs"), b"int x;", content_type="text/plain", headers=headers)
    assert "guard" in refusal(answer, 409, Code.CONFLICT)


def test_too_many_requests(house, api, monkeypatch) -> None:
    monkeypatch.setattr(views.Rate, "rate", "2/min")
    assert [api.get(url(house, "rules")).status_code for _ in range(2)] == [200, 200]
    answer = api.get(url(house, "rules"))
    refusal(answer, 429, Code.THROTTLED)
    assert 1 <= int(answer["Retry-After"]) <= 60


def test_a_build_that_takes_too_long(house, api, settings) -> None:
    settings.COMPATIBLE_WAIT_SECONDS = 0
    answer = api.generic("POST", url(house, "programs"), b"int a;", content_type="text/plain")
    refusal(answer, 503, Code.NOT_FINISHED)
    assert int(answer["Retry-After"]) > 0


def test_a_server_that_cannot_build(house, api, monkeypatch) -> None:
    def built(version):
        version.build.state = "failed"
        version.build.diagnostics = [{"severity": "error", "code": "sandbox.unavailable", "message": "the inside"}]
        return version.build

    monkeypatch.setattr(programs, "finished_build", built)
    answer = api.generic("POST", url(house, "programs"), b"int a;", content_type="text/plain")
    assert "inside" not in refusal(answer, 503, Code.UNAVAILABLE)
    assert int(answer["Retry-After"]) > 0


def test_a_fault_of_the_server(house, api, monkeypatch, settings) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("the secret inside")

    assert not settings.DEBUG
    monkeypatch.setattr(rules, "visible_rules", broken)
    assert "secret" not in refusal(api.get(url(house, "rules")), 500, Code.SERVER_FAULT)


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [(SuspiciousOperation("inside"), 400, Code.REFUSED), (RequestDataTooBig("inside"), 413, Code.TOO_LARGE)],
)
def test_what_django_itself_refuses(house, api, monkeypatch, error: Exception, status: int, code: Code) -> None:
    def broken(*_: object) -> None:
        raise error

    monkeypatch.setattr(rules, "visible_rules", broken)
    assert "inside" not in refusal(api.get(url(house, "rules")), status, code)
    monkeypatch.undo()
    api.raise_request_exception = True


def test_nothing_was_made_by_all_this(house, api) -> None:
    before = Program.objects.count()
    api.generic("POST", url(house, "programs"), b"", content_type="text/plain")
    assert Program.objects.count() == before


def test_the_schema_takes_only_get(client) -> None:
    refusal(client.post("/client/v4/schema"), 405, Code.METHOD)
