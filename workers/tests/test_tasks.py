"""The tasks are there under their names, and what is queued by name exists."""

import re
from pathlib import Path

import pytest
from celery import current_app
from django.conf import settings

ROOT = Path(__file__).resolve().parents[2]
NAMES = {
    "programs.build_version",
    "programs.run_replay",
    "programs.recover",
    "programs.expire_failed",
    "deployments.expire",
    "telemetry.rollup",
    "telemetry.prune",
}


def registered() -> set[str]:
    current_app.loader.import_default_modules()
    return {name for name in current_app.tasks if not name.startswith("celery.")}


def test_it_works() -> None:
    assert registered() >= NAMES


def test_the_schedule_names_tasks() -> None:
    assert {entry["task"] for entry in settings.CELERY_BEAT_SCHEDULE.values()} <= registered()


@pytest.mark.parametrize("room", ["accounts", "programs", "deployments", "fleet", "telemetry"])
def test_names_that_are_sent_exist(room: str) -> None:
    sent: set[str] = set()
    for path in (ROOT / room).rglob("*.py"):
        sent |= set(re.findall(r"\bsend\(\s*\"([a-z]+\.[a-z_]+)\"", path.read_text()))
    assert {name for name in sent if name.split(".")[0] in settings.PROJECT_APPS} <= registered()
