"""The room's addresses below /api/v1/."""

from django.urls import path

from accounts.api.account import AccountDetail
from accounts.api.allowlist import Allowlist, AllowlistDetail
from accounts.api.audit import Audit
from accounts.api.auth import Login, Logout, Me
from accounts.api.lists import ListDetail, ListEntries, ListEntryDetail, Lists
from accounts.api.members import MemberDetail, Members
from accounts.api.prefixes import PrefixDetail, Prefixes, PrefixProve, PrefixRefuse
from accounts.api.tokens import TokenDetail, Tokens
from accounts.api.usage import UsageView

ACCOUNT = "accounts/<str:account_id>"
api_urlpatterns = [
    path("auth/login", Login.as_view(), name="login"),
    path("auth/logout", Logout.as_view(), name="logout"),
    path("me", Me.as_view(), name="me"),
    path(ACCOUNT, AccountDetail.as_view(), name="account"),
    path(f"{ACCOUNT}/", AccountDetail.as_view()),
    path(f"{ACCOUNT}/prefixes", Prefixes.as_view(), name="prefixes"),
    path(f"{ACCOUNT}/prefixes/<int:prefix_id>", PrefixDetail.as_view(), name="prefix"),
    path(f"{ACCOUNT}/prefixes/<int:prefix_id>/prove", PrefixProve.as_view(), name="prefix-prove"),
    path(f"{ACCOUNT}/prefixes/<int:prefix_id>/refuse", PrefixRefuse.as_view(), name="prefix-refuse"),
    path(f"{ACCOUNT}/allowlist", Allowlist.as_view(), name="allowlist"),
    path(f"{ACCOUNT}/allowlist/<int:entry_id>", AllowlistDetail.as_view(), name="allowlist-entry"),
    path(f"{ACCOUNT}/lists", Lists.as_view(), name="lists"),
    path(f"{ACCOUNT}/lists/<int:list_id>", ListDetail.as_view(), name="list"),
    path(f"{ACCOUNT}/lists/<int:list_id>/entries", ListEntries.as_view(), name="list-entries"),
    path(f"{ACCOUNT}/lists/<int:list_id>/entries/<int:entry_id>", ListEntryDetail.as_view(), name="list-entry"),
    path(f"{ACCOUNT}/tokens", Tokens.as_view(), name="tokens"),
    path(f"{ACCOUNT}/tokens/<int:token_id>", TokenDetail.as_view(), name="token"),
    path(f"{ACCOUNT}/members", Members.as_view(), name="members"),
    path(f"{ACCOUNT}/members/<int:member_id>", MemberDetail.as_view(), name="member"),
    path(f"{ACCOUNT}/usage", UsageView.as_view(), name="usage"),
    path(f"{ACCOUNT}/audit", Audit.as_view(), name="audit"),
]
