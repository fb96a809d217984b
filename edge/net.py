"""How this node speaks to its control plane: addresses, TLS and credentials, the same for HTTP and WebSocket."""

import ssl
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
from websockets.asyncio.client import ClientConnection, connect

from edge import VERSION
from edge.errors import ConfigError, ControlError

OPEN_SECONDS = 10.0
MAX_MESSAGE = 16 << 20
AGENT = f"flowprotect-agent/{VERSION}"


@dataclass(frozen=True)
class Control:
    """The control plane's base URL, without a slash at the end, and how to trust its certificate."""

    url: str
    tls: ssl.SSLContext | None

    @classmethod
    def make(cls, url: str, ca: Path | None = None) -> "Control":
        """Checks the URL and reads the certificate file. Raises ConfigError("control.url" or "control.ca")."""
        url = check_url(url)
        if not url.startswith("https:"):
            return cls(url, None)
        try:
            return cls(url, ssl.create_default_context(cafile=str(ca) if ca else None))
        except (OSError, ssl.SSLError) as error:
            raise ConfigError("control.ca", f"cannot read certificates from {ca}") from error

    def http(self, credential: str | None = None, seconds: float = 30.0) -> httpx.AsyncClient:
        """An HTTP client for one exchange. It follows no redirect: the credential goes to this address only."""
        headers = {"User-Agent": AGENT, "Accept-Encoding": "identity"}
        if credential is not None:
            headers["Authorization"] = f"Bearer {credential}"
        return httpx.AsyncClient(
            base_url=self.url,
            headers=headers,
            verify=self.tls if self.tls is not None else False,
            timeout=httpx.Timeout(seconds, connect=OPEN_SECONDS),
            trust_env=False,
        )

    def websocket(self, path: str, credential: str) -> connect:
        """A WebSocket under the same address; use it as `async with`."""
        options: dict[str, Any] = {"ssl": self.tls} if self.tls is not None else {}
        return connect(
            "ws" + self.url.removeprefix("http") + path,
            additional_headers={"Authorization": f"Bearer {credential}"},
            user_agent_header=AGENT,
            proxy=None,
            compression=None,
            open_timeout=OPEN_SECONDS,
            ping_interval=10,
            ping_timeout=10,
            close_timeout=0.5,
            max_size=MAX_MESSAGE,
            max_queue=16,
            **options,
        )


def check_url(url: str) -> str:
    """The URL without what follows its path's last slash. Raises ConfigError("control.url")."""
    try:
        parts = urlsplit(url)
        good = parts.scheme in ("http", "https") and bool(parts.hostname) and (parts.port is None or parts.port > 0)
    except ValueError:
        good = False
    if not good or parts.query or parts.fragment or parts.username is not None or parts.password is not None:
        raise ConfigError("control.url", f"{url!r} is not an address such as https://control.example.org")
    return url.rstrip("/")


async def read_limited(response: httpx.Response, limit: int) -> bytes:
    """The body of a streamed answer. Raises ControlError("control.size" or "control.encoding")."""
    if response.headers.get("content-encoding", "identity") != "identity":
        raise ControlError("control.encoding", "the control plane sent a compressed answer, which was not asked for")
    chunks, size = [], 0
    async for chunk in response.aiter_raw():
        size += len(chunk)
        if size > limit:
            raise ControlError("control.size", f"the control plane's answer is larger than {limit} bytes")
        chunks.append(chunk)
    return b"".join(chunks)


__all__ = ["ClientConnection", "Control", "check_url", "read_limited"]
