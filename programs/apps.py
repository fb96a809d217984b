"""The app's start."""

from django.apps import AppConfig


class ProgramsConfig(AppConfig):
    """Says how much an account has of what it keeps here."""

    name = "programs"

    def ready(self) -> None:
        from django.db.models import Sum

        from accounts.quotas import count_with
        from programs.build_time import spent_today
        from programs.models import Capture, Program

        def capture_bytes(account: object) -> int:
            return Capture.objects.for_account(account).aggregate(total=Sum("size"))["total"] or 0

        count_with("programs", lambda account: Program.objects.for_account(account).count())
        count_with("build_minutes", spent_today)
        count_with("capture_bytes", capture_bytes)
