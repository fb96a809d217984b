"""What a bundle and an activation say, as typed values. Unknown fields are left alone: newer ones may come."""

import hashlib
import ipaddress
import re
from dataclasses import dataclass, replace
from typing import Any

from edge.errors import BundleError
from edge.fields import Reader, parse_object

SCHEMA = 1
MAX_BYTES = 64 << 20
MAX_ELF = 8 << 20
MAX_PROGRAMS = 20_000
MAX_ACCOUNTS = 20_000
MAX_RULES = 1_000
MAX_NETWORKS = 20_000
MAX_EXPRESSION = 8_192
# The engine's own limits: of an account's lists, of their names in bytes, and of networks on all of them.
MAX_LISTS = 64
MAX_LIST_NAME = 64
MAX_LISTED = 200_000
SCOPES = ("global", "region", "datacenter")
MODES = ("enabled", "monitoring", "disabled")
HEX_KEY = "[0-9a-f]{64}"
_LISTED = re.compile(r"[0-9a-fA-F:.]{2,45}(/[0-9]{1,3})?(=[0-9]{1,10})?")


@dataclass(frozen=True)
class Rule:
    """One rule: which program, where, in which mode, for which traffic."""

    id: str
    program: str
    scope: str
    name: str
    mode: str
    expression: str

    def to_json(self) -> dict[str, str]:
        """The entry the engine's configuration holds."""
        return dict(vars(self))


@dataclass(frozen=True)
class AccountEntry:
    """One account's part of the configuration, without its key: that never leaves the node.

    `lists` are those that programs look into: networks, each with or without `=VALUE`, by name. A bundle has them among
    the settings, the engine beside them.
    """

    id: str
    prefixes: tuple[str, ...]
    allowlist: tuple[str, ...]
    settings: dict[str, Any]
    lists: dict[str, list[str]]
    rules: tuple[Rule, ...]

    def needs(self) -> set[str]:
        """The programs that must be loaded before this entry can be enforced."""
        return {rule.program for rule in self.rules if rule.mode != "disabled"}


@dataclass(frozen=True)
class Content:
    """All a node enforces at one serial. `programs` holds ELF files by the SHA-256 of their bytes."""

    serial: int
    region: str
    datacenter: str
    programs: dict[str, bytes]
    accounts: tuple[AccountEntry, ...]

    def with_account(self, serial: int, entry: AccountEntry) -> "Content":
        """The same content at a newer serial, with one account's entry replaced or added."""
        others = tuple(account for account in self.accounts if account.id != entry.id)
        return replace(self, serial=serial, accounts=(*others, entry))

    def rules(self) -> int:
        """How many rules there are over all accounts."""
        return sum(len(account.rules) for account in self.accounts)


@dataclass(frozen=True)
class Activation:
    """A small change: at `base_serial`, this account's entry becomes `account`, and that is `serial`."""

    base_serial: int
    serial: int
    account: AccountEntry


def bundle_fault(message: str) -> BundleError:
    return BundleError("bundle.schema", message)


def activation_fault(message: str) -> BundleError:
    return BundleError("activation.schema", message)


def parse_bundle(payload: bytes, node_id: str) -> Content:
    """The content of a bundle's payload. Raises BundleError("bundle.schema", "bundle.node" or "bundle.program")."""
    reader = parse_object(payload, "the bundle's payload", bundle_fault)
    _check_schema(reader)
    node = reader.child("node")
    if node.text("id") != node_id:
        raise BundleError("bundle.node", "the bundle was made for another node")
    programs = _programs(reader.mapping("programs"))
    accounts = [
        _account(Reader(entry, f"accounts[{index}]", bundle_fault))
        for index, entry in enumerate(reader.items("accounts", MAX_ACCOUNTS))
    ]
    if len({account.id for account in accounts}) != len(accounts):
        raise bundle_fault("an account appears twice")
    for account in accounts:
        for key in account.needs() - programs.keys():
            raise BundleError(
                "bundle.program", f"a rule of account {account.id} names program {key}, not in the bundle"
            )
    return Content(
        serial=reader.integer("serial", 1),
        region=node.text("region", shortest=0),
        datacenter=node.text("datacenter", shortest=0),
        programs=programs,
        accounts=tuple(accounts),
    )


def parse_activation(payload: bytes) -> Activation:
    """The change an activation's payload asks for. Raises BundleError("activation.schema")."""
    reader = parse_object(payload, "the activation's payload", activation_fault)
    _check_schema(reader)
    activation = Activation(
        base_serial=reader.integer("base_serial", 1),
        serial=reader.integer("serial", 1),
        account=_account(reader.child("account")),
    )
    if activation.serial <= activation.base_serial:
        raise activation_fault("serial must be greater than base_serial")
    return activation


def _check_schema(reader: Reader) -> None:
    found = reader.integer("schema", 1)
    if found != SCHEMA:
        reader.refuse(f"is {found}; this agent reads schema {SCHEMA}: update the agent", "schema")


def _programs(entries: dict[str, Any]) -> dict[str, bytes]:
    if len(entries) > MAX_PROGRAMS:
        raise bundle_fault(f"programs must have at most {MAX_PROGRAMS} entries")
    programs: dict[str, bytes] = {}
    for key, entry in entries.items():
        elf = Reader(entry, f"programs.{key[:64]}", bundle_fault).binary("elf", longest=MAX_ELF)
        if hashlib.sha256(elf).hexdigest() != key:
            raise BundleError("bundle.program", f"program {key[:64]} does not have the bytes its key promises")
        programs[key] = elf
    return programs


def _account(reader: Reader) -> AccountEntry:
    rules = [
        _rule(Reader(entry, f"{reader.place}.rules[{index}]", reader.fail))
        for index, entry in enumerate(reader.items("rules", MAX_RULES))
    ]
    if len({rule.id for rule in rules}) != len(rules):
        reader.refuse("has the same rule twice", "rules")
    settings = reader.mapping("settings", default={})
    return AccountEntry(
        id=reader.text("id", pattern="[0-9a-f]{32}"),
        prefixes=_networks(reader, "prefixes"),
        allowlist=_networks(reader, "allowlist"),
        settings={name: value for name, value in settings.items() if name != "lists"},
        lists=_lists(Reader(settings, f"{reader.place}.settings", reader.fail)),
        rules=tuple(rules),
    )


def _rule(reader: Reader) -> Rule:
    return Rule(
        id=reader.text("id", longest=64),
        program=reader.text("program", longest=64, pattern=HEX_KEY),
        scope=reader.choice("scope", SCOPES),
        name=reader.text("name", longest=64),
        mode=reader.choice("mode", MODES),
        expression=reader.text("expression", shortest=0, longest=MAX_EXPRESSION),
    )


def _lists(settings: Reader) -> dict[str, list[str]]:
    """The lists, as the engine reads them: for one that is wrong it would refuse the whole configuration."""
    lists = settings.mapping("lists", default={})
    if len(lists) > MAX_LISTS:
        settings.refuse(f"must have at most {MAX_LISTS} entries", "lists")
    reader = Reader(lists, f"{settings.place}.lists", settings.fail)
    room = MAX_LISTED
    for name in lists:
        if not 1 <= len(name.encode(errors="replace")) <= MAX_LIST_NAME:
            settings.refuse(f"must have names of 1 to {MAX_LIST_NAME} bytes", "lists")
        networks = reader.items(name, room)
        room -= len(networks)
        for index, network in enumerate(networks):
            if not isinstance(network, str) or not _LISTED.fullmatch(network):
                reader.refuse(
                    "must be a network such as 192.0.2.0/24, or one with a value: 192.0.2.0/24=7", f"{name}[{index}]"
                )
    return lists


def _networks(reader: Reader, key: str) -> tuple[str, ...]:
    networks = []
    for index, value in enumerate(reader.items(key, MAX_NETWORKS)):
        if not isinstance(value, str):
            reader.refuse("must be a network such as 192.0.2.0/24", f"{key}[{index}]")
        try:
            networks.append(str(ipaddress.ip_network(value)))
        except ValueError:
            reader.refuse("must be a network such as 192.0.2.0/24", f"{key}[{index}]")
    return tuple(networks)
