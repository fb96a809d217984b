"""The checks of a deployment as production runs them, what is refused at the start, and the headers of answers."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from django.http import HttpResponse
from django.test import Client, RequestFactory

from operations.security import PLACEHOLDER, PolicyMiddleware

ROOT = Path(__file__).resolve().parents[2]
KEY = "a-long-key-that-is-only-for-this-test-0123456789-abcdef"


def check(folder: Path, **changes: str | None) -> subprocess.CompletedProcess[str]:
    """`manage.py check --deploy` in a process with production's environment."""
    env = {name: value for name, value in os.environ.items() if not name.startswith(("FLOWPROTECT_", "PYTEST_"))}
    env |= {
        "FLOWPROTECT_DEBUG": "0",
        "FLOWPROTECT_VAR": str(folder),
        "FLOWPROTECT_SECRET_KEY": KEY,
        "FLOWPROTECT_HOSTS": "control.example.org",
        "FLOWPROTECT_ORIGINS": "https://control.example.org",
        "FLOWPROTECT_BEHIND_PROXY": "1",
    }
    env.update({name: value for name, value in changes.items() if value is not None})
    for name in (name for name, value in changes.items() if value is None):
        env.pop(name, None)
    command = [sys.executable, "manage.py", "check", "--deploy", "--fail-level", "WARNING"]
    return subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, timeout=60)


def test_production_is_clean(tmp_path: Path) -> None:
    done = check(tmp_path)
    assert done.returncode == 0, done.stderr
    assert "no issues" in done.stdout


@pytest.mark.parametrize(
    ("changes", "names"),
    [
        ({"FLOWPROTECT_HOSTS": None}, "FLOWPROTECT_HOSTS"),
        ({"FLOWPROTECT_HOSTS": " , "}, "FLOWPROTECT_HOSTS"),
        ({"FLOWPROTECT_HOSTS": "*"}, "FLOWPROTECT_HOSTS"),
        ({"FLOWPROTECT_SECRET_KEY": None}, "FLOWPROTECT_SECRET_KEY"),
        ({"FLOWPROTECT_SECRET_KEY": "short"}, "FLOWPROTECT_SECRET_KEY"),
        ({"FLOWPROTECT_SECRET_KEY": "x" * 60}, "FLOWPROTECT_SECRET_KEY"),
        ({"FLOWPROTECT_HSTS_SECONDS": "a year"}, "FLOWPROTECT_HSTS_SECONDS"),
        ({"FLOWPROTECT_AUDIT_DAYS": "29"}, "FLOWPROTECT_AUDIT_DAYS"),
        ({"FLOWPROTECT_CAPTURES_DAYS": "9999999999"}, "FLOWPROTECT_CAPTURES_DAYS"),
        ({"FLOWPROTECT_METRICS_TOKEN": "short"}, "FLOWPROTECT_METRICS_TOKEN"),
    ],
)
def test_what_is_not_safe_does_not_start(tmp_path: Path, changes: dict[str, str | None], names: str) -> None:
    done = check(tmp_path, **changes)
    assert done.returncode != 0
    assert names in done.stderr.splitlines()[-1]
    assert KEY not in done.stderr


def rules(response: HttpResponse) -> dict[str, str]:
    entries = response["Content-Security-Policy"].split("; ")
    return dict(entry.split(" ", 1) for entry in entries)  # type: ignore[misc]


@pytest.mark.django_db
def test_page_has_a_new_nonce_and_nothing_inline(client: Client, settings, tmp_path: Path) -> None:
    (tmp_path / "index.html").write_text(f'<meta property="csp-nonce" nonce="{PLACEHOLDER}">')
    settings.FRONTEND_DIST = tmp_path
    found = []
    for _ in range(2):
        response = client.get("/programs")
        policy = rules(response)
        assert "unsafe" not in str(policy)
        assert policy["script-src"] == "'self'"
        nonce = re.search(rb'nonce="([\w-]{22})"', response.content)
        assert nonce
        assert policy["style-src"] == f"'self' 'nonce-{nonce[1].decode()}'"
        found.append(nonce[1])
    assert found[0] != found[1]


@pytest.mark.django_db
def test_every_answer_has_a_policy(client: Client) -> None:
    for path in ("/api/v1/me", "/client/v4/nothing", "/static/nothing.js", "/healthz"):
        response = client.get(path)
        if path != "/healthz":
            assert rules(response)["default-src"] == "'none'"
            assert rules(response)["frame-ancestors"] == "'none'"
        assert "unsafe" not in response.headers.get("Content-Security-Policy", "")
    assert "'unsafe-inline'" in rules(client.get("/admin/login/"))["style-src"]


def test_only_error_pages_of_development_go_without(settings) -> None:
    middleware = PolicyMiddleware(lambda request: HttpResponse(status=500))
    request = RequestFactory().get("/programs")
    settings.DEBUG = True
    assert "Content-Security-Policy" not in middleware(request)
    settings.DEBUG = False
    assert "Content-Security-Policy" in middleware(request)


@pytest.mark.django_db
def test_https_behind_the_proxy(client: Client, settings) -> None:
    settings.SECURE_SSL_REDIRECT = True
    settings.SECURE_HSTS_SECONDS = 60
    settings.SECURE_HSTS_INCLUDE_SUBDOMAINS = True
    settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    response = client.get("/api/v1/me")
    assert (response.status_code, response["Location"]) == (301, "https://testserver/api/v1/me")
    response = client.get("/api/v1/me", headers={"x-forwarded-proto": "https"})
    assert response.status_code in (401, 403)
    assert response["Strict-Transport-Security"] == "max-age=60; includeSubDomains"
