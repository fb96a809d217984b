"""accounts/{account_id}/captures."""

from uuid import UUID

from django.conf import settings
from drf_spectacular.utils import extend_schema
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.views import AccountView
from accounts.permissions import require
from httpapi.errors import Missing
from httpapi.parsers import TooLarge
from programs.actions.add_capture import add_capture
from programs.actions.delete_capture import delete_capture
from programs.api.serializers import CaptureSerializer, UploadSerializer
from programs.queries import captures_for

# The form around the file.
FORM = 64 * 1024


class Captures(AccountView):
    parser_classes = [MultiPartParser]

    @extend_schema(operation_id="captures_list", tags=["replays"], responses=CaptureSerializer(many=True))
    def get(self, request: Request, account_id: str) -> Response:
        """The account's captures and the supplied ones, newest first."""
        return self.page(CaptureSerializer, captures_for(self.account))

    @extend_schema(
        operation_id="captures_add",
        tags=["replays"],
        request={"multipart/form-data": UploadSerializer},
        responses={201: CaptureSerializer},
    )
    def post(self, request: Request, account_id: str) -> Response:
        """Upload a capture; for developers."""
        require(request.user, self.account, "developer")
        if int(request.META.get("CONTENT_LENGTH") or 0) > settings.CAPTURE_LIMIT + FORM:
            raise TooLarge(f"A capture may have {settings.CAPTURE_LIMIT} bytes.", "capture.too_large")
        data = self.valid(UploadSerializer)
        file = data["file"]
        # One byte more than is allowed is enough to be refused.
        content = file.read(settings.CAPTURE_LIMIT + 1)
        capture = add_capture(request.user, self.account, data.get("name") or file.name[:200], content)
        return Response(CaptureSerializer(capture).data, status=201)


class CaptureDetail(AccountView):
    @extend_schema(operation_id="captures_delete", tags=["replays"], responses={204: None})
    def delete(self, request: Request, account_id: str, capture_id: UUID) -> Response:
        """Delete one of the account's captures with its replays; for developers."""
        capture = captures_for(self.account).select_related("account").filter(pk=capture_id).first()
        if capture is None:
            raise Missing("capture")
        delete_capture(request.user, capture)
        return Response(status=204)
