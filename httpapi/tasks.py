"""Sends background tasks by name, after commit, so that no app imports the workers."""

from celery import current_app
from django.conf import settings
from django.db import transaction


def send(name: str, *args: object) -> None:
    """Queues the task `name` when the transaction commits (runs it at once where tasks are eager)."""

    def go() -> None:
        if settings.CELERY_TASK_ALWAYS_EAGER:
            current_app.loader.import_default_modules()
            current_app.tasks[name].apply(args=args)
        else:
            current_app.send_task(name, args=args)

    transaction.on_commit(go)
