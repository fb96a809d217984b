"""Bearer tokens. The token itself becomes `request.user`: it is the actor."""

from datetime import timedelta

from django.utils import timezone
from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.exceptions import AuthenticationFailed

from accounts.models import ApiToken


class BearerAuthentication(BaseAuthentication):
    """`Authorization: Bearer fp_…`."""

    def authenticate(self, request):
        kind, _, secret = get_authorization_header(request).decode("latin-1").partition(" ")
        if kind.lower() != "bearer":
            return None
        token = (
            ApiToken.objects.select_related("account", "created_by")
            .filter(hash=ApiToken.digest(secret.strip()))
            .first()
        )
        if token is None or (token.created_by and not token.created_by.is_active):
            raise AuthenticationFailed("This token is not valid.", code="token")
        now = timezone.now()
        if token.last_used_on is None or now - token.last_used_on > timedelta(minutes=1):
            ApiToken.objects.filter(pk=token.pk).update(last_used_on=now)
        return token, token

    def authenticate_header(self, request) -> str:
        return "Bearer"
