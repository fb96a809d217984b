"""`flowprotect off` against servers that answer anything; tests/clients has the real one."""

import json
import socket
import ssl
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any
from urllib.request import HTTPSHandler

import pytest

from toolchain import off
from toolchain.cli import main

ACCOUNT = "a" * 32
RULE = "3f0c2a52-5f9e-4a54-9c8e-2b2a0f3d1c11"
ROW = {
    "id": RULE,
    "program": {"id": RULE, "name": "guard\x1b[2J"},
    "scope": "region",
    "name": "eu",
    "mode_before": "enabled",
}
Capsys = pytest.CaptureFixture[str]


class Fake(HTTPServer):
    """Answers every request alike and keeps what it was asked."""

    status = 200
    body = json.dumps({"rules": [ROW]}).encode()
    location = ""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Answer)
        self.asked: list[tuple[str, str, str | None, Any]] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class Answer(BaseHTTPRequestHandler):
    server: Fake

    def do_POST(self) -> None:
        sent = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        token = self.headers.get("Authorization")
        self.server.asked.append((self.command, self.path, token, json.loads(sent) if sent else None))
        self.send_response(self.server.status)
        if self.server.location:
            self.send_header("Location", self.server.location)
        self.end_headers()
        self.wfile.write(self.server.body)

    do_GET = do_POST

    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch) -> Iterator[Fake]:
    monkeypatch.setenv("FLOWPROTECT_TOKEN", "fp_secret")
    server = Fake()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()


def test_it_works(fake: Fake, capsys: Capsys) -> None:
    assert main(["off", "--server", fake.url + "/", "--account", ACCOUNT, "--reason", "players are dropped"]) == 0
    said = capsys.readouterr().out
    assert "on region eu (was enabled)" in said and "1 switched off" in said and "\x1b" not in said
    path = f"/api/v1/accounts/{ACCOUNT}/emergency-off"
    assert fake.asked == [("POST", path, "Bearer fp_secret", {"reason": "players are dropped"})]


def test_one_rule_as_json_with_a_token_file(fake: Fake, capsys: Capsys, tmp_path: Path) -> None:
    file = tmp_path / "token"
    file.write_text("fp_other\n")
    arguments = ["off", "--server", fake.url, "--account", ACCOUNT, "--rule", RULE.upper(), "--token-file", str(file)]
    assert main([*arguments, "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == {"ok": True, "account": ACCOUNT, "rules": [ROW]}
    assert fake.asked[0][2:] == ("Bearer fp_other", {"rule": RULE})


def test_the_only_account(fake: Fake, capsys: Capsys) -> None:
    fake.body = json.dumps({"accounts": [{"id": ACCOUNT}], "rules": []}).encode()
    assert main(["off", "--server", fake.url]) == 0
    assert [asked[:2] for asked in fake.asked] == [
        ("GET", "/api/v1/me"),
        ("POST", f"/api/v1/accounts/{ACCOUNT}/emergency-off"),
    ]
    assert capsys.readouterr().out == "Nothing was on: no rule was changed.\n"


@pytest.mark.parametrize("accounts", [[], [{"id": ACCOUNT}] * 2, [{"id": "../x"}], [{}], [1], None])
def test_no_account_is_guessed(fake: Fake, capsys: Capsys, accounts: Any) -> None:
    fake.body = json.dumps({"accounts": accounts}).encode()
    assert main(["off", "--server", fake.url]) == 2
    assert [asked[0] for asked in fake.asked] == ["GET"]
    assert "[off.a" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["--server", "http://flowprotect.example.com"], "off.insecure"),
        (["--server", "ftp://127.0.0.1"], "off.server"),
        (["--server", "127.0.0.1:8000"], "off.server"),
        (["--server", "https://[::1"], "off.server"),
        (["--server", "https://h:99999"], "off.server"),
        (["--server", "https://u:p@h"], "off.server"),
        (["--server", "https://h/\r\nX: y"], "off.server"),
        (["--server", ""], "off.server"),
        (["--server", "https://h", "--rule", "7"], "off.rule"),
        (["--server", "https://h", "--account", "../../x"], "off.account"),
        (["--server", "https://h", "--token-file", "/nonexistent/token"], "off.token"),
        (["--server", "https://h", "--token-file", "/"], "off.token"),
        ([], "usage"),
        (["--server", "https://h", "now"], "usage"),
    ],
)
def test_wrong_usage(fake: Fake, capsys: Capsys, arguments: list[str], code: str) -> None:
    assert main(["off", *arguments]) == 2
    said = capsys.readouterr().err
    assert said.count("\n") == 1 and f"[{code}]" in said
    assert main(["off", *arguments, "--json"]) == 2
    assert json.loads(capsys.readouterr().out)["diagnostics"][0]["code"] == code
    assert fake.asked == []


@pytest.mark.parametrize("token", ["", "  ", "a b", "a\r\nX: y", "ä", "a" * 5000])
def test_tokens_that_are_none(fake: Fake, capsys: Capsys, monkeypatch: pytest.MonkeyPatch, token: str) -> None:
    monkeypatch.setenv("FLOWPROTECT_TOKEN", token)
    assert main(["off", "--server", fake.url]) == 2
    assert "[off.token]" in capsys.readouterr().err
    assert fake.asked == []


def test_a_token_file_of_bytes(fake: Fake, capsys: Capsys, tmp_path: Path) -> None:
    (tmp_path / "token").write_bytes(b"\xff\xfe")
    assert main(["off", "--server", fake.url, "--token-file", str(tmp_path / "token")]) == 2
    assert "[off.token]" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("status", "body", "code", "exits"),
    [
        (403, b'{"detail": "This needs the role developer; you have viewer.", "code": "role"}', "role", 1),
        (401, b"<html>", "off.refused", 1),
        (500, b'{"detail": [], "code": 7}', "off.refused", 1),
        (503, b"", "off.refused", 1),
        (200, b"<html>", "off.answer", 2),
        (200, b"[]", "off.answer", 2),
        (200, b"[" * 100_000, "off.answer", 2),
        (200, b'{"rules": 1}', "off.answer", 2),
        (200, b'{"rules": ["x"]}', "off.answer", 2),
        (200, b"\xff", "off.answer", 2),
    ],
)
def test_servers_that_refuse(fake: Fake, capsys: Capsys, status: int, body: bytes, code: str, exits: int) -> None:
    fake.status, fake.body = status, body
    assert main(["off", "--server", fake.url, "--account", ACCOUNT]) == exits
    said = capsys.readouterr()
    assert f"[{code}]" in said.err and said.out == ""


def test_a_redirect_does_not_get_the_token(fake: Fake, capsys: Capsys) -> None:
    fake.status, fake.location = 302, fake.url + "/elsewhere"
    assert main(["off", "--server", fake.url, "--account", ACCOUNT]) == 2
    assert "[off.redirect]" in capsys.readouterr().err
    assert len(fake.asked) == 1


def test_nobody_there(fake: Fake, capsys: Capsys) -> None:
    assert main(["off", "--server", "http://127.0.0.1:1", "--account", ACCOUNT]) == 2
    assert "[off.unreachable]" in capsys.readouterr().err


def test_a_server_that_says_nothing() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        server = off.Server(f"http://127.0.0.1:{silent.getsockname()[1]}", "fp_x", timeout=0.1)
        with pytest.raises(off.OffError) as error:
            server.call("GET", "/")
    assert error.value.code == "off.unreachable" and "0.1 s" in str(error.value)


def test_certificates_are_verified() -> None:
    [handler] = [one for one in off.Server("https://h", "x").opener.handlers if isinstance(one, HTTPSHandler)]
    context = handler._context  # type: ignore[attr-defined]
    assert context.verify_mode == ssl.CERT_REQUIRED and context.check_hostname


def test_loopback_goes_through_no_proxy(fake: Fake, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    assert main(["off", "--server", fake.url, "--account", ACCOUNT]) == 0
