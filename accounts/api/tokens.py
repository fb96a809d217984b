"""accounts/{account_id}/tokens: secrets for programs."""

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.actions.issue_token import issue_token
from accounts.actions.revoke_token import revoke_token
from accounts.api.views import AccountView
from accounts.models import ApiToken, Role


class TokenSerializer(serializers.Serializer):
    id = serializers.IntegerField(read_only=True)
    name = serializers.CharField(max_length=120)
    role = serializers.ChoiceField(choices=Role.choices)
    prefix = serializers.CharField(read_only=True, help_text="How the secret begins.")
    created_by = serializers.SerializerMethodField()
    created_on = serializers.DateTimeField(read_only=True)
    last_used_on = serializers.DateTimeField(read_only=True, allow_null=True)

    def get_created_by(self, token: ApiToken) -> str | None:
        return token.created_by.email if token.created_by else None


class IssuedTokenSerializer(TokenSerializer):
    secret = serializers.CharField(read_only=True, help_text="Shown this once.")


class Tokens(AccountView):
    read_role = "developer"

    @extend_schema(operation_id="tokens_list", tags=["tokens"], responses=TokenSerializer(many=True))
    def get(self, request: Request, account_id: str) -> Response:
        """The account's tokens, without their secrets; for developers."""
        return self.page(TokenSerializer, ApiToken.objects.for_account(self.account).select_related("created_by"))

    @extend_schema(
        operation_id="tokens_issue", tags=["tokens"], request=TokenSerializer, responses={201: IssuedTokenSerializer}
    )
    def post(self, request: Request, account_id: str) -> Response:
        """Make a token with at most your own role. The answer is the only one that has the secret."""
        data = self.valid(TokenSerializer)
        token, secret = issue_token(request.user, self.account, data["name"], data["role"])
        token.secret = secret  # type: ignore[attr-defined]
        return Response(IssuedTokenSerializer(token).data, status=201)


class TokenDetail(AccountView):
    @extend_schema(operation_id="tokens_revoke", tags=["tokens"], responses={204: None})
    def delete(self, request: Request, account_id: str, token_id: int) -> Response:
        """End a token: your own, or any as an owner."""
        revoke_token(request.user, self.one(ApiToken.objects, "token", pk=token_id))
        return Response(status=204)
