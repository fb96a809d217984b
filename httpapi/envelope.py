"""The answers of the compatible API under /client/v4."""

from collections.abc import Callable
from typing import Any

from django.core.paginator import Paginator
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from httpapi.codes import Code, code_for
from httpapi.errors import Invalid, OverQuota, exception_handler
from httpapi.negotiation import AnyAnswer

PER_PAGE = 20
MOST_PER_PAGE = 1000


def envelope(result: Any, status: int = 200, **extra: Any) -> Response:
    """A successful answer."""
    return Response({"result": result, "success": True, "errors": [], "messages": [], **extra}, status=status)


def failure_body(errors: list[tuple[Code, str]]) -> dict[str, Any]:
    """The JSON of a refused answer with (code, message) pairs, for what answers before or outside a view."""
    rows = [{"code": int(code), "message": message} for code, message in errors]
    return {"result": None, "success": False, "errors": rows, "messages": []}


def failure(errors: list[tuple[Code, str]], status: int, headers: dict[str, str] | None = None) -> Response:
    """A refused answer with (code, message) pairs."""
    return Response(failure_body(errors), status=status, headers=headers)


def envelope_list(request: Request, queryset: Any, show: Callable[[Any], Any]) -> Response:
    """One page of a list with its `result_info`; a page after the last is empty. Raises Invalid (`page`)."""
    page = whole_number(request, "page", 1)
    per_page = whole_number(request, "per_page", PER_PAGE, MOST_PER_PAGE)
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


def whole_number(request: Request, name: str, default: int, most: int = 2**31 - 1) -> int:
    """A query parameter from 1 to `most`, in ASCII digits. Raises Invalid (`page`)."""
    text = request.query_params.get(name, str(default))
    number = int(text) if text.isascii() and text.isdigit() and len(text) <= 10 else 0
    if not 1 <= number <= most:
        raise Invalid("page", f"{name} is a number from 1 to {most}.")
    return number


def envelope_exception_handler(error: Exception, context: dict[str, Any]) -> Response | None:
    """Errors in the compatible shape."""
    response = exception_handler(error, context)
    if response is None:
        return None
    message = str(response.data.get("detail", error))
    if isinstance(error, ValidationError):
        field = next(iter(response.data["fields"]), "")
        message = f"{field}: {message}" if field else message
    code = Code.QUOTA if isinstance(error, OverQuota) else code_for(response.status_code)
    shown = failure([(code, message)], response.status_code)
    for name, value in response.headers.items():
        if name.lower() != "content-type":
            shown.headers[name] = value
    return shown


class EnvelopeView(APIView):
    """A view whose errors are enveloped too. Which answers the client accepts is not asked."""

    content_negotiation_class = AnyAnswer
    # OPTIONS is answered with 405 in the envelope: DRF's description of a view is not.
    metadata_class = None
    schema = None

    def get_exception_handler(self) -> Callable:
        return envelope_exception_handler
