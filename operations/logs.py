"""Log lines as JSON for machines, or plain for a person at a terminal."""

import json
import logging
from datetime import UTC, datetime
from typing import Any

from operations.context import known

# What a caller adds with `extra={"fields": {…}}` comes after these, and cannot replace them.
FIRST = ("at", "level", "logger", "message")


class JsonFormatter(logging.Formatter):
    """One JSON object a line: at (UTC), level, logger, message, what is known of the work, fields, exception."""

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, Any] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        more = {**known(), **fields_of(record)}
        line |= {name: value for name, value in more.items() if name not in FIRST}
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return json.dumps(line, default=str, ensure_ascii=False)


class PlainFormatter(logging.Formatter):
    """The same on one line for a person, the exception below it."""

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)s %(name)s: %(message)s")

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 - the name is logging's
        more = {**known(), **fields_of(record)}
        return " ".join([super().formatMessage(record), *(f"{name}={value}" for name, value in more.items())])


def fields_of(record: logging.LogRecord) -> dict[str, Any]:
    """What the caller added."""
    found = getattr(record, "fields", {})
    return found if isinstance(found, dict) else {}


def configuration(plain: bool, level: str = "INFO") -> dict[str, Any]:
    """Django's LOGGING: everything to standard error, requests once, by `operations.requests`."""
    formatter = PlainFormatter if plain else JsonFormatter
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"line": {"()": f"{formatter.__module__}.{formatter.__qualname__}"}},
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
        "root": {"handlers": ["stderr"], "level": level},
        "loggers": {
            # Django gives these handlers of their own, which would write a line twice or send mail.
            "django": {"handlers": [], "level": level, "propagate": True},
            "django.server": {"handlers": [], "level": level, "propagate": False},
            # Says `Not Found: …` with the path beside the line of the request; faults still come with their trace.
            "django.request": {"level": "ERROR"},
            "uvicorn": {"handlers": [], "propagate": True},
            "uvicorn.error": {"handlers": [], "propagate": True},
            # The address would hold whatever a client wrote into the query.
            "uvicorn.access": {"handlers": [], "propagate": False},
            # Each periodic task twice a run; failures are warnings and stay.
            "celery.app.trace": {"level": "WARNING"},
            "celery.worker.strategy": {"level": "WARNING"},
            "celery.beat": {"level": "WARNING"},
            "httpx": {"level": "WARNING"},
        },
    }
