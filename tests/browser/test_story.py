"""The whole story in a browser: the attack, a changed line, build, replay, approval, and the attack gone."""

import json
import os
import subprocess
import time
from pathlib import Path

import pytest

from tests.browser import chromium
from tests.running_demo import ROOT, RunningDemo, running_demo

STORY = Path(__file__).with_name("story.mjs")
FLOOD = 8000
SETTLE, WINDOW = 5, 8


@pytest.mark.timeout(420)
def test_the_attack_vanishes_when_the_rule_is_approved(tmp_path: Path, capsys) -> None:
    browser = chromium.find()
    if browser is None:
        pytest.skip("no Chromium: install it (as root: apt-get install chromium) and run this test again")
    with running_demo(FLOOD) as demo:
        before = suffering(demo)
        assert before > 0.05, "the flood should hurt before the rule is live"
        env = {**os.environ, "CHROMIUM": browser, "SHOTS": os.environ.get("FLOWPROTECT_SHOTS", str(tmp_path))}
        done = subprocess.run(
            ["node", str(STORY), str(demo.var / "demo.json")],
            env=env, cwd=ROOT / "frontend", capture_output=True, text=True, timeout=200,
        )  # fmt: skip
        assert done.returncode == 0, f"{done.stdout}\n{done.stderr}\n{demo.log()}"
        approved = json.loads(done.stdout.splitlines()[-1])
        since = time.time() + SETTLE
        time.sleep(SETTLE + WINDOW)
        rows = demo.seconds(since)
        assert len(rows) >= WINDOW - 3, demo.log()
        loss = sum(row["players"]["loss"] * row["players"]["sent"] for row in rows) / sum(
            row["players"]["sent"] for row in rows
        )
        flooded = sum(row["received"] - row["players"]["sent"] for row in rows)
        leaked = max(0, sum(row["passed"] - row["players"]["sent"] for row in rows)) / flooded
        with capsys.disabled():
            print(f"\nplayers' loss {before:.1%} → {loss:.2%}, flood passed {leaked:.2%} of {flooded} packets; "
                  f"approve → chart {approved['approve_to_chart_ms']} ms")  # fmt: skip
        assert flooded / len(rows) > FLOOD / 2
        assert loss < 0.01, demo.log()
        assert leaked < 0.01, demo.log()


def suffering(demo: RunningDemo) -> float:
    """The players' mean loss over three seconds of the attack, once it has begun."""
    end = time.monotonic() + 40
    while time.monotonic() < end:
        rows = demo.seconds(time.time() - 4)
        if len(rows) >= 3 and all(row["received"] > FLOOD / 2 for row in rows):
            return sum(row["players"]["loss"] for row in rows) / len(rows)
        time.sleep(0.5)
    raise AssertionError(f"the flood never reached the relay\n{demo.log()}")
