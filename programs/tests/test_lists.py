"""Programs that look into the account's IP lists: what their author hears, and what a replay decides."""

import pytest

from accounts.actions.create_list import create_list
from accounts.actions.set_entries import set_entries
from accounts.tests.world import World
from programs.actions.add_version import add_version
from programs.actions.build_version import build_version
from programs.actions.run_replay import run_replay
from programs.actions.start_replay import start_replay
from programs.models import Build, Capture, Program

SOURCE = """#define CF_EBPF_HELPER_V0
#include "cf_ebpf_helper.h"
#include "flowprotect_abi.h"
uint64_t cf_ebpf_main(void *state) {
    return fp_list_source("partners") > 0 ? CF_EBPF_PASS : CF_EBPF_DROP;
}
"""


def built(world: World, program: Program) -> Build:
    build = add_version(world.users["developer"], program, SOURCE).build
    build_version(build.pk)
    build.refresh_from_db()
    assert build.state == "ready"
    return build


def said(diagnostics: list) -> list[tuple[str, str, int]]:
    return [(one["severity"], one["code"], one["line"]) for one in diagnostics]


def test_a_list_that_is_not_there_is_a_warning(world: World, program: Program) -> None:
    create_list(world.users["developer"], world.ours, "others")
    create_list(world.operator, world.theirs, "partners")
    build = built(world, program)
    assert said(build.diagnostics) == [("warning", "list.unknown", 5)]
    assert "partners" in build.diagnostics[0]["message"]
    answer = world.client("developer").post(world.url("check"), {"source": SOURCE}, format="json").json()
    assert (answer["ok"], said(answer["diagnostics"])) == (True, [("warning", "list.unknown", 5)])


def test_a_list_that_is_there_is_none(world: World, program: Program) -> None:
    create_list(world.users["developer"], world.ours, "partners")
    assert built(world, program).diagnostics == []
    answer = world.client("developer").post(world.url("check"), {"source": SOURCE}, format="json").json()
    assert answer["diagnostics"] == []


@pytest.mark.parametrize(("text", "dropped"), [("127.1.0.0/16", 1), ("127.0.0.0/8", 0), ("", 2)])
def test_a_replay_decides_by_the_lists(
    world: World, program: Program, capture: Capture, text: str, dropped: int
) -> None:
    developer = world.users["developer"]
    set_entries(developer, create_list(developer, world.ours, "partners"), text)
    replay = start_replay(developer, built(world, program).version, capture)
    run_replay(replay.pk)
    replay.refresh_from_db()
    assert (replay.state, replay.summary["dropped"]) == ("done", dropped)
