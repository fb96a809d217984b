"""The front end's page for every address that is not an API, and JSON for unknown API addresses."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.csrf import csrf_exempt, ensure_csrf_cookie
from django.views.decorators.http import require_safe

MISSING = """<!doctype html><html lang="en"><meta charset="utf-8"><title>FlowProtect</title>
<body style="font-family:system-ui;max-width:40rem;margin:4rem auto;line-height:1.5"><h1>FlowProtect is running</h1>
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
    response = HttpResponse(page)
    response["Cache-Control"] = "no-cache"
    return response


def envelope(code: int, message: str) -> dict[str, object]:
    """A refusal of the compatible API."""
    return {"result": None, "success": False, "errors": [{"code": code, "message": message}], "messages": []}


def failed(request: HttpRequest) -> HttpResponse:
    """What went wrong here: the log says more, the client learns only that."""
    text = "Something went wrong on our side. It has been logged."
    if request.path.startswith("/client/"):
        return JsonResponse(envelope(1009, text), status=500)
    if request.path.startswith(("/api/", "/fleet/")):
        return JsonResponse({"detail": text, "code": "server.error"}, status=500)
    return HttpResponse(f"<!doctype html><title>FlowProtect</title><p>{text}</p>", status=500)


@csrf_exempt
def not_found(request: HttpRequest) -> JsonResponse:
    """An unknown API address, in the shape of the API it is near to."""
    if request.path.startswith("/client/"):
        return JsonResponse(envelope(1002, "There is nothing at this address."), status=404)
    return JsonResponse({"detail": "There is nothing at this address.", "code": "not_found"}, status=404)
