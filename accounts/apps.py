"""The app's start."""

from django.apps import AppConfig


class AccountsConfig(AppConfig):
    """Registers what the OpenAPI generator must know."""

    name = "accounts"

    def ready(self) -> None:
        import accounts.schema  # noqa: F401
