"""One running server for every client."""

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from demo.capture import supplied
from tests.running_demo import ROOT, free_port

START_SECONDS = 60
SOURCE = """#define CF_EBPF_HELPER_V0
#include "cf_ebpf_defs.h"
#include "cf_ebpf_helper.h"
uint64_t cf_ebpf_main(void *state) { return CF_EBPF_PASS; }
"""


@dataclass
class Served:
    """The server's addresses, its accounts, and files to send."""

    url: str
    facts: dict[str, Any]
    folder: Path

    @property
    def base(self) -> str:
        """What a client of Cloudflare's is given instead of https://api.cloudflare.com/client/v4."""
        return f"{self.url}/client/v4"

    def configs(self, account: str = "trusting") -> str:
        """The path of the table's addresses below `base`."""
        return f"/accounts/{self.facts[account]['id']}/magic/programmable_flow_protection/configs"

    def token(self, role: str = "owner", account: str = "trusting") -> str:
        return self.facts[account]["tokens"][role]


@pytest.fixture(scope="session")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    folder = tmp_path_factory.mktemp("served")
    (folder / "program.c").write_text(SOURCE)
    (folder / "refused.c").write_text(SOURCE.replace("CF_EBPF_PASS", "7"))
    (folder / "input.pcap").write_bytes(supplied()["demo: players only"])
    port = free_port(socket.SOCK_STREAM)
    env = {name: value for name, value in os.environ.items() if not name.startswith(("DJANGO_", "PYTEST_", "FLOW"))}
    log = (folder / "server.log").open("wb")
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.clients.serve", str(folder), str(port)],
        cwd=ROOT, env=env, stdout=subprocess.PIPE, stderr=log, text=True,
    )  # fmt: skip
    try:
        assert process.stdout
        line = process.stdout.readline()
        assert line, (folder / "server.log").read_text()
        wait_for_port(port, process)
        yield Served(f"http://127.0.0.1:{port}", json.loads(line), folder)
    finally:
        process.kill()
        process.wait()
        log.close()


def wait_for_port(port: int, process: subprocess.Popen) -> None:
    end = time.monotonic() + START_SECONDS
    while time.monotonic() < end and process.poll() is None:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise AssertionError("the server did not start")
