"""accounts/{account_id}/check."""

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.views import AccountView
from accounts.permissions import require
from httpapi.throttles import spend
from programs import rates
from programs.actions.check_unsaved import check_unsaved
from programs.api.serializers import CheckSerializer, SourceSerializer


class Check(AccountView):
    @extend_schema(operation_id="check", tags=["programs"], request=SourceSerializer, responses=CheckSerializer)
    def post(self, request: Request, account_id: str) -> Response:
        """Compile and verify a text without saving it; for developers."""
        require(request.user, self.account, "developer")
        spend(self, *rates.CHECK)
        checked = check_unsaved(request.user, self.account, self.valid(SourceSerializer)["source"])
        return Response(CheckSerializer(checked).data)
