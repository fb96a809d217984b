"""The front end's page for every address that is not an API, and JSON for unknown API addresses."""

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.csrf import csrf_exempt, ensure_csrf_cookie
from django.views.decorators.http import require_safe

from httpapi.codes import Code, code_for
from httpapi.envelope import failure_body
from operations.security import PLACEHOLDER, nonce_of

MISSING = """<!doctype html><html lang="en"><meta charset="utf-8"><title>FlowProtect</title>
<body><h1>FlowProtect is running</h1>
<p>The front end has not been built yet. Run <code>make setup</code>, or in <code>frontend/</code>
<code>npm ci &amp;&amp; npm run build</code>, and load this page again.</p>
<p>The API is at <a href="/api/schema">/api/schema</a>, the admin at <a href="/admin/">/admin/</a>.</p></body></html>"""


@require_safe
@ensure_csrf_cookie
def single_page(request: HttpRequest) -> HttpResponse:
    """frontend/dist/index.html, or how to build it."""
    try:
        page = (settings.FRONTEND_DIST / "index.html").read_text()
    except FileNotFoundError:
        return HttpResponse(MISSING, status=503)
    response = HttpResponse(page.replace(PLACEHOLDER, nonce_of(request)))
    response["Cache-Control"] = "no-cache"
    return response


def answer(request: HttpRequest, status: int, code: str, text: str) -> HttpResponse:
    """A refusal that no view made, in the shape of the API that the address is near to, else as a page."""
    if request.path.startswith("/client/"):
        return JsonResponse(failure_body([(code_for(status), text)]), status=status)
    if request.path.startswith(("/api/", "/fleet/")):
        return JsonResponse({"detail": text, "code": code}, status=status)
    return HttpResponse(f"<!doctype html><title>FlowProtect</title><p>{text}</p>", status=status)


def refused(request: HttpRequest, exception: Exception) -> HttpResponse:
    """A request that Django itself does not take: a body over its limit, a form of too many fields."""
    if isinstance(exception, RequestDataTooBig):
        return answer(request, 413, "body.too_large", "The request body is too large.")
    return answer(request, 400, "bad_request", "This request cannot be read.")


def failed(request: HttpRequest) -> HttpResponse:
    """What went wrong here: the log says more, the client learns only that."""
    return answer(request, 500, "server.error", "Something went wrong on our side. It has been logged.")


@csrf_exempt
def not_found(request: HttpRequest) -> HttpResponse:
    """An unknown API address, in the shape of the API it is near to."""
    text = "There is nothing at this address."
    if request.path.startswith("/client"):
        return JsonResponse(failure_body([(Code.NOT_FOUND, text)]), status=404)
    return JsonResponse({"detail": text, "code": "not_found"}, status=404)
