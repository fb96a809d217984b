"""What is written to the log, and what never is."""

import io
import json
import logging
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest
from celery import current_app
from django.http import HttpRequest, HttpResponse
from django.test import AsyncClient, Client, RequestFactory

from accounts.tests.world import World, make_world
from operations import context
from operations.logs import JsonFormatter, PlainFormatter, configuration
from operations.requests import RequestMiddleware
from programs.actions.create_program import create_program


class Lines:
    """What was logged so far, as JSON objects."""

    def __init__(self) -> None:
        self.stream = io.StringIO()

    @property
    def text(self) -> str:
        return self.stream.getvalue()

    def of(self, logger: str) -> list[dict[str, Any]]:
        lines = [json.loads(line) for line in self.text.splitlines()]
        return [line for line in lines if line["logger"] == logger]

    def request(self) -> dict[str, Any]:
        (line,) = self.of("flowprotect.request")
        self.stream.truncate(0)
        self.stream.seek(0)
        return line


@pytest.fixture
def lines() -> Iterator[Lines]:
    # Sets Django up again, and with it logging.
    current_app.loader.import_default_modules()
    found = Lines()
    handler = logging.StreamHandler(found.stream)
    handler.setFormatter(JsonFormatter())
    logging.getLogger().addHandler(handler)
    yield found
    logging.getLogger().removeHandler(handler)


@pytest.fixture
def world(db: None) -> World:
    return make_world()


def test_one_line_a_request_with_route_and_account(world: World, lines: Lines) -> None:
    response = world.client("owner").get(world.url("programs") + "?secret=hunter2", HTTP_X_REQUEST_ID="trace-12345678")
    assert response["X-Request-ID"] == "trace-12345678"
    line = lines.request()
    assert line["method"] == "GET"
    assert line["route"].endswith("accounts/<str:account_id>/programs")
    assert (line["status"], line["account"], line["actor"]) == (200, world.ours.pk, "user")
    assert line["request_id"] == "trace-12345678"
    assert line["level"] == "info"
    assert 0 < line["ms"] < 10_000
    assert "hunter2" not in lines.text


def test_actors(world: World, lines: Lines) -> None:
    world.client("operator").get(world.url("programs"))
    assert lines.request()["actor"] == "operator"
    world.token_client("viewer").get("/api/v1/me")
    line = lines.request()
    assert (line["actor"], line["account"]) == ("apitoken", world.ours.pk)
    world.client("nobody").get(world.url("programs"))
    assert lines.request()["actor"] == "anonymous"


def test_no_password_and_no_token_is_written(world: World, lines: Lines) -> None:
    body = {"email": "owner@ours.example", "password": "wrong hunter2"}
    world.client("nobody").post("/api/v1/auth/login", body, headers={"authorization": "Bearer fp_hunter2"})
    assert lines.request()["status"] in (400, 401, 403)
    assert "hunter2" not in lines.text


@pytest.mark.parametrize("given", ["short", "x" * 129, 'a"} {"level":"x', "line\nbreak-12", "späße-12345", ""])
def test_id_that_is_not_well_formed_is_replaced(given: str) -> None:
    request = RequestFactory().get("/", headers={"x-request-id": given})
    response = RequestMiddleware(lambda request: HttpResponse())(request)
    assert response["X-Request-ID"] != given
    assert len(response["X-Request-ID"]) == 32


def test_lines_within_the_request_know_it_and_none_after(lines: Lines) -> None:
    def view(request: HttpRequest) -> HttpResponse:
        logging.getLogger("inner").info("here")
        return HttpResponse()

    RequestMiddleware(view)(RequestFactory().get("/", headers={"x-request-id": "abcdefgh-1"}))
    logging.getLogger("outer").info("there")
    assert lines.of("inner")[0]["request_id"] == "abcdefgh-1"
    assert "request_id" not in lines.of("outer")[0]


async def test_through_asgi(lines: Lines) -> None:
    response = await AsyncClient().get("/api/v1/nothing", headers={"x-request-id": "abcdefgh-2"})
    assert (response.status_code, response["X-Request-ID"]) == (404, "abcdefgh-2")
    assert lines.request()["request_id"] == "abcdefgh-2"


@pytest.mark.django_db
def test_probes_are_not_logged(client: Client, lines: Lines) -> None:
    client.get("/healthz")
    assert lines.text == ""


def test_line_holds_the_exception_and_cannot_be_forged(lines: Lines) -> None:
    try:
        raise ValueError("two\nlines")
    except ValueError:
        extra = {"fields": {"level": "forged", "size": 3}}
        logging.getLogger("x").exception("failed\n{}", extra=extra)
    assert lines.text.count("\n") == 1
    (line,) = lines.of("x")
    assert (line["level"], line["size"], line["message"]) == ("error", 3, "failed\n{}")
    assert "ValueError: two\nlines" in line["exception"]


def test_plain_line_of_development() -> None:
    record = logging.LogRecord("x", logging.INFO, "x.py", 1, "request", None, None)
    record.fields = {"status": 200}
    with context.work(request_id="abc"):
        assert PlainFormatter().format(record).endswith("INFO x: request request_id=abc status=200")


def test_configuration_leaves_uvicorn_no_access_log() -> None:
    code = (
        "import logging, logging.config\n"
        "from operations.logs import configuration\n"
        "from uvicorn.config import LOGGING_CONFIG\n"
        "logging.config.dictConfig(LOGGING_CONFIG)\n"
        "logging.config.dictConfig(configuration(plain=False))\n"
        "logging.getLogger('uvicorn.error').info('started')\n"
        "assert not logging.getLogger('uvicorn.access').hasHandlers()\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=30)
    assert done.returncode == 0, done.stderr
    (line,) = done.stderr.splitlines()
    assert json.loads(line)["message"] == "started"
    assert configuration(plain=True)["formatters"]["line"]["()"].endswith("PlainFormatter")


def test_task_lines_name_task_and_build(world: World, lines: Lines) -> None:
    program = create_program(world.users["developer"], world.ours, "p", "this is not C: hunter2")
    build = program.versions.get().build
    current_app.tasks["programs.build_version"].apply(args=[build.pk])
    (line,) = lines.of("flowprotect.task")
    assert (line["task"], line["build"], line["state"]) == ("programs.build_version", str(build.pk), "success")
    assert len(line["task_id"]) == 36
    assert line["ms"] > 0
    assert "hunter2" not in lines.text
    assert "task_id" not in context.known()


def test_task_that_fails_says_so(lines: Lines) -> None:
    @current_app.task(name="operations.test_broken")
    def broken() -> None:
        raise ValueError("broken")

    broken.apply(throw=False)
    assert lines.of("flowprotect.task")[-1]["state"] == "failure"
