"""A WebSocket client for tests, straight into the ASGI application (channels.testing would ask for daphne)."""

import json
from typing import Any

from asgiref.testing import ApplicationCommunicator

from flowprotect.asgi import application


class Socket(ApplicationCommunicator):
    """One connection to the whole application."""

    def __init__(self, path: str, headers: list[tuple[bytes, bytes]]) -> None:
        self.scope: dict[str, Any] = {
            "type": "websocket",
            "path": path,
            "raw_path": path.encode(),
            "query_string": b"",
            "headers": headers,
            "subprotocols": [],
        }
        super().__init__(application, self.scope)

    async def connect(self) -> bool:
        """Whether the handshake was accepted."""
        await self.send_input({"type": "websocket.connect"})
        return (await self.receive_output(5))["type"] == "websocket.accept"

    async def send_text(self, text: str) -> None:
        await self.send_input({"type": "websocket.receive", "text": text})

    async def send_bytes(self, data: bytes) -> None:
        await self.send_input({"type": "websocket.receive", "bytes": data})

    async def send_json(self, value: Any) -> None:
        await self.send_text(json.dumps(value))

    async def receive_json(self, seconds: float = 2) -> Any:
        output = await self.receive_output(seconds)
        assert output["type"] == "websocket.send", output
        return json.loads(output["text"])

    async def closed(self) -> tuple[int, str]:
        """The close code and reason, which must be the next thing to come."""
        output = await self.receive_output(5)
        assert output["type"] == "websocket.close", output
        return output["code"], output.get("reason") or ""

    async def disconnect(self) -> None:
        await self.send_input({"type": "websocket.disconnect", "code": 1000})
        await self.wait(5)


def socket(path: str, credential: str | None = None, **headers: str) -> Socket:
    """A socket with a Bearer credential, and other headers."""
    pairs = [(name.encode(), value.encode()) for name, value in headers.items()]
    if credential:
        pairs.append((b"authorization", f"Bearer {credential}".encode()))
    return Socket(path, pairs)
