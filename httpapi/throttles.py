"""Throttles that cannot be talked out of their address."""

from django.core.cache import cache
from django.http import HttpRequest
from rest_framework.exceptions import Throttled
from rest_framework.request import Request
from rest_framework.settings import api_settings
from rest_framework.throttling import BaseThrottle, SimpleRateThrottle
from rest_framework.views import APIView


def address_of(request: Request | HttpRequest) -> str:
    """The client's address.

    DRF believes any X-Forwarded-For header where NUM_PROXIES is not set, so that a client picks its own address; the
    connection's is taken then.
    """
    if api_settings.NUM_PROXIES is None:
        return request.META.get("REMOTE_ADDR") or "unknown"
    return BaseThrottle().get_ident(request) or "unknown"  # type: ignore[arg-type]  # it only looks at META


class AddressThrottle(SimpleRateThrottle):
    """Counts requests by client address."""

    def get_ident(self, request: Request) -> str:
        return address_of(request)

    def get_cache_key(self, request: Request, view: APIView) -> str:
        return self.cache_format % {"scope": self.scope, "ident": self.get_ident(request)}


class ActorThrottle(SimpleRateThrottle):
    """Counts requests by who is logged in or which token is used."""

    def get_cache_key(self, request: Request, view: APIView) -> str:
        kind = type(request.user).__name__
        return self.cache_format % {"scope": self.scope, "ident": f"{kind}.{request.user.pk}"}


class AccountThrottle(SimpleRateThrottle):
    """Counts requests to one account, whoever makes them.

    For `spend` only, once it is known that the actor may do this: strangers must not use up an account's share.
    """

    def get_cache_key(self, request: Request, view: APIView) -> str:
        account = view.kwargs.get("account_id") or view.kwargs["account"]
        return self.cache_format % {"scope": self.scope, "ident": account}


def spend(view: APIView, *kinds: type[SimpleRateThrottle]) -> None:
    """Counts this request with each kind of throttle, and raises Throttled where one has had enough."""
    for kind in kinds:
        throttle = kind()
        if not throttle.allow_request(view.request, view):
            raise Throttled(throttle.wait())


def count_recent(key: str, seconds: int, add: bool = False) -> int:
    """How often `key` was added in the current window of `seconds`; `add` adds it once more."""
    if not add:
        return cache.get(key, 0)
    if cache.add(key, 1, seconds):
        return 1
    try:
        return cache.incr(key)
    except ValueError:
        cache.set(key, 1, seconds)
        return 1
