"""Cloudflare's own Node client; what it does is in cloudflare.mjs."""

import json
import subprocess
from pathlib import Path

from tests.clients.conftest import Served
from tests.running_demo import ROOT

CALLS = Path(__file__).with_name("cloudflare.mjs")


def test_every_call(served: Served, tmp_path: Path) -> None:
    facts = {
        "base": served.base,
        "token": served.token(),
        "configs": served.configs(),
        "program": str(served.folder / "program.c"),
        "refused": str(served.folder / "refused.c"),
        "capture": str(served.folder / "input.pcap"),
    }
    (tmp_path / "facts.json").write_text(json.dumps(facts))
    done = subprocess.run(
        ["node", str(CALLS), str(tmp_path / "facts.json")],
        cwd=ROOT / "frontend", capture_output=True, text=True, timeout=120,
    )  # fmt: skip
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
    said = json.loads(done.stdout.splitlines()[-1])
    program = said["uploaded"]["result"]
    assert (program["name"], program["status"]) == ("from Node", "success")
    assert program in said["listed"]["result"]
    assert said["listed"]["result_info"]["per_page"] == 5
    assert said["shown"]["result"] == program
    assert (said["changed"]["success"], said["changed"]["result"]["deployments"]) == (True, [])
    assert (said["rule"]["result"]["program_id"], said["rule"]["result"]["mode"]) == (program["id"], "monitoring")
    assert said["rules"]["result"] == [said["rule"]["result"]]
    assert said["ruleShown"]["result"] == said["rule"]["result"]
    assert said["ruleChanged"]["result"]["mode"] == "enabled"
    assert said["passed"] == 1800
    assert said["inUse"] == {"status": 409, "codes": [1003]}
    assert said["refused"] == {"status": 400, "codes": [1001]}
    assert said["ruleGone"]["result"] == {"id": said["rule"]["result"]["id"], "deployment_status": "live"}
    assert said["goneAgain"] == {"status": 404, "codes": [1002]}
    assert len(said["rulesGone"]["result"]) == 1
    assert said["programGone"]["result"] == {"id": program["id"]}
    assert said["allGone"]["success"] is True
    assert said["nobody"] == {"status": 401, "codes": [10000]}
