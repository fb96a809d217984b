"""How much an account may have. What it has is counted by the rooms that keep it, which register here."""

from collections.abc import Callable
from dataclasses import dataclass

from accounts.models import Account
from httpapi.errors import OverQuota

Counter = Callable[[Account], int]


@dataclass(frozen=True)
class Quota:
    """A limit that operators set.

    `field` is Account's, `most` its largest value, and counters count in parts of which `parts` make one.
    """

    field: str
    most: int
    what: str
    parts: int = 1


QUOTAS = {
    "programs": Quota("program_quota", 10_000, "programs"),
    "rules": Quota("rule_quota", 10_000, "rules, with those that wait for approval"),
    "prefixes": Quota("prefix_quota", 10_000, "prefixes, with claims"),
    "build_minutes": Quota("build_minutes_quota", 100_000, "minutes of builds a day (UTC)", 60_000),
    "capture_bytes": Quota("capture_bytes_quota", 1 << 40, "bytes of captures"),
}
_counters: dict[str, Counter] = {}


def count_with(name: str, counter: Counter) -> None:
    """Sets what says how much an account has, in the quota's parts. For the start of an app."""
    if name not in QUOTAS:
        raise KeyError(name)
    _counters[name] = counter


def check_quota(account: Account, name: str, adding: int = 1) -> None:
    """Raises OverQuota (`quota.<name>`) where the account would have more than it may; `adding` is in parts.

    The caller has locked the account (`lock_account`) and passes that row: nobody else adds until it commits.
    """
    quota, allowed = QUOTAS[name], getattr(account, QUOTAS[name].field)
    used = _counters[name](account)
    if used + adding > allowed * quota.parts:
        shown = _rounded_up(used, quota)
        message = f"This account may have {allowed:,} {quota.what}; {shown:,} are used. Ask the operator for more."
        raise OverQuota(name, message, shown, allowed)


def usage(account: Account) -> dict[str, dict[str, int]]:
    """What the account has and what it may have, by quota."""
    return {
        name: {"used": _rounded_up(_counters[name](account), quota), "allowed": getattr(account, quota.field)}
        for name, quota in QUOTAS.items()
    }


def _rounded_up(parts: int, quota: Quota) -> int:
    return -(-parts // quota.parts)
