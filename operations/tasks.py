"""Celery's side of the logs: lines of a task name it, and what it works on."""

import contextlib
import logging
import time
from typing import Any

from celery.signals import setup_logging, task_postrun, task_prerun, worker_init

from operations import context

log = logging.getLogger("flowprotect.task")
# What the first argument of a task is the id of.
SUBJECTS = {"programs.build_version": "build", "programs.run_replay": "replay"}
_running: dict[str, tuple[contextlib.ExitStack, float]] = {}


@setup_logging.connect
def keep_ours(**_: Any) -> None:
    """Celery sets up logging of its own unless somebody is connected here; Django's LOGGING stays then."""


@worker_init.connect
def trace(**_: Any) -> None:
    """A worker traces its tasks, where traces are asked for."""
    from operations import traces

    traces.start()


@task_prerun.connect
def begin(task_id: str, task: Any, args: tuple[Any, ...] = (), **_: Any) -> None:
    """From now on lines name the task. One that runs within a request or another task keeps what was known."""
    stack = contextlib.ExitStack()
    known = dict(context.known())
    subject = SUBJECTS.get(task.name)
    stack.enter_context(context.work(**{**known, "task": task.name, "task_id": task_id}))
    if subject and args:
        context.learn(**{subject: str(args[0])})
    _running[task_id] = (stack, time.monotonic())


@task_postrun.connect
def end(task_id: str, state: str | None = None, **_: Any) -> None:
    """One line a task: how it ended, and after how long."""
    stack, begun = _running.pop(task_id, (None, 0.0))
    if stack is None:
        return
    fields = {"state": (state or "unknown").lower(), "ms": round(1000 * (time.monotonic() - begun), 1)}
    log.info("task", extra={"fields": fields})
    stack.close()
