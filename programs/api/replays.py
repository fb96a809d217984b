"""accounts/{account_id}/replays."""

from uuid import UUID

from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.views import AccountView
from accounts.permissions import require
from httpapi.errors import Invalid, Missing, Refused
from httpapi.negotiation import AnyAnswer
from httpapi.throttles import ActorThrottle, spend
from programs import rates
from programs.actions.start_replay import start_replay
from programs.actions.trace_packet import trace_packet
from programs.api.serializers import NewReplaySerializer, ReplaySerializer, TraceSerializer
from programs.models import Replay, Version
from programs.queries import REPLAY_BYTES, captures_for, replays_of

PCAP = "application/vnd.tcpdump.pcap"


class Replays(AccountView):
    @extend_schema(
        operation_id="replays_list",
        tags=["replays"],
        responses=ReplaySerializer(many=True),
        parameters=[OpenApiParameter("version", OpenApiTypes.UUID, description="Only this version's replays.")],
    )
    def get(self, request: Request, account_id: str) -> Response:
        """The account's replays, newest first, without their summaries."""
        rows = replays_of(self.account)
        if version := request.query_params.get("version"):
            rows = rows.filter(version=uuid_of(version))
        page = self.paginate_queryset(rows.defer("summary", *REPLAY_BYTES))
        for replay in page or []:
            replay.summary = None
        return self.get_paginated_response(ReplaySerializer(page, many=True).data)

    @extend_schema(
        operation_id="replays_start", tags=["replays"], request=NewReplaySerializer, responses={201: ReplaySerializer}
    )
    def post(self, request: Request, account_id: str) -> Response:
        """Run a version over a capture; for developers. The live event "replay" tells when it is done."""
        require(request.user, self.account, "developer")
        spend(self, *rates.REPLAY)
        data = self.valid(NewReplaySerializer)
        version = self.one(Version.objects.select_related("program__account"), "version", pk=data["version"])
        capture = captures_for(self.account).filter(pk=data["capture"]).first()
        if capture is None:
            raise Missing("capture")
        replay = start_replay(request.user, version, capture, data["ip_offset"])
        return Response(ReplaySerializer(replays_of(self.account).get(pk=replay.pk)).data, status=201)


class ReplayDetail(AccountView):
    @extend_schema(operation_id="replays_get", tags=["replays"], responses=ReplaySerializer)
    def get(self, request: Request, account_id: str, replay_id: UUID) -> Response:
        """One replay with its summary."""
        replay = replays_of(self.account).filter(pk=replay_id).first()
        if replay is None:
            raise Missing("replay")
        return Response(ReplaySerializer(replay).data)


class ReplayAnnotated(AccountView):
    content_negotiation_class = AnyAnswer

    @extend_schema(operation_id="replays_annotated", tags=["replays"], responses={(200, PCAP): OpenApiTypes.BINARY})
    def get(self, request: Request, account_id: str, replay_id: UUID) -> HttpResponse:
        """The capture with each packet's verdict as a comment (pcapng)."""
        replay = self.one(Replay.objects.only("state", "annotated"), "replay", pk=replay_id)
        if replay.state != Replay.State.DONE:
            raise Refused("replay.not_done", f"This replay is {replay.state}; it has no capture to download.")
        if not replay.annotated:
            raise Refused("replay.expired", "Only the newest replays keep their capture; run it again.", 410)
        response = HttpResponse(bytes(replay.annotated), content_type=PCAP)
        response["Content-Disposition"] = f'attachment; filename="replay-{replay.pk}.pcapng"'
        return response


class TraceThrottle(ActorThrottle):
    scope = "trace"
    rate = "60/min"


class ReplayTrace(AccountView):
    throttle_classes = [TraceThrottle]

    @extend_schema(
        operation_id="replays_trace",
        tags=["replays"],
        responses=TraceSerializer,
        parameters=[OpenApiParameter("packet", OpenApiTypes.INT, required=True, description="Counts from 1.")],
    )
    def get(self, request: Request, account_id: str, replay_id: UUID) -> Response:
        """What the program did with one packet of a replay that is done, line by line of its C."""
        packet = request.query_params.get("packet", "")
        if not (packet.isascii() and packet.isdigit() and len(packet) < 20):
            raise Invalid("trace.packet", "packet is a number from 1.")
        # The engine's answer as it is: 10,000 lines would take a serializer a second.
        return Response(trace_packet(request.user, self.account, replay_id, int(packet)))


def uuid_of(text: str) -> UUID:
    """Raises Invalid (`version`)."""
    try:
        return UUID(text)
    except ValueError as error:
        raise Invalid("version", "version is a UUID.") from error
