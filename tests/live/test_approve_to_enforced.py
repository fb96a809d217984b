"""How long an approval, and an emergency off, take to reach live packets: seen by a client whose echoes stop."""

import socket
import statistics
import threading
import time

import httpx
import pytest

from demo.protocol import POSITION, Message
from tests.running_demo import RunningDemo, running_demo

ROUNDS = 8
GAP = 0.002
GOAL = 0.5
HEAD = '#define CF_EBPF_HELPER_V0\n#include "cf_ebpf_defs.h"\n#include "cf_ebpf_helper.h"\n'
SOURCE = HEAD + "uint64_t cf_ebpf_main(void *state) { return %s; }\n"


class Probe:
    """Sends a game packet every 2 ms and notes when each answer came."""

    def __init__(self, port: int) -> None:
        self.sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.sock.connect(("127.0.0.1", port))
        self.sock.settimeout(0.2)
        self.last_answer = 0.0
        self.stopped = False
        self.threads = [threading.Thread(target=run, daemon=True) for run in (self._send, self._receive)]
        for thread in self.threads:
            thread.start()

    def _send(self) -> None:
        sequence = 0
        while not self.stopped:
            sequence += 1
            self.sock.send(Message(POSITION, 7, sequence).encode())
            time.sleep(GAP)

    def _receive(self) -> None:
        while not self.stopped:
            try:
                self.sock.recv(2048)
                self.last_answer = time.monotonic()
            except TimeoutError:
                continue

    def answered(self) -> bool:
        """Whether an answer came within the last 100 ms."""
        return time.monotonic() - self.last_answer < 0.1

    def stop(self) -> None:
        self.stopped = True
        for thread in self.threads:
            thread.join()
        self.sock.close()


def wait_until(condition, seconds: float, what: str) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, f"{what} within {seconds} s"
        time.sleep(0.005)


def built(demo: RunningDemo, program: str, verdict: str) -> str:
    made = demo.call("POST", f"{demo.account}/programs/{program}/versions", {"source": SOURCE % verdict})

    def ready() -> bool:
        version = demo.call("GET", f"{demo.account}/programs/{program}/versions/{made['number']}")
        return version["build"]["state"] == "ready"

    wait_until(ready, 30, "the build")
    return made["id"]


def csrf(client: httpx.Client) -> dict[str, str]:
    """The header that a browser's script would send."""
    return {"X-CSRFToken": client.cookies["csrftoken"]}


@pytest.fixture(scope="module")
def demo():
    with running_demo(flood=0) as running:
        # So that a token of the account may approve; who asks is another token.
        with httpx.Client(base_url=running.facts["url"]) as operator:
            operator.get("/").raise_for_status()
            login = operator.post(
                "/api/v1/auth/login", json=running.facts["logins"]["operator"], headers=csrf(operator)
            )
            login.raise_for_status()
            operator.patch(running.account, json={"approvers": "account"}, headers=csrf(operator)).raise_for_status()
        yield running


@pytest.mark.timeout(300)
def test_approvals_are_enforced_within_half_a_second(demo: RunningDemo, capsys) -> None:
    rule = demo.call("GET", f"{demo.account}/rules")["results"][0]
    program = rule["program"]["id"]
    versions = {verdict: built(demo, program, verdict) for verdict in ("CF_EBPF_PASS", "CF_EBPF_DROP")}
    probe = Probe(demo.facts["ports"]["relay"])
    taken = []
    try:
        wait_until(probe.answered, 10, "the first answer")
        for turn in range(2 * ROUNDS):
            verdict = ("CF_EBPF_DROP", "CF_EBPF_PASS")[turn % 2]
            ask = {"change": "update", "rule": rule["id"], "version": versions[verdict]}
            asked = demo.call("POST", f"{demo.account}/deployments", ask)
            time.sleep(0.3)
            start = time.monotonic()
            demo.call("POST", f"{demo.account}/deployments/{asked['id']}/approve", {}, token="approver")
            if verdict == "CF_EBPF_DROP":
                wait_until(lambda: not probe.answered(), 5, "the end of answers")
                taken.append(max(0.0, probe.last_answer - start))
            else:
                wait_until(probe.answered, 5, "answers again")
    except AssertionError:
        print(demo.log())
        raise
    finally:
        probe.stop()
    slowest = max(taken)
    with capsys.disabled():
        print(f"\napprove → enforced: median {1000 * statistics.median(taken):.0f} ms, slowest {1000 * slowest:.0f} ms "
              f"of {len(taken)} (goal {1000 * GOAL:.0f} ms)")  # fmt: skip
    assert statistics.median(taken) < GOAL


@pytest.mark.timeout(300)
def test_emergency_off_lets_packets_through_within_half_a_second(demo: RunningDemo, capsys) -> None:
    rule = demo.call("GET", f"{demo.account}/rules")["results"][0]
    version = built(demo, rule["program"]["id"], "CF_EBPF_DROP")
    probe = Probe(demo.facts["ports"]["relay"])
    taken = []
    try:
        wait_until(probe.answered, 10, "the first answer")
        for _ in range(ROUNDS):
            ask = {"change": "update", "rule": rule["id"], "version": version, "mode": "enabled"}
            asked = demo.call("POST", f"{demo.account}/deployments", ask)
            demo.call("POST", f"{demo.account}/deployments/{asked['id']}/approve", {}, token="approver")
            wait_until(lambda: not probe.answered(), 5, "the end of answers")
            start = time.monotonic()
            off = demo.call("POST", f"{demo.account}/emergency-off", {"reason": "everything is dropped"})
            assert rule["id"] in [row["id"] for row in off["rules"]]
            wait_until(lambda begun=start: probe.last_answer > begun, 5, "answers again")
            taken.append(probe.last_answer - start)
    except AssertionError:
        print(demo.log())
        raise
    finally:
        probe.stop()
    with capsys.disabled():
        print(f"\nemergency off → passing: median {1000 * statistics.median(taken):.0f} ms, slowest "
              f"{1000 * max(taken):.0f} ms of {len(taken)} (goal {1000 * GOAL:.0f} ms)")  # fmt: skip
    assert statistics.median(taken) < GOAL
