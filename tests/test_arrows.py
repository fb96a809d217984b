"""Who may import whom: the arrows of docs/architecture.md, kept by import-linter and by the crates' own manifests."""

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
CRATES = {
    "flowprotect-vm": set(),
    "flowprotect-dataplane": {"flowprotect-vm"},
    "flowprotect-engine": {"flowprotect-dataplane", "flowprotect-vm"},
}


def test_python_rooms_import_one_way() -> None:
    command = [str(Path(sys.executable).with_name("lint-imports")), "--no-cache"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr


def test_crates_depend_one_way() -> None:
    if shutil.which("cargo") is None:
        pytest.skip("cargo is not installed; install Rust to check the crates")
    command = ["cargo", "metadata", "--no-deps", "--format-version", "1", "--offline"]
    done = subprocess.run(command, cwd=ROOT / "engine", capture_output=True, text=True, check=True, timeout=60)
    packages = {package["name"]: package for package in json.loads(done.stdout)["packages"]}
    assert set(packages) == set(CRATES)
    for name, package in packages.items():
        # A dev-dependency may point anywhere: it is not part of what others build.
        direct = {d["name"] for d in package["dependencies"] if d["kind"] is None}
        used = {other for other in direct if other.startswith("flowprotect-")}
        assert used <= CRATES[name], name


def test_the_vm_stands_alone() -> None:
    sources = (ROOT / "engine/crates/vm/src").rglob("*.rs")
    for path in (path for path in sources if path.name != "tests.rs"):
        text = re.split(r"#\[cfg\((?:all\()?test", path.read_text())[0]
        for forbidden in ("std::net::UdpSocket", "std::fs", "std::thread", "SystemTime::now", "Instant::now"):
            assert forbidden not in text, f"{path} uses {forbidden}"
