"""The calls of Cloudflare's documentation with curl, and requests that no client library would send."""

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.clients.conftest import Served

JSON = ["--header", "Content-Type: application/json"]
TEXT = ["--header", "Content-Type: text/plain"]


class Curl:
    """curl with the owner's token."""

    def __init__(self, served: Served) -> None:
        self.served = served
        self.token = served.token()

    def __call__(self, path: str, *options: str, status: int = 200, base: str | None = None) -> dict[str, Any]:
        """The envelope of an answer that must have that status."""
        address = f"{self.served.base}{self.served.configs()}{path}" if base is None else base + path
        done = subprocess.run(
            ["curl", "--silent", "--show-error", "--write-out", "\n%{http_code} %{content_type}", address,
             "--header", f"Authorization: Bearer {self.token}", *options],
            capture_output=True, text=True, timeout=60,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        body, _, tail = done.stdout.rpartition("\n")
        assert tail == f"{status} application/json", done.stdout
        answer = json.loads(body)
        assert {"result", "success", "errors", "messages"} <= set(answer)
        assert answer["success"] is (status == 200)
        return answer


@pytest.fixture
def curl(served: Served) -> Curl:
    made = Curl(served)
    made("/rules", "--request", "DELETE")
    made("/programs", "--request", "DELETE")
    return made


def test_the_documented_calls(curl: Curl, served: Served, tmp_path: Path) -> None:
    source = ["--data-binary", f"@{served.folder / 'program.c'}"]
    program = curl("/programs", *TEXT, *source)["result"]
    assert curl("/programs")["result"] == [program]
    body = {"program_id": program["id"], "scope": "global", "name": "global", "mode": "monitoring"}
    made = curl("/rules", *JSON, "--data", json.dumps(body))["result"]
    regional = {
        **body,
        "scope": "region",
        "name": "WEUR",
        "mode": "enabled",
        "expression": "ip.dst in { 192.0.2.0/24 }",
    }
    second = curl("/rules", *JSON, "--data", json.dumps(regional))["result"]
    assert {field: second[field] for field in regional} == regional
    assert [row["id"] for row in curl("/rules")["result"]] == [made["id"], second["id"]]
    changed = curl(f"/rules/{made['id']}", "--request", "PATCH", *JSON, "--data", '{"mode": "enabled"}')
    assert changed["result"]["mode"] == "enabled"
    updated = curl(f"/programs/{program['id']}", "--request", "PATCH", *TEXT, *source)["result"]
    assert updated["id"] == program["id"]
    output = tmp_path / "output.pcap"
    done = subprocess.run(
        ["curl", "--silent", "--fail", f"{served.base}{served.configs()}/programs/{program['id']}/pcap",
         "--header", f"Authorization: Bearer {curl.token}", "--header", "Content-Type: application/vnd.tcpdump.pcap",
         "--data-binary", f"@{served.folder / 'input.pcap'}", "--output", str(output)],
        timeout=60,
    )  # fmt: skip
    assert (done.returncode, output.read_bytes().count(b"CF_EBPF_PASS")) == (0, 1800)
    curl(f"/programs/{program['id']}", "--request", "DELETE", status=409)
    for row in (made, second):
        curl(f"/rules/{row['id']}", "--request", "DELETE")
    curl(f"/programs/{program['id']}", "--request", "DELETE")
    curl(f"/programs/{program['id']}", "--request", "DELETE", status=404)


def test_a_refused_program(curl: Curl, served: Served) -> None:
    answer = curl("/programs", *TEXT, "--data-binary", f"@{served.folder / 'refused.c'}", status=400)
    assert answer["errors"][0]["code"] == 1001
    assert answer["errors"][0]["message"].startswith("Program verification failed: line 4: ")


def test_a_name_in_utf_8(curl: Curl, served: Served) -> None:
    source = ["--data-binary", f"@{served.folder / 'program.c'}"]
    made = curl("/programs", *TEXT, *source, "--header", "X-Program-Name: Spieleschutz für München")
    assert made["result"]["name"] == "Spieleschutz für München"


@pytest.mark.parametrize(
    ("path", "options", "status", "code"),
    [
        ("/programs", ["--data", "x"], 415, 1007),
        ("/programs", ["--request", "PUT"], 405, 1005),
        ("/programs", ["--request", "OPTIONS"], 405, 1005),
        ("/rules", [*JSON, "--data", "{"], 400, 1000),
        ("/rules", [*JSON, "--header", "Transfer-Encoding: chunked", "--data", "[]"], 400, 1000),
        ("/rules?page=0", [], 400, 1000),
        ("/rules?page=%FF", [], 400, 1000),
        ("/rules/x", [], 404, 1002),
        ("/%ff", [], 404, 1002),
        ("/rules", ["--header", "Authorization: Bearer é"], 401, 10000),
    ],
)
def test_refusals(curl: Curl, path: str, options: list[str], status: int, code: int) -> None:
    assert curl(path, *options, status=status)["errors"][0]["code"] == code


def test_a_large_body(curl: Curl, tmp_path: Path) -> None:
    large = tmp_path / "large"
    large.write_bytes(b" " * (5 * 1024 * 1024 + 1))
    for path, kind in (("/programs", TEXT), ("/rules", JSON)):
        assert curl(path, *kind, "--data-binary", f"@{large}", status=413)["errors"][0]["code"] == 1006


def test_an_unknown_address(curl: Curl, served: Served) -> None:
    for path in ("/client/v4/zones", "/client/v4/", "/client/v3/x"):
        assert curl(path, base=served.url, status=404)["errors"][0]["code"] == 1002
