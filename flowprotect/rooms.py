"""Collects the URL and WebSocket patterns that each installed app offers."""

from importlib import import_module
from importlib.util import find_spec

from django.conf import settings


def patterns(module: str, name: str) -> list:
    """The lists called `name` in `<app>.<module>` of every app of the project that has one."""
    found: list = []
    for app in settings.PROJECT_APPS:
        if find_spec(f"{app}.{module}"):
            found += getattr(import_module(f"{app}.{module}"), name, [])
    return found
