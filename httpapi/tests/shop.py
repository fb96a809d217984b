"""A few views of a made-up API, for the room's tests: no app is needed."""

from typing import Any

from django.http import Http404
from rest_framework import serializers
from rest_framework.exceptions import MethodNotAllowed, PermissionDenied, Throttled
from rest_framework.request import Request
from rest_framework.response import Response

from httpapi.envelope import EnvelopeView, envelope, envelope_list
from httpapi.errors import Forbidden, Invalid, Missing, Refused
from httpapi.views import View

ERRORS = {
    "refused": Refused("shop.closed", "The shop is closed."),
    "unavailable": Refused("shop.busy", "Come back later.", 503),
    "forbidden": Forbidden("role", "Not you."),
    "invalid": Invalid("shop.size", "No such size."),
    "missing": Missing("shoe"),
    "http404": Http404("No such shop."),
    "denied": PermissionDenied(),
    "throttled": Throttled(wait=7),
    "method": MethodNotAllowed("GET"),
    "fields": serializers.ValidationError({"size": [{"left": ["Too small."]}]}),
    "list": serializers.ValidationError(["Too small."]),
}


class OrderSerializer(serializers.Serializer):
    size = serializers.IntegerField(max_value=50)


class Open:
    authentication_classes: list[Any] = []
    permission_classes: list[Any] = []


class Errors(Open, View):
    def get(self, request: Request, name: str) -> Response:
        raise ERRORS[name]


class Orders(Open, View):
    def get(self, request: Request) -> Response:
        return self.page(OrderSerializer, [{"size": size} for size in range(120)])

    def post(self, request: Request) -> Response:
        return Response(self.valid(OrderSerializer))


class EnvelopeErrors(Open, EnvelopeView):
    def get(self, request: Request, name: str) -> Response:
        raise ERRORS[name]


class EnvelopeOrders(Open, EnvelopeView):
    def get(self, request: Request) -> Response:
        return envelope_list(request, list(range(45)), lambda size: {"size": size})

    def post(self, request: Request) -> Response:
        return envelope({"size": 1}, 201, messages=["hello"])
