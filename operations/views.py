"""The address that Prometheus asks."""

import hmac

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_safe
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from operations.metrics import registry


@csrf_exempt
@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    """The numbers, for whoever has FLOWPROTECT_METRICS_TOKEN; 404 where there is no such token, 401 for another."""
    expected = settings.METRICS_TOKEN
    if not expected:
        return HttpResponse("There is nothing at this address.\n", content_type="text/plain", status=404)
    kind, _, given = request.headers.get("Authorization", "").partition(" ")
    if kind.lower() != "bearer" or not hmac.compare_digest(given.strip().encode(), expected.encode()):
        headers = {"WWW-Authenticate": "Bearer"}
        return HttpResponse("This token is not valid.\n", content_type="text/plain", status=401, headers=headers)
    response = HttpResponse(generate_latest(registry), content_type=CONTENT_TYPE_LATEST)
    response["Cache-Control"] = "no-store"
    return response
