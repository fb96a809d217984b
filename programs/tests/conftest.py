"""Fixtures of the room's tests."""

from types import SimpleNamespace
from typing import Any

import pytest

from accounts.tests.conftest import world
from accounts.tests.world import World
from httpapi import live
from programs.models import Build, Capture, Program, Version
from programs.tests.captures import SMALL

__all__ = ["world"]

PASS = """#define CF_EBPF_HELPER_V0
#include "cf_ebpf_helper.h"
uint64_t cf_ebpf_main(void *state) { return CF_EBPF_PASS; }
"""
WRONG = PASS.replace("return CF_EBPF_PASS;", "return 0 }")
UNSAFE = PASS.replace("{ return CF_EBPF_PASS; }", "{\n  return rand();\n}")


@pytest.fixture
def program(world: World) -> Program:
    return Program.objects.create(account=world.ours, name="guard")


@pytest.fixture
def version(program: Program) -> Version:
    """A version whose build is ready; its object is not a real one."""
    version = Version.objects.create(program=program, number=1, source=PASS, created_by="test")
    Build.objects.create(version=version, state="ready", elf=b"\x7fELF", elf_sha256="0" * 64, compiler="test")
    return version


@pytest.fixture
def capture(world: World) -> Capture:
    return Capture.objects.create(account=world.ours, name="small.pcap", data=SMALL)


@pytest.fixture
def heard(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, str, dict[str, Any]]]:
    """(group, event, data) of each live event, in order. Sent at once, without waiting for a commit."""
    events: list = []

    class Layer:
        async def group_send(self, group: str, message: dict) -> None:
            events.append((group, message["event"], message["data"]))

    monkeypatch.setattr(live, "get_channel_layer", Layer)
    monkeypatch.setattr(live, "transaction", SimpleNamespace(on_commit=lambda work: work()))
    return events
