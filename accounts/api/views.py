"""The base of every view below accounts/{account_id}/."""

from typing import Any

from rest_framework.request import Request

from accounts.models import Account
from accounts.permissions import require, visible_account
from httpapi.errors import Missing
from httpapi.views import View


class AccountView(View):
    """Finds the account of the address; one that the actor cannot see is answered like one that does not exist.

    `read_role` is what GET asks for. Writes are checked by the actions that they call.
    """

    read_role = "viewer"
    account: Account

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        self.account = visible_account(request.user, kwargs["account_id"])
        if request.method in ("GET", "HEAD"):
            require(request.user, self.account, self.read_role)

    def one(self, rows: Any, what: str, **lookup: Any) -> Any:
        """The row of this account. `rows` is a queryset of an account-scoped model. Raises Missing."""
        row = rows.for_account(self.account).filter(**lookup).first()
        if row is None:
            raise Missing(what)
        return row
