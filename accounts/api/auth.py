"""auth/login, auth/logout and me."""

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.actions.log_in import log_in
from accounts.actions.log_out import log_out
from accounts.models import Role
from accounts.queries import accounts_of
from httpapi.throttles import AddressThrottle
from httpapi.views import View


class LoginSerializer(serializers.Serializer):
    email = serializers.EmailField(max_length=254)
    password = serializers.CharField(max_length=1000, trim_whitespace=False, write_only=True)


class MeUserSerializer(serializers.Serializer):
    email = serializers.CharField(help_text="Empty for a token.")
    name = serializers.CharField()
    is_staff = serializers.BooleanField(help_text="An operator of this installation.")


class MyAccountSerializer(serializers.Serializer):
    id = serializers.CharField()
    name = serializers.CharField()
    role = serializers.ChoiceField(choices=Role.choices)


class MeSerializer(serializers.Serializer):
    user = MeUserSerializer()
    accounts = MyAccountSerializer(many=True)


class LoginThrottle(AddressThrottle):
    scope = "login"


def me(actor) -> dict:
    """Who the actor is and which accounts they see."""
    user = {"email": getattr(actor, "email", ""), "name": actor.name, "is_staff": actor.is_staff}
    accounts = [{"id": account.pk, "name": account.name, "role": role} for account, role in accounts_of(actor)]
    return {"user": user, "accounts": accounts}


class Login(View):
    """No CSRF token is asked for: a foreign page cannot send JSON without the browser asking us first, and only JSON
    is read. The session cookie is not looked at."""

    authentication_classes = []
    permission_classes = [AllowAny]
    throttle_classes = [LoginThrottle]

    @extend_schema(operation_id="login", tags=["auth"], request=LoginSerializer, responses=MeSerializer, auth=[])
    def post(self, request: Request) -> Response:
        """Start a browser session."""
        data = self.valid(LoginSerializer)
        user = log_in(request._request, data["email"], data["password"])
        return Response(MeSerializer(me(user)).data)


class Logout(View):
    @extend_schema(operation_id="logout", tags=["auth"], request=None, responses={204: None})
    def post(self, request: Request) -> Response:
        """End the browser session."""
        log_out(request._request)
        return Response(status=204)


class Me(View):
    @extend_schema(operation_id="me", tags=["auth"], responses=MeSerializer)
    def get(self, request: Request) -> Response:
        """Who is logged in, and which accounts they see."""
        return Response(MeSerializer(me(request.user)).data)
