"""Wiring only: settings, URLs, ASGI and Celery."""

from flowprotect.celery import app as celery_app

__all__ = ["celery_app"]
