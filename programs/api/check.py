"""accounts/{account_id}/check."""

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.views import AccountView
from httpapi.throttles import ActorThrottle
from programs.actions.check_unsaved import check_unsaved
from programs.api.serializers import CheckSerializer, SourceSerializer


class CheckThrottle(ActorThrottle):
    scope = "check"
    rate = "120/min"


class Check(AccountView):
    throttle_classes = [CheckThrottle]

    @extend_schema(operation_id="check", tags=["programs"], request=SourceSerializer, responses=CheckSerializer)
    def post(self, request: Request, account_id: str) -> Response:
        """Compile and verify a text without saving it; for developers."""
        checked = check_unsaved(request.user, self.account, self.valid(SourceSerializer)["source"])
        return Response(CheckSerializer(checked).data)
