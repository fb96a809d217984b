"""The operators' pages for people, accounts and the audit log. Every change goes through an action."""

from collections.abc import Callable
from typing import Any

from django.contrib import admin
from django.contrib.auth.admin import GroupAdmin as BaseGroupAdmin
from django.contrib.auth.admin import UserAdmin as BaseUserAdmin
from django.contrib.auth.models import Group
from django.db.models import Count
from django.http import HttpRequest
from unfold.admin import ModelAdmin, TabularInline
from unfold.forms import AdminPasswordChangeForm

from accounts.actions.add_allowlist import add_allowlist
from accounts.actions.add_member import add_member
from accounts.actions.add_prefix import add_prefix
from accounts.actions.change_member import change_member
from accounts.actions.change_settings import FIELDS, change_settings
from accounts.actions.create_account import create_account
from accounts.actions.remove_allowlist import remove_allowlist
from accounts.actions.remove_member import remove_member
from accounts.actions.remove_prefix import remove_prefix
from accounts.actions.revoke_token import revoke_token
from accounts.admin_forms import AllowlistForm, ChangeUserForm, MembershipFormSet, NewUserForm, PrefixForm
from accounts.admin_prefixes import PrefixAdmin
from accounts.audit import record
from accounts.models import Account, AllowlistEntry, ApiToken, AuditEntry, IPList, Membership, Prefix, User

__all__ = ["PrefixAdmin"]
admin.site.unregister(Group)
RIGHTS = ("is_staff", "is_superuser", "groups", "user_permissions")


@admin.register(Group)
class GroupAdmin(BaseGroupAdmin, ModelAdmin):
    """Groups of staff permissions."""


@admin.register(User)
class UserAdmin(BaseUserAdmin, ModelAdmin):
    """People. Nobody is deleted: taking `is active` away ends the sessions and the tokens they made."""

    form = ChangeUserForm
    add_form = NewUserForm
    change_password_form = AdminPasswordChangeForm
    ordering = ("email",)
    list_display = ("email", "name", "is_active", "is_staff", "last_login")
    list_filter = ("is_active", "is_staff")
    search_fields = ("email", "name")
    readonly_fields = ("last_login", "created_on")
    fieldsets = (
        (None, {"fields": ("email", "name", "password")}),
        ("Rights", {"fields": ("is_active", *RIGHTS)}),
        ("Times", {"fields": ("last_login", "created_on")}),
    )
    add_fieldsets = ((None, {"classes": ("wide",), "fields": ("email", "usable_password", "password1", "password2")}),)

    def has_delete_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        # Changing a colleague's password or email is becoming that colleague.
        allowed = request.user.is_superuser or obj is None or not obj.is_staff
        return allowed and super().has_change_permission(request, obj)

    def get_readonly_fields(self, request: HttpRequest, obj: User | None = None) -> tuple[str, ...]:
        return self.readonly_fields if request.user.is_superuser else (*self.readonly_fields, *RIGHTS)

    def save_model(self, request: HttpRequest, obj: User, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        action = "user.change" if change else "user.create"
        record(None, request.user, action, obj, fields=[name for name in form.changed_data if "password" not in name])

    def log_change(self, request: HttpRequest, obj: User, message: Any) -> Any:
        if "password" in str(message).lower():
            record(None, request.user, "user.password", obj)
        return super().log_change(request, obj, message)


class Rows(TabularInline):
    """Rows of an account that are added and deleted; Account's admin calls the actions."""

    extra = 0


class PrefixInline(Rows):
    model = Prefix
    form = PrefixForm
    fields = ("cidr", "state")
    readonly_fields = ("state",)
    fields = ("cidr", "state")
    readonly_fields = ("state",)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class AllowlistInline(Rows):
    model = AllowlistEntry
    form = AllowlistForm

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class MembershipInline(Rows):
    model = Membership
    formset = MembershipFormSet
    autocomplete_fields = ("user",)


class TokenInline(Rows):
    """Tokens are made by members; operators see and revoke them."""

    model = ApiToken
    fields = readonly_fields = ("name", "role", "prefix", "created_by", "created_on", "last_used_on")

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class IPListInline(Rows):
    """Lists are kept by members; operators see which there are."""

    model = IPList
    fields = readonly_fields = ("name", "note", "size", "created_on", "modified_on")

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).annotate(size=Count("entries"))

    @admin.display(description="entries")
    def size(self, row: Any) -> int:
        return row.size

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


ADD: dict[Any, Callable[[Any, Account, Any], Any]] = {
    Prefix: lambda actor, account, row: add_prefix(actor, account, row.cidr),
    AllowlistEntry: lambda actor, account, row: add_allowlist(actor, account, row.cidr, row.note),
    Membership: lambda actor, account, row: add_member(actor, account, row.user.email, row.role),
}
REMOVE: dict[Any, Callable[[Any, Any], Any]] = {
    Prefix: remove_prefix,
    AllowlistEntry: remove_allowlist,
    Membership: remove_member,
    ApiToken: revoke_token,
}


@admin.register(Account)
class AccountAdmin(ModelAdmin):
    """Customers. Accounts are not deleted: rules and the audit log hang on them."""

    list_display = ("name", "id", "approvers", "self_approval", "waives_approval", "created_on")
    list_filter = ("approvers", "waives_approval")
    search_fields = ("name", "id")
    fields = (*FIELDS, "id", "created_on")
    readonly_fields = ("id", "created_on")
    inlines = (MembershipInline, PrefixInline, AllowlistInline, IPListInline, TokenInline)

    def has_delete_permission(self, request: HttpRequest, obj: Account | None = None) -> bool:
        return False

    def get_inlines(self, request: HttpRequest, obj: Account | None) -> tuple:
        return self.inlines if obj else ()

    def save_model(self, request: HttpRequest, obj: Account, form: Any, change: bool) -> None:
        values = {name: form.cleaned_data[name] for name in FIELDS if name in form.cleaned_data}
        if change:
            change_settings(request.user, obj, **values)
        else:
            obj.pk = create_account(request.user, **values).pk
            obj._state.adding = False

    def save_formset(self, request: HttpRequest, form: Any, formset: Any, change: bool) -> None:
        rows = formset.save(commit=False)
        # Additions and changes first: the new owner may replace the one that goes.
        for row in rows:
            if row.pk is None:
                ADD[formset.model](request.user, form.instance, row)
            else:
                change_member(request.user, Membership.objects.get(pk=row.pk), row.role)
        for row in formset.deleted_objects:
            REMOVE[formset.model](request.user, row)
        formset.new_objects, formset.changed_objects = [], []


@admin.register(AuditEntry)
class AuditAdmin(ModelAdmin):
    """Who did what; for reading only."""

    list_display = ("at", "account", "actor", "action", "target")
    list_filter = ("action",)
    search_fields = ("actor", "action", "target")
    date_hierarchy = "at"
    list_select_related = ("account",)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: AuditEntry | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: AuditEntry | None = None) -> bool:
        return False
