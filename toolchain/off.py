"""`flowprotect off`: switches rules off on a server; the one part of the command that talks to a network.

It uses the standard library only, so that it runs wherever Python does.
"""

import argparse
import json
import os
import re
import ssl
import urllib.error
import urllib.request
from collections.abc import Mapping
from http.client import HTTPException
from pathlib import Path
from typing import Any, NoReturn
from urllib.parse import urlsplit
from uuid import UUID

from toolchain.diagnostics import printable

TIMEOUT = 15.0
MAX_ANSWER = 4 * 1024 * 1024
MAX_TOKEN = 4096
LOOPBACK = {"127.0.0.1", "::1", "localhost"}


class OffError(Exception):
    """Nothing is known to be switched off. `code` names why; `status` is the exit status (1: the server refused)."""

    def __init__(self, code: str, message: str, status: int = 2) -> None:
        super().__init__(message)
        self.code = code
        self.status = status


def add_arguments(command: argparse.ArgumentParser) -> None:
    """The options of `flowprotect off`."""
    command.add_argument("--server", required=True, metavar="URL", help="such as https://flowprotect.example.com")
    command.add_argument("--account", metavar="ID", help="32 hex digits; not needed where the token sees one account")
    command.add_argument("--rule", metavar="ID", help="only this rule; otherwise every live rule of the account")
    command.add_argument(
        "--token-file", type=Path, metavar="FILE", help="holds the API token; otherwise FLOWPROTECT_TOKEN does"
    )
    command.add_argument("--reason", default="", metavar="TEXT", help="for the audit log, at most 500 characters")
    command.add_argument("--json", action="store_true", help="print one JSON object")


def run(chosen: argparse.Namespace) -> int:
    """Switches off and says what was on. Raises OffError."""
    server = Server(address(chosen.server), token(chosen.token_file, os.environ))
    body: dict[str, str] = {"reason": chosen.reason} if chosen.reason else {}
    if chosen.rule is not None:
        body["rule"] = uuid(chosen.rule)
    account = one_account(server) if chosen.account is None else account_id(chosen.account)
    answer = server.call("POST", f"/api/v1/accounts/{account}/emergency-off", body)
    rules = answer.get("rules")
    if not isinstance(rules, list) or not all(isinstance(rule, dict) for rule in rules):
        raise OffError("off.answer", "the server's answer is not FlowProtect's; look whether the rules are off")
    if chosen.json:
        print(json.dumps({"ok": True, "account": account, "rules": rules}))
        return 0
    for rule in rules:
        program = rule.get("program")
        name = program.get("name") if isinstance(program, dict) else None
        where = "global" if rule.get("scope") == "global" else f"{rule.get('scope')} {rule.get('name')}"
        print(printable(f"off: {name} on {where} (was {rule.get('mode_before')}), rule {rule.get('id')}"))
    if rules:
        print(f"{len(rules)} switched off; to switch on again, ask for a deployment.")
    else:
        print("Nothing was on: no rule was changed.")
    return 0


def address(text: str) -> str:
    """The server's address without a slash at its end. The token never goes over a network in the clear."""
    try:
        parts = urlsplit(text)
        host, _ = parts.hostname, parts.port
    except ValueError as error:
        raise OffError("off.server", f"--server {text} is not an address: {error}") from None
    if parts.scheme not in ("http", "https") or not host or not text.isascii() or not text.isprintable() or " " in text:
        raise OffError("off.server", f"--server {text} is not an address like https://flowprotect.example.com")
    if parts.query or parts.fragment or parts.username is not None:
        raise OffError("off.server", "--server takes scheme, host, port and path only")
    if parts.scheme == "http" and host not in LOOPBACK:
        raise OffError("off.insecure", "--server must be https: the token would go over the network in the clear")
    return text.rstrip("/")


def token(path: Path | None, env: Mapping[str, str]) -> str:
    """The token of the file, or of the environment."""
    if path is None:
        found, where = env.get("FLOWPROTECT_TOKEN", ""), "FLOWPROTECT_TOKEN"
    else:
        where = str(path)
        try:
            with path.open("rb") as stream:
                found = stream.read(MAX_TOKEN + 1).decode("ascii")
        except UnicodeDecodeError:
            raise OffError("off.token", f"{where} does not hold a token") from None
        except (OSError, ValueError) as error:
            reason = error.strerror if isinstance(error, OSError) else str(error)
            raise OffError("off.token", f"{where} cannot be read: {reason}") from None
    found = found.strip()
    if not found:
        raise OffError("off.token", "no token: give --token-file, or set FLOWPROTECT_TOKEN")
    if len(found) > MAX_TOKEN or not re.fullmatch(r"[!-~]+", found):
        raise OffError("off.token", f"{where} does not hold a token: one word of plain signs")
    return found


def uuid(text: str) -> str:
    """A rule's id in its usual form."""
    try:
        return str(UUID(text))
    except ValueError:
        raise OffError("off.rule", f"--rule {text} is not a rule's id (a UUID)") from None


def account_id(text: str) -> str:
    """An account's id."""
    if not re.fullmatch(r"[0-9a-f]{32}", text):
        raise OffError("off.account", f"--account {text} is not an account's id (32 hex digits)")
    return text


def one_account(server: "Server") -> str:
    """The account that the token sees, where it is one."""
    accounts = server.call("GET", "/api/v1/me").get("accounts")
    if not isinstance(accounts, list) or not all(isinstance(one, dict) for one in accounts):
        raise OffError("off.answer", "the server's answer is not FlowProtect's")
    if len(accounts) != 1:
        raise OffError("off.account", f"the token sees {len(accounts)} accounts: say which with --account")
    return account_id(str(accounts[0].get("id")))


class NoRedirect(urllib.request.HTTPRedirectHandler):
    """A redirect would carry the token elsewhere, and turn POST into GET."""

    def redirect_request(self, *_: Any) -> NoReturn:
        raise OffError("off.redirect", "the server redirects elsewhere: give its own address with --server")


class Server:
    """A FlowProtect server, called with a token."""

    def __init__(self, base: str, secret: str, timeout: float = TIMEOUT) -> None:
        """`timeout` in seconds, for each wait on the network."""
        self.base, self.secret, self.timeout = base, secret, timeout
        # Verifies certificate and host name; SSL_CERT_FILE names an own authority.
        tls = urllib.request.HTTPSHandler(context=ssl.create_default_context())
        # Plain http is for loopback only, so no proxy may carry it away.
        proxies: dict[str, str] | None = {} if base.startswith("http:") else None
        self.opener = urllib.request.build_opener(NoRedirect, tls, urllib.request.ProxyHandler(proxies))

    def call(self, method: str, path: str, body: dict[str, str] | None = None) -> dict[str, Any]:
        """The JSON object that the server answers. Raises OffError: `off.unreachable`, `off.answer`, or its refusal."""
        request = urllib.request.Request(  # noqa: S310  # `address` lets only http and https through
            self.base + path,
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={
                "Authorization": f"Bearer {self.secret}",
                "Accept": "application/json",
                "Content-Type": "application/json",
                "User-Agent": "flowprotect",
            },
        )
        try:
            with self.opener.open(request, timeout=self.timeout) as answer:
                return self._object(answer.read(MAX_ANSWER + 1))
        except urllib.error.HTTPError as error:
            with error:
                raise self._refusal(error) from None
        except (OSError, HTTPException) as error:
            reason = getattr(error, "reason", None) or error
            timed_out = isinstance(reason, TimeoutError)
            why = f"no answer within {self.timeout:g} s" if timed_out else str(reason) or type(reason).__name__
            raise OffError("off.unreachable", f"{self.base}: {why}; whether anything is off is not known") from None

    @staticmethod
    def _object(data: bytes) -> dict[str, Any]:
        try:
            found = json.loads(data) if len(data) <= MAX_ANSWER else None
        except (ValueError, RecursionError):
            found = None
        if not isinstance(found, dict):
            raise OffError("off.answer", "the server's answer is not FlowProtect's; look whether the rules are off")
        return found

    def _refusal(self, error: urllib.error.HTTPError) -> OffError:
        """The server's own code and sentence, where it gave them."""
        try:
            told = self._object(error.read(MAX_ANSWER + 1))
        except (OffError, OSError, HTTPException):
            told = {}
        code, detail = told.get("code"), told.get("detail")
        known = isinstance(code, str) and isinstance(detail, str)
        if not known or not detail:
            return OffError("off.refused", f"the server answered with status {error.code}", 1)
        return OffError(str(code), detail, 1)
