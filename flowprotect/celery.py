"""The Celery application; every task is registered by `workers.tasks`."""

import os

from celery import Celery

from operations import tasks  # noqa: F401 - connects to Celery's signals

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "flowprotect.settings")

app = Celery("flowprotect")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks(["workers"])
