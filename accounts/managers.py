"""The tenant filter that every account-scoped model carries."""

from __future__ import annotations

from typing import Any

from django.db import models


class AccountQuerySet(models.QuerySet):
    """A queryset that is narrowed to one account."""

    account_path = "account"

    def for_account(self, account: Any) -> AccountQuerySet:
        """Rows of this account only."""
        return self.filter(**{getattr(self.model, "account_path", self.account_path): account})
