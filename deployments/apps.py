"""The app's start: what happens in other rooms that nodes have to hear of."""

from django.apps import AppConfig


class DeploymentsConfig(AppConfig):
    """Listens to changes of what an account protects, and counts its rules."""

    name = "deployments"

    def ready(self) -> None:
        from accounts.quotas import count_with
        from accounts.signals import protection_changed
        from deployments.actions.republish import on_protection_changed
        from deployments.models import Rule

        count_with("rules", lambda account: Rule.objects.for_account(account).count())
        protection_changed.connect(on_protection_changed, dispatch_uid="deployments.republish")
