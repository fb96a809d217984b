"""Cloudflare's own Python client, with another base URL and token, through every call of the table."""

from collections.abc import Iterator

import cloudflare
import httpx
import pytest
from cloudflare import Cloudflare
from cloudflare.pagination import SyncV4PagePaginationArray

from tests.clients.conftest import SOURCE, Served

Row = dict[str, object]
DROPPING = SOURCE.replace("CF_EBPF_PASS", "CF_EBPF_DROP")


@pytest.fixture
def client(served: Served) -> Iterator[Cloudflare]:
    with Cloudflare(base_url=served.base, api_token=served.token(), max_retries=0) as made:
        made.delete(f"{served.configs()}/rules", cast_to=object)
        made.delete(f"{served.configs()}/programs", cast_to=object)
        yield made


def send(client: Cloudflare, method: str, path: str, source: str, kind: str = "text/plain", **headers: str) -> dict:
    """The envelope that a program's source is answered with."""
    options = {"headers": {"Content-Type": kind, **headers}}
    answer = getattr(client, method)(path, cast_to=httpx.Response, content=source.encode(), options=options)
    return answer.json()


def test_it_works(client: Cloudflare, served: Served) -> None:
    programs = f"{served.configs()}/programs"
    made = send(client, "post", programs, SOURCE, "text/x-csrc", **{"X-Program-Name": "from Python"})["result"]
    assert (made["name"], made["status"]) == ("from Python", "success")
    listed = client.get(programs, cast_to=object)
    assert (listed["success"], listed["result"], listed["result_info"]["total_count"]) == (True, [made], 1)
    assert client.get(f"{programs}/{made['id']}", cast_to=object)["result"] == made


def test_every_call(client: Cloudflare, served: Served) -> None:
    programs, rules = f"{served.configs()}/programs", f"{served.configs()}/rules"
    program = send(client, "post", programs, SOURCE)["result"]["id"]
    assert send(client, "patch", f"{programs}/{program}", DROPPING)["result"]["id"] == program
    body = {"program_id": program, "scope": "region", "name": "WEUR", "mode": "enabled"}
    made = client.post(rules, cast_to=object, body=body | {"expression": "ip.dst in { 192.0.2.0/24 }"})["result"]
    assert client.get(rules, cast_to=object)["result"] == [made]
    assert client.get(f"{rules}/{made['id']}", cast_to=object)["result"] == made
    changed = client.patch(f"{rules}/{made['id']}", cast_to=object, body={"mode": "monitoring"})["result"]
    assert (changed["mode"], changed["expression"]) == ("monitoring", made["expression"])
    moved = send(client, "patch", f"{programs}/{program}", SOURCE, "text/x-csrc")["result"]
    assert [row["status"] for row in moved["deployments"]] == ["live"]
    capture = client.post(
        f"{programs}/{program}/pcap", cast_to=httpx.Response, content=(served.folder / "input.pcap").read_bytes(),
        options={"headers": {"Content-Type": "application/vnd.tcpdump.pcap"}, "params": {"ip_offset": 14}},
    )  # fmt: skip
    assert capture.content.count(b"CF_EBPF_PASS") == 1800
    with pytest.raises(cloudflare.ConflictError) as refused:
        client.delete(f"{programs}/{program}", cast_to=object)
    assert refused.value.body["errors"][0]["code"] == 1003
    assert client.delete(f"{rules}/{made['id']}", cast_to=object)["success"] is True
    with pytest.raises(cloudflare.NotFoundError):
        client.delete(f"{rules}/{made['id']}", cast_to=object)
    client.post(rules, cast_to=object, body=body)
    assert len(client.delete(rules, cast_to=object)["result"]) == 1
    assert client.delete(f"{programs}/{program}", cast_to=object)["result"] == {"id": program}
    second = send(client, "post", programs, SOURCE)["result"]["id"]
    assert client.delete(programs, cast_to=object)["result"] == [{"id": second}]
    assert client.get(programs, cast_to=object)["result"] == []


def test_pages_as_the_client_turns_them(client: Cloudflare, served: Served) -> None:
    programs = f"{served.configs()}/programs"
    names = ["one", "two", "three"]
    for name in names:
        send(client, "post", programs, SOURCE, **{"X-Program-Name": name})
    pages = client.get_api_list(
        programs, model=Row, page=SyncV4PagePaginationArray[Row], options={"params": {"per_page": 2}}
    )
    assert [row["name"] for row in pages] == names


@pytest.mark.parametrize(
    ("error", "code", "kind", "source"),
    [
        (cloudflare.BadRequestError, 1001, "text/plain", SOURCE.replace("CF_EBPF_PASS", "7")),
        (cloudflare.BadRequestError, 1000, "text/plain", " "),
        (cloudflare.APIStatusError, 1007, "application/json", "{}"),
    ],
)
def test_refusals(
    client: Cloudflare, served: Served, error: type[Exception], code: int, kind: str, source: str
) -> None:
    with pytest.raises(error) as refused:
        send(client, "post", f"{served.configs()}/programs", source, kind)
    assert (refused.value.body["result"], refused.value.body["success"]) == (None, False)
    assert {row["code"] for row in refused.value.body["errors"]} == {code}


def test_who_may_not(served: Served) -> None:
    with Cloudflare(base_url=served.base, api_token="nobody", max_retries=0) as nobody:
        with pytest.raises(cloudflare.AuthenticationError) as refused:
            nobody.get(f"{served.configs()}/rules", cast_to=object)
        assert refused.value.body["errors"][0]["code"] == 10000
    with Cloudflare(base_url=served.base, api_token=served.token("viewer"), max_retries=0) as viewer:
        with pytest.raises(cloudflare.PermissionDeniedError) as forbidden:
            viewer.delete(f"{served.configs()}/rules", cast_to=object)
        assert forbidden.value.body["errors"][0]["code"] == 10001


def test_an_account_that_approves(served: Served) -> None:
    configs = served.configs("careful")
    with Cloudflare(base_url=served.base, api_token=served.token(account="careful"), max_retries=0) as client:
        program = send(client, "post", f"{configs}/programs", SOURCE)["result"]["id"]
        body = {"program_id": program, "scope": "global", "name": "global", "mode": "enabled"}
        made = client.post(f"{configs}/rules", cast_to=object, body=body)["result"]
        assert (made["deployment_status"], made["pending"]["change"]) == ("pending", "create")
        gone = client.delete(f"{configs}/rules/{made['id']}", cast_to=object)["result"]
        assert gone == {"id": made["id"], "deployment_status": "withdrawn"}
