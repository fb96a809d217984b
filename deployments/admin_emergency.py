"""The operators' page that switches an account's rules off: says what will happen, and does it when it is posted."""

from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from accounts.models import Account
from deployments.actions.emergency_off import emergency_off
from deployments.models import Mode
from deployments.queries import live_rules
from httpapi.errors import Refused


@require_http_methods(["GET", "HEAD", "POST"])
def emergency_off_page(request: HttpRequest, pk: str) -> HttpResponse:
    """GET asks, POST switches off. Wrap it in the site's `admin_view`."""
    account = get_object_or_404(Account, pk=pk)
    if request.method != "POST":
        on = live_rules(account).exclude(mode=Mode.DISABLED)
        context = {"title": f"Switch off {account}?", "account": account, "rules": on}
        return TemplateResponse(
            request, "admin/deployments/emergency_off.html", {**admin.site.each_context(request), **context}
        )
    try:
        off = emergency_off(request.user, account, reason=request.POST.get("reason", ""))
        if off:
            messages.success(request, f"{len(off)} {'rule is' if len(off) == 1 else 'rules are'} off now.")
        else:
            messages.info(request, "Nothing was on: no rule was changed.")
    except Refused as error:
        messages.error(request, error.message)
    return HttpResponseRedirect(reverse("admin:accounts_account_change", args=[account.pk]))
