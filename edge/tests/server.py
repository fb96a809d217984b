"""A real little control plane for tests: HTTP and WebSocket on loopback, signing with PyNaCl."""

import asyncio
import base64
import contextlib
import hashlib
import json
import socket
import time
import uuid
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import uvicorn
from nacl.signing import SigningKey

FIXTURES = Path(__file__).parents[2] / "engine/crates/vm/tests/fixtures"
ACCOUNT = "a" * 32
RULE = "11111111-2222-3333-4444-555555555555"
NODE = "node-1"


def elf(name: str) -> bytes:
    return (FIXTURES / f"{name}.o").read_bytes()


def key_of(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def b64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def rule(program: bytes, mode: str = "enabled", **more: Any) -> dict[str, Any]:
    base = {"id": RULE, "program": key_of(program), "scope": "global", "name": "global", "mode": mode, "expression": ""}
    return base | more


def account(*rules: dict[str, Any], **more: Any) -> dict[str, Any]:
    base = {"id": ACCOUNT, "prefixes": ["127.0.0.1/32"], "allowlist": [], "settings": {}, "rules": list(rules)}
    return base | more


def content(serial: int, *elfs: bytes, accounts: list[dict[str, Any]], node: str = NODE) -> dict[str, Any]:
    return {
        "schema": 1,
        "serial": serial,
        "node": {"id": node, "region": "eu", "datacenter": "ams1"},
        "programs": {key_of(one): {"elf": b64(one)} for one in elfs},
        "accounts": accounts,
    }


def activation(base: int, serial: int, entry: dict[str, Any]) -> dict[str, Any]:
    return {"schema": 1, "base_serial": base, "serial": serial, "account": entry}


class Signer:
    """An installation's key."""

    def __init__(self, key_id: str = "key-1") -> None:
        self.key_id = key_id
        self.key = SigningKey.generate()

    @property
    def public(self) -> bytes:
        return bytes(self.key.verify_key)

    def sign(self, payload: dict[str, Any] | bytes) -> dict[str, Any]:
        data = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
        return {"key_id": self.key_id, "payload": b64(data), "signature": b64(self.key.sign(data).signature)}


class ControlServer:
    """Answers the fleet protocol, and remembers what agents said."""

    def __init__(self, port: int = 0) -> None:
        self.signer = Signer()
        self.token = "token-1"
        self.credential = f"credential-{uuid.uuid4().hex}"
        self.bundle: bytes | None = None
        self.fetches = 0
        self.unchanged = 0
        self.enrolments = 0
        self.statuses: list[dict[str, Any]] = []
        self.stats: list[dict[str, Any]] = []
        self.samples: list[dict[str, Any]] = []
        self.listening_to_telemetry = True
        self.failures = 0
        self.port = port or free_port(socket.SOCK_STREAM)
        self._agents: list[Callable[[dict[str, Any]], Any]] = []
        self._server: uvicorn.Server | None = None
        self._task: asyncio.Task[None] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def serve_content(self, payload: dict[str, Any]) -> None:
        self.bundle = json.dumps(self.signer.sign(payload)).encode()

    async def start(self) -> None:
        config = uvicorn.Config(
            self.app,
            host="127.0.0.1",
            port=self.port,
            log_level="error",
            interface="asgi3",
            lifespan="off",
            timeout_graceful_shutdown=0,
        )
        self._server = uvicorn.Server(config)
        self._server.capture_signals = contextlib.nullcontext  # type: ignore[method-assign]
        self._task = asyncio.create_task(self._server.serve())
        while not self._server.started:
            await asyncio.sleep(0.01)

    async def stop(self) -> None:
        if self._server is not None and self._task is not None:
            self._server.should_exit = True
            self._server.force_exit = True
            await self._task
            self._server = None

    async def send(self, message: dict[str, Any] | str) -> None:
        text = message if isinstance(message, str) else json.dumps(message)
        for send in list(self._agents):
            await send({"type": "websocket.send", "text": text})

    async def announce(self, payload: dict[str, Any]) -> None:
        self.serve_content(payload)
        await self.send({"type": "bundle", "serial": payload["serial"]})

    async def activate(self, payload: dict[str, Any], signer: Signer | None = None) -> None:
        await self.send({"type": "activation"} | (signer or self.signer).sign(payload))

    async def app(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        headers = dict(scope["headers"])
        allowed = headers.get(b"authorization") == f"Bearer {self.credential}".encode()
        if scope["type"] == "websocket":
            await receive()
            if not allowed:
                await send({"type": "websocket.close", "code": 4401})
                return
            await send({"type": "websocket.accept"})
            handler = {"/fleet/v1/agent": self._agent, "/telemetry/v1/node": self._telemetry}[scope["path"]]
            await handler(receive, send)
            return
        status, body = await self._http(scope["method"] + " " + scope["path"], allowed, receive, headers)
        head = {"type": "http.response.start", "status": status, "headers": [(b"content-type", b"application/json")]}
        await send(head)
        await send({"type": "http.response.body", "body": body})

    async def _http(self, request: str, allowed: bool, receive: Any, headers: dict[bytes, bytes]) -> tuple[int, bytes]:
        if self.failures > 0:
            self.failures -= 1
            return 503, b"starting"
        if request == "POST /fleet/v1/enrol":
            asked = json.loads((await receive())["body"])
            if asked.get("token") != self.token:
                return 403, b"{}"
            self.enrolments += 1
            keys = [{"key_id": self.signer.key_id, "public_key": b64(self.signer.public)}]
            answer = {"node_id": NODE, "credential": self.credential, "keys": keys}
            return 200, json.dumps(answer | {"region": "eu", "datacenter": "ams1"}).encode()
        if not allowed:
            return 401, b"{}"
        if request == "GET /fleet/v1/bundle":
            self.fetches += 1
            if b"if-none-match" in headers and headers[b"if-none-match"] == self.etag():
                self.unchanged += 1
                return 304, b""
            return (404, b"{}") if self.bundle is None else (200, self.bundle)
        return 404, b"{}"

    async def _agent(self, receive: Any, send: Any) -> None:
        self._agents.append(send)
        try:
            while (message := await receive())["type"] == "websocket.receive":
                self.statuses.append(json.loads(message["text"]))
        finally:
            self._agents.remove(send)

    async def _telemetry(self, receive: Any, send: Any) -> None:
        while True:
            while not self.listening_to_telemetry:
                await asyncio.sleep(0.05)
            message = await receive()
            if message["type"] != "websocket.receive":
                return
            found = json.loads(message["text"])
            (self.stats if found["type"] == "stats" else self.samples).append(found)

    def etag(self) -> bytes | None:
        """The bundle's serial as fleet gives it, None for an envelope a test has spoiled."""
        with contextlib.suppress(ValueError, KeyError):
            payload = json.loads(base64.b64decode(json.loads(self.bundle or b"")["payload"]))
            return f'"{payload["serial"]}"'.encode()
        return None

    def last_status(self) -> dict[str, Any]:
        return self.statuses[-1] if self.statuses else {}

    def error_codes(self) -> set[str]:
        return {status["error"]["code"] for status in self.statuses if status["error"]}


async def until(condition: Callable[[], Any], seconds: float = 10.0) -> None:
    """Waits until `condition` holds; fails the test when it does not."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "waited in vain"
        await asyncio.sleep(0.01)


def free_port(kind: int) -> int:
    with socket.socket(socket.AF_INET, kind) as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextlib.asynccontextmanager
async def running_server() -> AsyncIterator[ControlServer]:
    server = ControlServer()
    await server.start()
    try:
        yield server
    finally:
        await server.stop()
