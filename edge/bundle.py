"""Fetches the node's bundle over HTTP: the envelope only, its proof is `signing` and `schema`."""

import httpx

from edge.errors import BundleError, ControlError, Refused
from edge.fields import parse_object
from edge.net import Control, read_limited
from edge.schema import MAX_BYTES, bundle_fault
from edge.signing import Signed, parse_signed


class Unchanged:
    """The control plane's newest bundle is the one this node named."""


async def fetch(control: Control, credential: str, known: int | None = None) -> Signed | Unchanged | None:
    """The signed bundle the control plane has for this node, None where there is none yet.

    `known` is the serial of a bundle this node holds: where that is the newest one, only Unchanged comes back.

    Raises Refused("control.credential"), BundleError("bundle.size", "bundle.schema") or ControlError.
    """
    headers = {} if known is None else {"If-None-Match": f'"{known}"'}
    try:
        async with (
            control.http(credential) as client,
            client.stream("GET", "/fleet/v1/bundle", headers=headers) as response,
        ):
            if response.status_code == 304:
                return Unchanged()
            if response.status_code in (204, 404):
                return None
            if response.status_code in (401, 403):
                raise Refused("control.credential", "the control plane refuses this node's credential")
            if response.status_code != 200:
                raise ControlError("control.answer", f"the control plane answered {response.status_code} for a bundle")
            data = await read_limited(response, MAX_BYTES)
    except (httpx.HTTPError, httpx.StreamError, OSError) as error:
        raise ControlError("control.unreachable", f"cannot fetch the bundle: {describe(error)}") from error
    except ControlError as error:
        if error.code == "control.size":
            raise BundleError("bundle.size", f"the bundle is larger than {MAX_BYTES} bytes") from error
        raise
    return parse_signed(parse_object(data, "the bundle", bundle_fault))


def describe(error: Exception) -> str:
    """A short sentence for a network error, which often has no text of its own."""
    return str(error) or type(error).__name__
