"""The app's start."""

from django.apps import AppConfig


class AccountsConfig(AppConfig):
    """Registers what the OpenAPI generator must know, and what counts prefixes."""

    name = "accounts"

    def ready(self) -> None:
        import accounts.schema  # noqa: F401
        from accounts.models import Prefix
        from accounts.quotas import count_with

        count_with("prefixes", lambda account: Prefix.objects.for_account(account).count())
