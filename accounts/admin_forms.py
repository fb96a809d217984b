"""Forms of the admin that ask the actions' questions before anything is saved."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from unfold.forms import AuthenticationForm, UserChangeForm, UserCreationForm

from accounts import guard
from accounts.actions.add_prefix import parse_prefix, refuse_taken
from accounts.models import AllowlistEntry, Membership, Prefix, Role, User
from accounts.networks import parse
from httpapi.errors import Refused


class LoginForm(AuthenticationForm):
    """The admin's own login, with the limits of the API's."""

    def clean(self) -> dict[str, Any]:
        email = str(self.cleaned_data.get("username") or "").strip().lower()
        if self.request is None or not email:
            return super().clean()
        try:
            guard.check(self.request, email)
            guard.check_address(self.request)
        except Refused as error:
            raise ValidationError(error.message, code=error.code) from error
        try:
            data = super().clean()
        except ValidationError:
            guard.failed(self.request, email)
            raise
        guard.succeeded(self.request, email)
        return data


class NewUserForm(UserCreationForm):
    """Email instead of a user name; the password twice, checked by the validators."""

    class Meta:
        model = User
        fields = ("email",)
        field_classes: dict[str, type[forms.Field]] = {}

    def clean_email(self) -> str:
        email = self.cleaned_data["email"].strip().lower()
        if User.objects.filter(email=email).exists():
            raise ValidationError("There is a user with this email already.")
        return email


class ChangeUserForm(UserChangeForm):
    """The password is changed on a page of its own."""

    class Meta:
        model = User
        fields = "__all__"
        field_classes: dict[str, type[forms.Field]] = {}

    def clean_email(self) -> str:
        return self.cleaned_data["email"].strip().lower()


class PrefixForm(forms.ModelForm):
    """A network that is no other account's."""

    class Meta:
        model = Prefix
        fields = ("cidr",)

    def clean_cidr(self) -> str:
        try:
            network = parse_prefix(self.cleaned_data["cidr"])
            if self.instance.account_id:
                refuse_taken(self.instance.account, network)
        except Refused as error:
            raise ValidationError(error.message) from error
        return str(network)


class AllowlistForm(forms.ModelForm):
    """A source network."""

    class Meta:
        model = AllowlistEntry
        fields = ("cidr", "note")

    def clean_cidr(self) -> str:
        try:
            network = parse(self.cleaned_data["cidr"], "allowlist.cidr")
        except Refused as error:
            raise ValidationError(error.message) from error
        if network.prefixlen == 0:
            raise ValidationError("This would allow everything; disable the rules instead.")
        return str(network)


class MembershipFormSet(forms.BaseInlineFormSet):
    """An account that has owners keeps one."""

    def clean(self) -> None:
        super().clean()
        owned = Membership.objects.for_account(self.instance).filter(role=Role.OWNER).exists()
        if owned and not any(self._owns(form.cleaned_data) for form in self.forms if hasattr(form, "cleaned_data")):
            raise ValidationError("An account keeps at least one owner who can log in.")

    @staticmethod
    def _owns(data: dict[str, Any]) -> bool:
        user = data.get("user")
        return data.get("role") == Role.OWNER and not data.get("DELETE") and user is not None and user.is_active
