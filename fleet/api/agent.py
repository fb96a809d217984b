"""What agents call below /fleet/v1/: enrolment and bundles."""

from typing import Any

from django.utils import timezone
from rest_framework import serializers
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.throttling import AnonRateThrottle
from rest_framework.views import APIView

from fleet import signing
from fleet.actions.enrol import enrol
from fleet.authentication import IsNode, NodeAuthentication
from fleet.models import Node
from fleet.queries import current_bundle, current_serial, payload_for
from httpapi.errors import Missing, Refused
from httpapi.parsers import LimitedJSONParser

BODY_LIMIT = 4096


class EnrolThrottle(AnonRateThrottle):
    """Tries per address."""

    scope = "enrol"
    rate = "30/min"


class EnrolSerializer(serializers.Serializer):
    token = serializers.CharField(max_length=200)
    hostname = serializers.RegexField(r"^[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?$", max_length=253)
    agent_version = serializers.CharField(max_length=40)


class Enrol(APIView):
    """POST enrol: trades a one-time token for a credential."""

    schema = None
    authentication_classes: list = []
    permission_classes = [AllowAny]
    throttle_classes = [EnrolThrottle]
    parser_classes = [LimitedJSONParser]

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        if int(request.META.get("CONTENT_LENGTH") or 0) > BODY_LIMIT:
            raise Refused("body.too_large", f"An enrolment has at most {BODY_LIMIT} bytes.", 413)

    def post(self, request: Request) -> Response:
        data = EnrolSerializer(data=request.data)
        data.is_valid(raise_exception=True)
        sent = data.validated_data
        node, credential = enrol(sent["token"], sent["hostname"], sent["agent_version"])
        answer = {
            "node_id": str(node.pk),
            "credential": credential,
            "keys": signing.public_keys(),
            "region": node.datacenter.region.code,
            "datacenter": node.datacenter.code,
        }
        return Response(answer, status=201)


class BundleView(APIView):
    """GET bundle: the newest bundle, composed and signed for the node that asks. ETag is the serial."""

    schema = None
    authentication_classes = [NodeAuthentication]
    permission_classes = [IsNode]

    def get(self, request: Request) -> Response:
        node: Any = request.user
        Node.objects.filter(pk=node.pk).update(last_seen_on=timezone.now())
        if request.headers.get("If-None-Match") == _etag(current_serial()):
            return Response(status=304, headers={"ETag": request.headers["If-None-Match"]})
        bundle = current_bundle()
        if bundle is None:
            raise Missing("bundle")
        signed = signing.sign(signing.canonical(payload_for(node, bundle)))
        return Response(signed, headers={"ETag": _etag(bundle.serial), "Cache-Control": "no-store"})


def _etag(serial: int) -> str:
    return f'"{serial}"'
