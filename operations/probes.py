"""`/healthz` and `/readyz`, answered before anything else looks at the request.

Probes ask by address and over plain HTTP, so neither the host nor the scheme is checked, and nobody is logged in.
"""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse, JsonResponse

from operations.health import checks


class ProbeMiddleware:
    """The first of all middleware."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        view = {"/healthz": alive, "/readyz": ready}.get(request.path_info)
        if view is None:
            return self.get_response(request)
        if request.method not in ("GET", "HEAD"):
            return HttpResponse(status=405, headers={"Allow": "GET, HEAD"})
        response = view()
        response["Cache-Control"] = "no-store"
        return response


def alive() -> HttpResponse:
    """200 as long as this process answers; asks nothing else."""
    return JsonResponse({"status": "ok"})


def ready() -> HttpResponse:
    """200 when every part is `ok`, else 503."""
    parts = checks.run()
    good = all(state == "ok" for state in parts.values())
    return JsonResponse({"status": "ok" if good else "unavailable", "parts": parts}, status=200 if good else 503)
