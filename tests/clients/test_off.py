"""`flowprotect off` against the running server."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.clients.conftest import Served
from tests.running_demo import ROOT


@pytest.fixture
def rule(served: Served) -> Iterator[str]:
    """A rule that is enabled; removed afterwards."""
    headers = {"Authorization": f"Bearer {served.token()}"}
    with httpx.Client(base_url=served.base + served.configs(), headers=headers, timeout=60) as api:
        source = (served.folder / "program.c").read_bytes()
        made = api.post("/programs", content=source, headers={"Content-Type": "text/plain", "X-Program-Name": "off"})
        program = made.json()["result"]["id"]
        body = {"program_id": program, "scope": "datacenter", "name": "ams1", "mode": "enabled"}
        made = api.post("/rules", json=body)
        assert made.status_code == 200, made.text
        found = made.json()["result"]["id"]
        yield found
        api.delete(f"/rules/{found}")
        api.delete(f"/programs/{program}")


def mode(served: Served, rule: str) -> str:
    answer = httpx.get(
        f"{served.base}{served.configs()}/rules/{rule}", headers={"Authorization": f"Bearer {served.token()}"}
    )
    return answer.json()["result"]["mode"]


def flowprotect_off(served: Served, *options: str, token: str | None = None) -> subprocess.CompletedProcess[str]:
    env = {**os.environ, "FLOWPROTECT_TOKEN": token or served.token()}
    return subprocess.run(
        [sys.executable, "-m", "toolchain.cli", "off", "--server", served.url, *options],
        cwd=ROOT, env=env, capture_output=True, text=True, timeout=60,
    )  # fmt: skip


def test_it_works(served: Served, rule: str) -> None:
    done = flowprotect_off(served, "--reason", "players are dropped")
    assert (done.returncode, done.stderr) == (0, "")
    assert "off: off on datacenter ams1 (was enabled)" in done.stdout
    assert mode(served, rule) == "disabled"
    again = flowprotect_off(served, "--account", served.facts["trusting"]["id"])
    assert (again.returncode, again.stdout) == (0, "Nothing was on: no rule was changed.\n")


def test_one_rule_as_json(served: Served, rule: str, tmp_path: Path) -> None:
    file = tmp_path / "token"
    file.write_text(served.token() + "\n")
    done = flowprotect_off(served, "--rule", rule, "--token-file", str(file), "--json", token="none")
    assert done.returncode == 0, done.stdout
    [row] = json.loads(done.stdout)["rules"]
    assert (row["id"], row["mode_before"]) == (rule, "enabled")
    assert mode(served, rule) == "disabled"


def test_refusals(served: Served, rule: str) -> None:
    careful = served.facts["careful"]["id"]
    for options, token, code in (
        ([], served.token("viewer"), "role"),
        ([], "fp_nonsense", "token"),
        (["--account", careful], served.token(), "not_found"),
        (["--rule", "3f0c2a52-5f9e-4a54-9c8e-2b2a0f3d1c11"], served.token(), "not_found"),
        (["--reason", "x" * 501], served.token(), "invalid"),
    ):
        done = flowprotect_off(served, *options, token=token)
        assert (done.returncode, done.stdout) == (1, ""), done
        assert f"[{code}]" in done.stderr and done.stderr.count("\n") == 1
    assert mode(served, rule) == "enabled"
