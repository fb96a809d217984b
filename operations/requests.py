"""One line a request, and the request's id."""

import logging
import re
import time
import uuid
from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.functional import LazyObject, empty

from operations import context
from operations.metrics import count_request

log = logging.getLogger("flowprotect.request")
HEADER = "X-Request-ID"
# Long enough for a UUID or a trace id of any make; nothing that could forge a line or a field.
WELL_FORMED = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{7,127}", re.ASCII)
UNMATCHED = "(none)"


def request_id(given: str | None) -> str:
    """The id that the caller gave where it is well-formed, else one of our own."""
    return given if given and WELL_FORMED.fullmatch(given) else uuid.uuid4().hex


def route_of(request: HttpRequest) -> str:
    """The pattern of the address, such as `api/v1/accounts/<str:account_id>/programs`: never what the client wrote."""
    match = request.resolver_match
    return match.route if match else UNMATCHED


def actor_kind(request: HttpRequest) -> str:
    """`user`, `operator`, `apitoken`, `node` or `anonymous`; makes no query to find out."""
    actor = actor_of(request)
    if not getattr(actor, "is_authenticated", False) and not getattr(actor, "account_id", None):
        return "anonymous"
    if type(actor).__name__ == "User":
        return "operator" if getattr(actor, "is_staff", False) else "user"
    return type(actor).__name__.lower()


def actor_of(request: HttpRequest) -> Any:
    """Who asked, as far as anybody has looked: a user, token or node, or None."""
    user = getattr(request, "user", None)
    if isinstance(user, LazyObject):
        wrapped = user.__dict__.get("_wrapped", empty)
        return None if wrapped is empty else wrapped
    return user


def account_of(request: HttpRequest) -> str | None:
    """The account in the address, else the token's."""
    kwargs = request.resolver_match.kwargs if request.resolver_match else {}
    return kwargs.get("account_id") or getattr(actor_of(request), "account_id", None)


class RequestMiddleware:
    """Gives each request an id, says it in the answer and in every line logged meanwhile, and writes the line."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        key = request_id(request.headers.get(HEADER))
        begun = time.monotonic()
        with context.work(request_id=key):
            response = self.get_response(request)
            seconds = time.monotonic() - begun
            fields = {
                "method": request.method,
                "route": route_of(request),
                "status": response.status_code,
                "ms": round(1000 * seconds, 1),
                "account": account_of(request),
                "actor": actor_kind(request),
            }
            log.info("request", extra={"fields": {name: value for name, value in fields.items() if value is not None}})
        count_request(request.method, route_of(request), response.status_code, seconds)
        response[HEADER] = key
        return response

    def process_view(self, request: HttpRequest, view: Any, args: Any, kwargs: dict[str, Any]) -> None:
        """Lines of the view name its account."""
        context.learn(account=kwargs.get("account_id"))
