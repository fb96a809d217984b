"""Customers: users, accounts, memberships, tokens, protected addresses and the audit log."""

import hashlib
import ipaddress
import secrets

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models

from accounts.managers import AccountQuerySet

# What the engine accepts (`config.settings`): at most 96 MB for each table of each rule on each node.
MAX_ENTRIES = 1_000_000
MAX_FUEL = 10_000_000


def new_account_id() -> str:
    """32 hex digits."""
    return secrets.token_hex(16)


def validate_cidr(value: str) -> None:
    """Refuses what is not a network in its canonical spelling."""
    try:
        ipaddress.ip_network(value)
    except ValueError as error:
        raise ValidationError(f"Not a network: {error}") from error


class Role(models.TextChoices):
    """What a member or a token may do; each includes those before it."""

    VIEWER = "viewer"
    DEVELOPER = "developer"
    APPROVER = "approver"
    OWNER = "owner"


class UserManager(BaseUserManager["User"]):
    """Makes users by email."""

    def create_user(self, email: str, password: str | None = None, **fields) -> "User":
        user = self.model(email=email.strip().lower(), **fields)
        user.set_password(password)
        user.save()
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields) -> "User":
        return self.create_user(email, password, is_staff=True, is_superuser=True, **fields)

    def get_by_natural_key(self, email: str | None) -> "User":
        return self.get(email=(email or "").strip().lower())


class User(AbstractBaseUser, PermissionsMixin):
    """A person. Staff are the operators of this installation."""

    email = models.EmailField(unique=True)
    name = models.CharField(max_length=120, blank=True)
    is_active = models.BooleanField(default=True)
    is_staff = models.BooleanField(default=False)
    created_on = models.DateTimeField(auto_now_add=True)
    objects = UserManager()
    USERNAME_FIELD = "email"

    def __str__(self) -> str:
        return self.email


class Account(models.Model):
    """A customer. `approvers` says who decides on deployments: the operator or the account itself."""

    class Approvers(models.TextChoices):
        OPERATOR = "operator"
        ACCOUNT = "account"

    class Fallback(models.TextChoices):
        PASS = "pass"  # noqa: S105 - what happens to a packet
        DROP = "drop"

    id = models.CharField(
        primary_key=True, max_length=32, default=new_account_id, validators=[RegexValidator(r"^[0-9a-f]{32}$")]
    )
    name = models.CharField(max_length=120)
    approvers = models.CharField(max_length=10, choices=Approvers.choices, default=Approvers.OPERATOR)
    self_approval = models.BooleanField(default=False, help_text="Who asks may also approve.")
    waives_approval = models.BooleanField(default=False, help_text="Deployments go live without a decision.")
    on_error = models.CharField(
        max_length=4,
        choices=Fallback.choices,
        default=Fallback.PASS,
        help_text="What happens to a packet whose program fails or runs out of fuel.",
    )
    on_too_large = models.CharField(
        max_length=4,
        choices=Fallback.choices,
        default=Fallback.PASS,
        help_text="What happens to a packet of more than 1,500 bytes of IP, which no program sees.",
    )
    source_entries = models.PositiveIntegerField(
        default=1_000,
        validators=[MaxValueValidator(MAX_ENTRIES)],
        help_text="Sources that each rule remembers on each node, 0 to 1,000,000. A change clears what is remembered.",
    )
    flow_entries = models.PositiveIntegerField(
        default=10_000,
        validators=[MaxValueValidator(MAX_ENTRIES)],
        help_text="Flows that each rule remembers on each node, 0 to 1,000,000. A change clears what is remembered.",
    )
    fuel = models.PositiveIntegerField(
        default=1_000_000,
        validators=[MinValueValidator(1), MaxValueValidator(MAX_FUEL)],
        help_text="What one packet may cost a program, 1 to 10,000,000. A change clears what is remembered.",
    )
    program_quota = models.PositiveIntegerField(
        default=100, validators=[MaxValueValidator(10_000)], help_text="Programs that it may have, 0 to 10,000."
    )
    rule_quota = models.PositiveIntegerField(
        default=100,
        validators=[MaxValueValidator(10_000)],
        help_text="Rules that it may have, with those that wait for approval, 0 to 10,000.",
    )
    prefix_quota = models.PositiveIntegerField(
        default=50,
        validators=[MaxValueValidator(10_000)],
        help_text="Prefixes that it may have, with claims that wait or were refused, 0 to 10,000.",
    )
    build_minutes_quota = models.PositiveIntegerField(
        default=60,
        validators=[MaxValueValidator(100_000)],
        help_text="Minutes that its builds may take in a day (UTC), 0 to 100,000.",
    )
    capture_bytes_quota = models.PositiveBigIntegerField(
        default=1 << 30,
        validators=[MaxValueValidator(1 << 40)],
        help_text="Bytes of captures that it may keep, 0 to 1,099,511,627,776 (1 TiB).",
    )
    portable_only = models.BooleanField(
        default=False, help_text="Builds refuse what Cloudflare's verifier would refuse."
    )
    created_on = models.DateTimeField(auto_now_add=True)
    members = models.ManyToManyField(User, through="Membership", related_name="accounts")

    def __str__(self) -> str:
        return self.name


class Membership(models.Model):
    """A user's role in an account."""

    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="memberships")
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="memberships")
    role = models.CharField(max_length=10, choices=Role.choices)
    created_on = models.DateTimeField(auto_now_add=True)
    objects = AccountQuerySet.as_manager()

    class Meta:
        ordering = ["created_on", "id"]
        constraints = [models.UniqueConstraint(fields=["account", "user"], name="one_membership")]

    def __str__(self) -> str:
        return f"{self.user} ({self.role})"


class ApiToken(models.Model):
    """A secret for programs. Only its SHA-256 is kept; the secret has 256 random bits.

    It acts for the person who made it (`created_by`), and ends with that person's membership. A token made by the
    installation itself has none.
    """

    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="tokens")
    name = models.CharField(max_length=120)
    role = models.CharField(max_length=10, choices=Role.choices)
    prefix = models.CharField(max_length=12)
    hash = models.CharField(max_length=64, unique=True)
    created_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.CASCADE, related_name="tokens")
    created_on = models.DateTimeField(auto_now_add=True)
    last_used_on = models.DateTimeField(null=True, blank=True)
    objects = AccountQuerySet.as_manager()

    class Meta:
        ordering = ["-created_on", "-id"]

    is_authenticated = True
    is_anonymous = False
    is_active = True
    is_staff = False
    is_superuser = False

    def __str__(self) -> str:
        return f"token {self.prefix}… ({self.name})"

    @staticmethod
    def digest(secret: str) -> str:
        """What is stored of a secret."""
        return hashlib.sha256(secret.encode()).hexdigest()

    @classmethod
    def issue(cls, account: Account, name: str, role: str, created_by: "User | None" = None) -> tuple["ApiToken", str]:
        """A saved token and its secret, which is never seen again."""
        secret = "fp_" + secrets.token_urlsafe(32)
        token = cls.objects.create(
            account=account, name=name, role=role, prefix=secret[:9], hash=cls.digest(secret), created_by=created_by
        )
        return token, secret


class Prefix(models.Model):
    """A network that the account says is its own; nodes protect it once an operator holds that for proven.

    claimed → proven | refused; proven → refused. A refused claim keeps nobody else from the network; no other two
    accounts' prefixes overlap.
    """

    class State(models.TextChoices):
        CLAIMED = "claimed"
        PROVEN = "proven"
        REFUSED = "refused"

    class Method(models.TextChoices):
        REGISTRY = "registry", "the account's name at the address registry"
        LETTER = "letter", "a letter of authorization"
        ROUTING = "routing", "routed to us by its holder"
        ASSIGNED = "assigned", "assigned by this installation's operator"
        OTHER = "other", "something else, as the note says"
        TRUSTED = "trusted", "this installation trusts claims"
        BEFORE = "before", "before proofs were kept"

    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="prefixes")
    cidr = models.CharField(max_length=49, validators=[validate_cidr])
    state = models.CharField(max_length=7, choices=State.choices, default=State.CLAIMED)
    method = models.CharField(max_length=8, choices=Method.choices, blank=True, help_text="How it was proven.")
    note = models.CharField(max_length=500, blank=True, help_text="What was looked at, or why it is refused.")
    decided_by = models.CharField(max_length=300, blank=True)
    decided_on = models.DateTimeField(null=True, blank=True)
    created_on = models.DateTimeField(auto_now_add=True)
    objects = AccountQuerySet.as_manager()

    class Meta:
        ordering = ["cidr"]
        verbose_name_plural = "prefixes"
        constraints = [
            models.UniqueConstraint(fields=["cidr"], condition=~models.Q(state="refused"), name="one_prefix")
        ]

    def __str__(self) -> str:
        return self.cidr


class AllowlistEntry(models.Model):
    """Sources whose packets the account never drops."""

    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="allowlist")
    cidr = models.CharField(max_length=49, validators=[validate_cidr])
    note = models.CharField(max_length=200, blank=True)
    created_on = models.DateTimeField(auto_now_add=True)
    objects = AccountQuerySet.as_manager()

    class Meta:
        ordering = ["cidr"]
        verbose_name_plural = "allowlist"
        constraints = [models.UniqueConstraint(fields=["account", "cidr"], name="one_allowlist_entry")]

    def __str__(self) -> str:
        return self.cidr


class IPList(models.Model):
    """A named set of networks that the account's programs look addresses up in."""

    MOST_LISTS = 20
    MOST_ENTRIES = 10_000
    NAME = r"^[a-z0-9_-]{1,63}\Z"

    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="ip_lists")
    name = models.CharField(max_length=63, validators=[RegexValidator(NAME)])
    note = models.CharField(max_length=200, blank=True)
    created_on = models.DateTimeField(auto_now_add=True)
    modified_on = models.DateTimeField(auto_now=True, help_text="Of the list or of its entries.")
    objects = AccountQuerySet.as_manager()

    class Meta:
        ordering = ["name"]
        verbose_name = "IP list"
        constraints = [models.UniqueConstraint(fields=["account", "name"], name="one_ip_list_of_a_name")]

    def __str__(self) -> str:
        return self.name


class IPListEntry(models.Model):
    """A network on a list. `sort_key` puts entries in the order of their addresses, IPv4 first."""

    account_path = "ip_list__account"

    ip_list = models.ForeignKey(IPList, on_delete=models.CASCADE, related_name="entries")
    cidr = models.CharField(max_length=49, validators=[validate_cidr])
    sort_key = models.CharField(max_length=36, editable=False)
    note = models.CharField(max_length=200, blank=True)
    expires_on = models.DateTimeField(null=True, blank=True, db_index=True)
    created_on = models.DateTimeField(auto_now_add=True)
    objects = AccountQuerySet.as_manager()

    class Meta:
        ordering = ["sort_key"]
        verbose_name = "IP list entry"
        verbose_name_plural = "IP list entries"
        constraints = [models.UniqueConstraint(fields=["ip_list", "sort_key"], name="one_ip_list_entry")]

    def __str__(self) -> str:
        return self.cidr


class AuditEntry(models.Model):
    """Who did what. Written once."""

    account = models.ForeignKey(Account, null=True, on_delete=models.SET_NULL, related_name="audit")
    actor = models.CharField(max_length=300)
    action = models.CharField(max_length=80)
    target = models.CharField(max_length=300)
    data = models.JSONField(default=dict)
    at = models.DateTimeField(auto_now_add=True, db_index=True)
    objects = AccountQuerySet.as_manager()

    class Meta:
        ordering = ["-at", "-id"]
        verbose_name_plural = "audit log"

    def __str__(self) -> str:
        return f"{self.actor} {self.action} {self.target}"

    def save(self, *args, **kwargs) -> None:
        if self.pk:
            raise TypeError("an audit entry is written once")
        super().save(*args, **kwargs)
