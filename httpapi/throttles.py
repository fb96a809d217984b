"""Throttles that cannot be talked out of their address."""

from django.core.cache import cache
from rest_framework.request import Request
from rest_framework.settings import api_settings
from rest_framework.throttling import SimpleRateThrottle
from rest_framework.views import APIView


class AddressThrottle(SimpleRateThrottle):
    """Counts requests by client address.

    DRF believes any X-Forwarded-For header where NUM_PROXIES is not set, so that a client picks its own address; this
    one then takes the connection's.
    """

    def get_ident(self, request: Request) -> str:
        if api_settings.NUM_PROXIES is None:
            return request.META.get("REMOTE_ADDR") or "unknown"
        return super().get_ident(request)

    def get_cache_key(self, request: Request, view: APIView) -> str:
        return self.cache_format % {"scope": self.scope, "ident": self.get_ident(request)}


class ActorThrottle(SimpleRateThrottle):
    """Counts requests by who is logged in or which token is used."""

    def get_cache_key(self, request: Request, view: APIView) -> str:
        kind = type(request.user).__name__
        return self.cache_format % {"scope": self.scope, "ident": f"{kind}.{request.user.pk}"}


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
