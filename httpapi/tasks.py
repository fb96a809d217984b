"""Sends background tasks by name, after commit, so that no app imports the workers."""

import logging

from celery import current_app
from django.conf import settings
from django.db import transaction
from kombu.exceptions import OperationalError

log = logging.getLogger(__name__)


def send(name: str, *args: object) -> None:
    """Queues the task `name` when the transaction commits (runs it at once where tasks are eager).

    The row that asks for the task is committed by then, so an unreachable broker is logged and not raised: periodic
    tasks find rows that wait too long and send them again.
    """

    def go() -> None:
        if settings.CELERY_TASK_ALWAYS_EAGER:
            current_app.loader.import_default_modules()
            current_app.tasks[name].apply(args=args)
            return
        try:
            current_app.send_task(name, args=args)
        except OperationalError:
            log.exception("task %s was not sent", name)

    transaction.on_commit(go)
