"""accounts/{account_id}/stats and samples."""

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.views import AccountView
from telemetry.api.serializers import SampleSerializer, StatsSerializer
from telemetry.queries.samples import samples
from telemetry.queries.series import LONGEST, SHORTEST, series

RULE = OpenApiParameter("rule", {"type": "string", "format": "uuid"}, description="Only this rule.")


class StatsQuery(serializers.Serializer):
    """What may be asked."""

    seconds = serializers.IntegerField(default=300, min_value=SHORTEST, max_value=LONGEST)
    rule = serializers.UUIDField(required=False)


class SamplesQuery(serializers.Serializer):
    """What may be asked."""

    rule = serializers.UUIDField(required=False)
    verdict = serializers.RegexField(r"^[a-z_]{1,20}$", required=False)


def asked(kind: type[serializers.Serializer], request: Request) -> dict:
    """The query string, checked. Raises ValidationError."""
    query = kind(data=request.query_params)
    query.is_valid(raise_exception=True)
    return query.validated_data


class StatsView(AccountView):
    @extend_schema(
        operation_id="stats_get",
        tags=["telemetry"],
        parameters=[OpenApiParameter("seconds", int, default=300, description="How far back."), RULE],
        responses=StatsSerializer,
    )
    def get(self, request: Request, account_id: str) -> Response:
        """Traffic over time: in seconds up to an hour, in minutes up to a week, in hours beyond."""
        query = asked(StatsQuery, request)
        return Response(series(self.account, query["seconds"], query.get("rule")))


class SamplesView(AccountView):
    @extend_schema(
        operation_id="samples_list",
        tags=["telemetry"],
        parameters=[RULE, OpenApiParameter("verdict", str, description="pass, drop or would_drop.")],
        responses=SampleSerializer(many=True),
    )
    def get(self, request: Request, account_id: str) -> Response:
        """The newest sampled packets."""
        query = asked(SamplesQuery, request)
        return self.page(SampleSerializer, samples(self.account, query.get("rule"), query.get("verdict")))
