"""The answers of the compatible API under /client/v4."""

from collections.abc import Callable
from typing import Any

from django.core.paginator import Paginator
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from httpapi.errors import Invalid, exception_handler

CODES = {400: 1000, 401: 10000, 403: 10001, 404: 1002, 405: 1005, 409: 1003, 413: 1006, 415: 1007, 429: 1008, 503: 1004}


def envelope(result: Any, status: int = 200, **extra: Any) -> Response:
    """A successful answer."""
    return Response({"result": result, "success": True, "errors": [], "messages": [], **extra}, status=status)


def failure(errors: list[tuple[int, str]], status: int, headers: dict[str, str] | None = None) -> Response:
    """A refused answer with (code, message) pairs."""
    rows = [{"code": code, "message": message} for code, message in errors]
    body = {"result": None, "success": False, "errors": rows, "messages": []}
    return Response(body, status=status, headers=headers)


def envelope_list(request: Request, queryset: Any, show: Callable[[Any], Any]) -> Response:
    """One page of a list with its `result_info`."""
    try:
        page = int(request.query_params.get("page", 1))
        per_page = int(request.query_params.get("per_page", 20))
    except ValueError:
        raise Invalid("page", "page and per_page are numbers.") from None
    if page < 1 or not 1 <= per_page <= 1000:
        raise Invalid("page", "page starts at 1 and per_page is between 1 and 1000.")
    paginator = Paginator(queryset, per_page)
    rows = [show(row) for row in paginator.page(page)] if page <= paginator.num_pages else []
    info = {
        "page": page,
        "per_page": per_page,
        "count": len(rows),
        "total_count": paginator.count,
        "total_pages": paginator.num_pages if paginator.count else 0,
    }
    return envelope(rows, result_info=info)


def envelope_exception_handler(error: Exception, context: dict[str, Any]) -> Response | None:
    """Errors in the compatible shape."""
    response = exception_handler(error, context)
    if response is None:
        return None
    message = str(response.data.get("detail", error))
    if isinstance(error, ValidationError):
        field = next(iter(response.data["fields"]), "")
        message = f"{field}: {message}" if field else message
    shown = failure([(CODES.get(response.status_code, 1000), message)], response.status_code)
    for name, value in response.headers.items():
        if name.lower() != "content-type":
            shown.headers[name] = value
    return shown


class EnvelopeView(APIView):
    """A view whose errors are enveloped too."""

    schema = None

    def get_exception_handler(self) -> Callable:
        return envelope_exception_handler
