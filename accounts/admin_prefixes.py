"""The operators' page of claims to networks: each is proven or refused."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from unfold.admin import ModelAdmin
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget

from accounts.actions.decide_prefix import METHODS, NOTE, prove_prefix, refuse_prefix
from accounts.models import Prefix
from httpapi.errors import Refused

METHOD_CHOICES = [(value, label) for value, label in Prefix.Method.choices if value in METHODS]
SHOWN = ("cidr", "account", "created_on", "state", "decided_by", "decided_on")


class DecisionForm(forms.ModelForm):
    """What the operator decides, and what on."""

    decision = forms.ChoiceField(
        choices=[("prove", "proven: nodes protect it"), ("refuse", "refused: nodes do not protect it")],
        widget=UnfoldAdminSelectWidget,
    )
    method = forms.ChoiceField(
        choices=[("", "–"), *METHOD_CHOICES],
        required=False,
        widget=UnfoldAdminSelectWidget,
        help_text="How it was proven.",
    )
    note = forms.CharField(
        max_length=NOTE,
        widget=UnfoldAdminTextInputWidget,
        help_text="What was looked at, or why it is refused. The account reads this.",
    )

    class Meta:
        model = Prefix
        fields = ("method", "note")

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if data.get("decision") == "prove" and not data.get("method"):
            self.add_error("method", "Say how it was proven.")
        return data


@admin.register(Prefix)
class PrefixAdmin(ModelAdmin):
    """Claims are made on the account's page or by its owners; here they are decided. Deciding needs the staff flag."""

    form = DecisionForm
    list_display = ("cidr", "account", "state", "method", "decided_by", "created_on")
    list_filter = ("state", "method")
    list_select_related = ("account",)
    search_fields = ("cidr", "account__name")
    fields = (*SHOWN, "decision", "method", "note")
    readonly_fields = SHOWN

    def has_module_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.is_active and request.user.is_staff)

    def has_view_permission(self, request: HttpRequest, obj: Prefix | None = None) -> bool:
        return self.has_module_permission(request)

    def has_change_permission(self, request: HttpRequest, obj: Prefix | None = None) -> bool:
        return self.has_module_permission(request)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Prefix | None = None) -> bool:
        return False

    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            return super().changeform_view(request, *args, **kwargs)
        except Refused as error:
            messages.error(request, error.message)
            return HttpResponseRedirect(request.path)

    def save_model(self, request: HttpRequest, obj: Prefix, form: Any, change: bool) -> None:
        data = form.cleaned_data
        if data["decision"] == "prove":
            prove_prefix(request.user, obj, data["method"], data["note"])
        else:
            refuse_prefix(request.user, obj, data["note"])
