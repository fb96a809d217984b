"""Reads of programs that are more than a line."""

import time
from typing import Any

from django.db.models import OuterRef, Q, QuerySet, Subquery

from accounts.models import Account
from accounts.queries import networks_by_list
from httpapi.errors import Refused
from programs.models import Build, Capture, Program, Replay, Version

POLL = 0.1
REPLAY_BYTES = ("annotated", "capture__data", "version__source")


def wait_for_build(build: Build, seconds: float) -> Build:
    """The build, read again until it is finished or the seconds are over."""
    end = time.monotonic() + seconds
    while True:
        build.refresh_from_db()
        left = end - time.monotonic()
        if build.finished or left <= 0:
            return build
        time.sleep(min(POLL, left))


def live_elf(version: Version) -> bytes:
    """The verified object of a version. Raises Refused (`build.not_ready`)."""
    build = Build.objects.filter(version=version).first()
    if build is None or build.state != Build.State.READY or build.elf is None:
        raise Refused("build.not_ready", f"{version} has no finished build.")
    return bytes(build.elf)


def as_on_nodes(account: Account) -> dict[str, Any]:
    """What nodes run the account's programs with, as replays take it: `lists` and `fuel`."""
    return {"lists": networks_by_list(account), "fuel": account.fuel}


def programs_of(account: Account) -> QuerySet[Any]:
    """The account's programs, each with the id of its newest version as `latest_id`."""
    newest = Version.objects.filter(program=OuterRef("pk")).order_by("-number").values("pk")[:1]
    return Program.objects.for_account(account).annotate(latest_id=Subquery(newest))


def with_latest(programs: list[Any]) -> list[Any]:
    """Sets `latest` on programs from `programs_of`: the newest version without its source, with its build, or None."""
    ids = [program.latest_id for program in programs if program.latest_id]
    rows = Version.objects.filter(pk__in=ids).select_related("build").defer("source", "build__elf").in_bulk()
    for program in programs:
        program.latest = rows.get(program.latest_id)
    return programs


def versions_of(program: Program) -> QuerySet[Version]:
    """The program's versions with their builds, newest first."""
    return Version.objects.filter(program=program).select_related("build").defer("build__elf")


def captures_for(account: Account) -> QuerySet[Capture]:
    """The account's own captures and the supplied ones, newest first, without their bytes."""
    rows = Capture.objects.filter(Q(account=account) | Q(account=None))
    return rows.defer("data").order_by("-created_on", "name")


def capture_for_build(account: Account) -> Capture | None:
    """What a new build is replayed on: the account's newest capture, else the newest supplied one."""
    rows = Capture.objects.defer("data").order_by("-created_on")
    return rows.filter(account=account).first() or rows.filter(account=None).first()


def replays_of(account: Account) -> QuerySet[Replay]:
    """The account's replays without annotated captures, newest first."""
    rows = Replay.objects.for_account(account).select_related("version__program", "capture")
    return rows.defer(*REPLAY_BYTES)
