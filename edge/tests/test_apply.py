"""What is enforced, refused and kept, against the in-memory double of the engine."""

import base64
import json
import stat
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from edge import store as store_module
from edge.apply import Enforcer
from edge.engine import Engine
from edge.errors import BundleError, EdgeError, EngineFault
from edge.fields import Reader
from edge.keys import AccountKeys
from edge.schema import bundle_fault
from edge.signing import KeyRing, Signed, parse_signed
from edge.store import Store
from edge.tests.double import DoubleDataplane
from edge.tests.server import ACCOUNT, NODE, Signer, account, activation, content, elf, key_of, rule

ONE = elf("pass_all")
TWO = elf("cookie_guard")


class Bench:
    """An enforcer on a state folder; `again` makes the one after a restart."""

    def __init__(self, folder: Path, signer: Signer | None = None) -> None:
        self.folder = folder
        self.signer = signer or Signer()
        self.double = DoubleDataplane()
        ring = KeyRing({self.signer.key_id: self.signer.public})
        self.store = Store(folder, ring, NODE)
        self.enforcer = Enforcer(Engine(self.double), ring, AccountKeys(folder), self.store, NODE)

    def again(self) -> "Bench":
        return Bench(self.folder, self.signer)

    def signed(self, payload: dict[str, Any] | bytes) -> Signed:
        return parse_signed(Reader(self.signer.sign(payload), "", bundle_fault))

    async def adopt(self, payload: dict[str, Any] | bytes) -> None:
        await self.enforcer.adopt(self.signed(payload), time.monotonic(), self.enforcer.serial)

    async def activate(self, payload: dict[str, Any]) -> bool:
        return await self.enforcer.activate(self.signed(payload), time.monotonic())

    @property
    def config(self) -> dict[str, Any]:
        return self.double.configs[-1]


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path)


def good(serial: int = 5, **more: Any) -> dict[str, Any]:
    return content(serial, ONE, TWO, accounts=[account(rule(ONE))]) | more


async def test_it_works(bench: Bench) -> None:
    await bench.adopt(good())
    assert bench.enforcer.serial == 5
    assert set(bench.double.loaded) == {key_of(ONE), key_of(TWO)}
    entry = bench.config["accounts"][0]
    assert len(base64.b64decode(entry.pop("hmac_key"))) == 32
    assert entry == account(rule(ONE)) | {"lists": {}, "previous_hmac_key": ""}
    assert (bench.config["generation"], bench.config["region"], bench.config["datacenter"]) == (5, "eu", "ams1")
    assert bench.enforcer.error is None


async def test_a_restart_brings_it_back_with_the_same_keys(bench: Bench) -> None:
    await bench.adopt(good())
    assert await bench.activate(activation(5, 6, account(rule(TWO))))
    after = bench.again()
    await after.enforcer.restore()
    assert after.enforcer.serial == 6
    assert after.config == bench.config
    assert stat.S_IMODE((bench.folder / "account-keys.json").stat().st_mode) == 0o600


async def test_a_loaded_program_is_not_loaded_again(bench: Bench) -> None:
    await bench.adopt(good(5))
    await bench.adopt(good(6))
    assert len(bench.double.loaded) == 2


async def test_activation_replaces_one_account_only(bench: Bench) -> None:
    other = account(id="b" * 32, prefixes=["192.0.2.0/24"])
    await bench.adopt(good(accounts=[account(rule(ONE)), other]))
    assert await bench.activate(activation(5, 6, account(rule(TWO, "monitoring"))))
    found = {entry["id"]: entry for entry in bench.config["accounts"]}
    assert found[ACCOUNT]["rules"][0]["mode"] == "monitoring"
    assert found["b" * 32]["prefixes"] == ["192.0.2.0/24"]


async def test_activation_that_does_not_fit_asks_for_a_bundle(bench: Bench) -> None:
    assert not await bench.activate(activation(5, 6, account(rule(ONE))))
    await bench.adopt(good(5))
    assert not await bench.activate(activation(6, 7, account(rule(ONE))))
    assert not await bench.activate(activation(5, 6, account(rule(elf("table")))))
    assert bench.enforcer.serial == 5
    await bench.adopt(good(9))
    assert await bench.activate(activation(8, 9, account(rule(TWO)))), "an old one is left alone"
    assert bench.config["accounts"][0]["rules"][0]["program"] == key_of(ONE)


async def test_a_bundle_at_the_activations_serial_takes_its_place(bench: Bench) -> None:
    await bench.adopt(good(5))
    await bench.activate(activation(5, 6, account(rule(TWO))))
    await bench.adopt(content(6, TWO, accounts=[account(rule(TWO))]))
    assert json.loads((bench.folder / "activations.json").read_bytes()) == {"activations": []}
    after = bench.again()
    await after.enforcer.restore()
    assert (after.enforcer.serial, after.double.loaded) == (6, [key_of(TWO)])


async def test_a_fetch_overtaken_by_an_activation_is_left_alone(bench: Bench) -> None:
    await bench.adopt(good(5))
    await bench.activate(activation(5, 6, account(rule(TWO))))
    await bench.enforcer.adopt(bench.signed(good(5)), time.monotonic(), 5)
    assert (bench.enforcer.serial, bench.enforcer.error) == (6, None)


def changed(**more: Any) -> dict[str, Any]:
    return content(6, ONE, accounts=[account(rule(ONE, **more))])


TAMPERED = good(6) | {"programs": {key_of(ONE): {"elf": base64.b64encode(ONE + b"x").decode()}}}
BAD: dict[str, tuple[str, Any]] = {
    "not json": ("bundle.schema", b"{"),
    "too deep": ("bundle.schema", b"[" * 100_000),
    "a list": ("bundle.schema", b"[]"),
    "newer schema": ("bundle.schema", good(6) | {"schema": 2}),
    "serial as text": ("bundle.schema", good(6) | {"serial": "6"}),
    "serial true": ("bundle.schema", good(6) | {"serial": True}),
    "serial huge": ("bundle.schema", good(6) | {"serial": 2**80}),
    "no accounts": ("bundle.schema", {key: value for key, value in good(6).items() if key != "accounts"}),
    "account twice": ("bundle.schema", good(6, accounts=[account(), account()])),
    "rule twice": ("bundle.schema", good(6, accounts=[account(rule(ONE), rule(ONE))])),
    "account id": ("bundle.schema", good(6, accounts=[account(id="../../etc")])),
    "bad prefix": ("bundle.schema", good(6, accounts=[account(prefixes=["127.0.0.1/40"])])),
    "bad mode": ("bundle.schema", changed(mode="on")),
    "bad scope": ("bundle.schema", changed(scope="world")),
    "long expression": ("bundle.schema", changed(expression="x" * 8193)),
    "elf not base64": ("bundle.schema", good(6) | {"programs": {key_of(ONE): {"elf": "?"}}}),
    "another node": ("bundle.node", content(6, ONE, accounts=[], node="node-2")),
    "tampered program": ("bundle.program", TAMPERED),
    "missing program": ("bundle.program", content(6, accounts=[account(rule(ONE))])),
    "older": ("bundle.serial", good(4)),
    "an activation": ("bundle.schema", activation(5, 6, account())),
}


@pytest.mark.parametrize("name", BAD)
async def test_a_bad_bundle_is_refused_and_the_last_good_one_stays(bench: Bench, name: str) -> None:
    code, payload = BAD[name]
    await bench.adopt(good(5))
    with pytest.raises(BundleError) as raised:
        await bench.adopt(payload)
    assert raised.value.code == code
    assert bench.enforcer.error is raised.value
    assert (bench.enforcer.serial, len(bench.double.configs)) == (5, 1)
    after = bench.again()
    await after.enforcer.restore()
    assert after.enforcer.serial == 5


async def test_bad_signatures(bench: Bench) -> None:
    await bench.adopt(good(5))
    signed = bench.signed(good(6))
    flipped = bytes([signed.signature[0] ^ 1]) + signed.signature[1:]
    for change, code in (
        ({"signature": flipped}, "bundle.signature"),
        ({"payload": signed.payload + b" "}, "bundle.signature"),
        ({"key_id": "key-2"}, "bundle.key"),
    ):
        with pytest.raises(BundleError) as raised:
            await bench.enforcer.adopt(Signed(**(vars(signed) | change)), time.monotonic(), 5)
        assert raised.value.code == code
    with pytest.raises(BundleError) as raised:
        stranger = Signed(**(vars(bench.signed(activation(5, 6, account()))) | {"signature": flipped}))
        await bench.enforcer.activate(stranger, time.monotonic())
    assert raised.value.code == "activation.signature"
    assert bench.enforcer.serial == 5


OTHER = "f" * 32


def entry(identity: str, *rules: dict[str, Any], network: str) -> dict[str, Any]:
    return account(*rules) | {"id": identity, "prefixes": [network]}


def rules_of(bench: Bench) -> dict[str, list[str]]:
    return {found["id"]: [rule["program"] for rule in found["rules"]] for found in bench.config["accounts"]}


async def test_one_accounts_refused_program_does_not_hold_up_the_others(bench: Bench) -> None:
    bad = elf("table")
    bench.double.refuse = {key_of(bad)}
    await bench.adopt(content(5, ONE, accounts=[entry(ACCOUNT, rule(ONE), network="192.0.2.0/25")]))
    mine = entry(ACCOUNT, rule(bad), network="192.0.2.0/26")
    theirs = entry(OTHER, rule(TWO), network="192.0.2.128/25")
    await bench.adopt(content(6, bad, TWO, accounts=[mine, theirs]))
    assert rules_of(bench) == {ACCOUNT: [key_of(ONE)], OTHER: [key_of(TWO)]}
    assert bench.config["accounts"][0]["prefixes"] == ["192.0.2.0/26"]
    assert set(bench.double.loaded) == {key_of(ONE), key_of(TWO)}
    assert (bench.enforcer.serial, bench.enforcer.loaded) == (6, [key_of(TWO)])
    error = bench.enforcer.error
    assert error is not None and error.code == "bundle.program"
    assert ACCOUNT in error.message and "verify.bounds" in error.message and OTHER not in error.message

    assert await bench.activate(activation(6, 7, entry(OTHER, rule(TWO, "monitoring"), network="192.0.2.128/25")))
    assert rules_of(bench)[ACCOUNT] == [key_of(ONE)]
    assert bench.enforcer.error is not None and ACCOUNT in bench.enforcer.error.message

    back = entry(ACCOUNT, rule(ONE), network="192.0.2.0/26")
    await bench.adopt(content(8, ONE, TWO, accounts=[back, theirs]))
    assert rules_of(bench) == {ACCOUNT: [key_of(ONE)], OTHER: [key_of(TWO)]}
    assert bench.enforcer.error is None


async def test_an_account_without_last_good_rules_has_none_and_others_go_live(bench: Bench) -> None:
    bad = elf("table")
    bench.double.refuse = {key_of(bad)}
    mine = entry(ACCOUNT, rule(bad), network="192.0.2.0/25")
    theirs = entry(OTHER, rule(TWO), network="192.0.2.128/25")
    await bench.adopt(content(5, bad, TWO, accounts=[mine, theirs]))
    assert rules_of(bench) == {ACCOUNT: [], OTHER: [key_of(TWO)]}
    after = bench.again()
    after.double.refuse = bench.double.refuse
    await after.enforcer.restore()
    assert rules_of(after) == {ACCOUNT: [], OTHER: [key_of(TWO)]}
    assert after.enforcer.error is not None and ACCOUNT in after.enforcer.error.message


async def test_a_pending_or_disabled_program_that_does_not_load_blocks_nothing(bench: Bench) -> None:
    bad = elf("table")
    bench.double.refuse = {key_of(bad)}
    await bench.adopt(content(5, ONE, bad, accounts=[account(rule(ONE))]))
    assert bench.enforcer.serial == 5 and bench.enforcer.error is None
    assert bench.enforcer.loaded == [key_of(ONE)]
    await bench.adopt(content(6, ONE, bad, accounts=[account(rule(bad, "disabled"))]))
    assert rules_of(bench) == {ACCOUNT: []} and bench.enforcer.error is None
    assert not await bench.activate(activation(6, 7, account(rule(bad))))


async def test_one_accounts_fault_does_not_hold_up_the_others(bench: Bench) -> None:
    await bench.adopt(content(5, ONE, accounts=[entry(ACCOUNT, rule(ONE), network="192.0.2.0/25")]))
    bench.double.refuse_text = "nonsense"
    mine = entry(ACCOUNT, rule(TWO, expression="nonsense"), network="192.0.2.0/26")
    theirs = entry(OTHER, rule(TWO), network="192.0.2.128/25")
    await bench.adopt(content(6, ONE, TWO, accounts=[mine, theirs]))
    assert rules_of(bench) == {ACCOUNT: [key_of(ONE)], OTHER: [key_of(TWO)]}
    assert bench.config["accounts"][0]["prefixes"] == ["192.0.2.0/26"]
    assert bench.enforcer.serial == 6
    assert {who: why.code for who, why in bench.enforcer.held_back.items()} == {ACCOUNT: "expression.syntax"}
    assert bench.enforcer.error is not None and ACCOUNT in bench.enforcer.error.message
    await bench.adopt(content(7, TWO, accounts=[entry(ACCOUNT, rule(TWO), network="192.0.2.0/26"), theirs]))
    assert rules_of(bench) == {ACCOUNT: [key_of(TWO)], OTHER: [key_of(TWO)]}
    assert bench.enforcer.held_back == {} and bench.enforcer.error is None


async def test_an_account_whose_every_entry_is_refused_has_none(bench: Bench) -> None:
    bench.double.refuse_text = "192.0.2.0/25"
    mine = entry(ACCOUNT, rule(ONE), network="192.0.2.0/25")
    await bench.adopt(content(5, ONE, accounts=[mine, entry(OTHER, rule(ONE), network="192.0.2.128/25")]))
    assert rules_of(bench) == {OTHER: [key_of(ONE)]}
    assert list(bench.enforcer.held_back) == [ACCOUNT]


async def test_a_configuration_the_engine_refuses_is_refused(bench: Bench) -> None:
    await bench.adopt(good(5))
    bench.double.refuse_apply = True
    with pytest.raises(EngineFault) as fault:
        await bench.adopt(good(6))
    assert fault.value.code == "engine.failed"
    assert bench.enforcer.serial == 5


async def test_a_disabled_rule_needs_no_program(bench: Bench) -> None:
    await bench.adopt(content(5, accounts=[account(rule(ONE, "disabled"))]))
    assert bench.config["accounts"][0]["rules"] == []


def garbage(folder: Path) -> None:
    (folder / "bundle.json").write_bytes(b"\0garbage")


def other_payload(folder: Path) -> None:
    path = folder / "bundle.json"
    bundle = json.loads(path.read_bytes())
    payload = base64.b64decode(bundle["payload"]).replace(b'"enabled"', b'"disabled"')
    path.write_text(json.dumps(bundle | {"payload": base64.b64encode(payload).decode()}))


@pytest.mark.parametrize(("spoil", "code"), [(garbage, "store.corrupt"), (other_payload, "bundle.signature")])
async def test_a_stored_bundle_nobody_can_prove_is_set_aside(
    bench: Bench, spoil: Callable[[Path], None], code: str
) -> None:
    await bench.adopt(good(5))
    spoil(bench.folder)
    after = bench.again()
    await after.enforcer.restore()
    assert after.enforcer.serial == 0 and after.double.configs == []
    assert after.enforcer.error is not None and after.enforcer.error.code == code
    assert len(list(bench.folder.glob("bundle.json.refused-*"))) == 1
    await after.adopt(good(5))
    assert (after.enforcer.serial, after.enforcer.error) == (5, None)


async def test_spoiled_activations_leave_the_bundle(bench: Bench) -> None:
    await bench.adopt(good(5))
    await bench.activate(activation(5, 6, account(rule(TWO))))
    stranger = Signer().sign(activation(5, 6, account()))
    (bench.folder / "activations.json").write_text(json.dumps({"activations": [stranger]}))
    after = bench.again()
    await after.enforcer.restore()
    assert after.enforcer.serial == 5
    assert after.enforcer.error is not None and after.enforcer.error.code == "activation.signature"


async def test_activations_of_an_older_bundle_are_skipped(bench: Bench) -> None:
    await bench.adopt(good(5))
    await bench.activate(activation(5, 6, account(rule(TWO))))
    kept = (bench.folder / "activations.json").read_bytes()
    await bench.adopt(good(7))
    (bench.folder / "activations.json").write_bytes(kept)
    after = bench.again()
    await after.enforcer.restore()
    assert (after.enforcer.serial, after.enforcer.error) == (7, None)


async def test_too_many_activations_ask_for_a_bundle(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store_module, "MAX_ACTIVATIONS", 1)
    await bench.adopt(good(5))
    assert await bench.activate(activation(5, 6, account(rule(TWO))))
    assert not await bench.activate(activation(6, 7, account(rule(ONE))))
    assert bench.enforcer.serial == 7


async def test_a_disk_that_cannot_be_written_does_not_undo_the_switch(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    await bench.adopt(good(5))

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.replace", full)
    with pytest.raises(EdgeError) as raised:
        await bench.adopt(good(6))
    assert raised.value.code == "store.write"
    assert bench.enforcer.serial == 6


async def test_spoiled_account_keys_are_made_again(bench: Bench) -> None:
    await bench.adopt(good(5))
    (bench.folder / "account-keys.json").write_text('{"x": "y"}')
    after = bench.again()
    await after.enforcer.restore()
    assert after.config["accounts"][0]["hmac_key"] != bench.config["accounts"][0]["hmac_key"]


async def test_ip_lists_reach_the_engine(bench: Bench) -> None:
    lists = {"bots": ["9.0.0.0/8=7", "2001:db8::/32"], "empty": []}
    await bench.adopt(content(5, ONE, accounts=[account(rule(ONE), settings={"lists": lists})]))
    assert bench.config["accounts"][0]["lists"] == lists
    entry = account(rule(ONE), settings={"lists": {"bots": []}, "one_to_come": 1})
    assert await bench.activate(activation(5, 6, entry))
    assert bench.config["accounts"][0]["lists"] == {"bots": []}
    assert bench.config["accounts"][0]["settings"] == {"one_to_come": 1}


@pytest.mark.parametrize(
    "lists",
    [
        [],
        {"bots": "9.0.0.0/8"},
        {"bots": [9]},
        {"bots": ["9.0.0.0/8=x"]},
        {"": []},
        {"é" * 33: []},
        {str(number): [] for number in range(65)},
        {"a": ["9.0.0.0/8"] * 100_001, "b": ["9.0.0.0/8"] * 100_000},
    ],
)
async def test_lists_that_the_engine_would_not_read_are_refused(bench: Bench, lists: object) -> None:
    with pytest.raises(BundleError) as raised:
        await bench.adopt(content(5, ONE, accounts=[account(rule(ONE), settings={"lists": lists})]))
    assert raised.value.code == "bundle.schema"
    assert "lists" in raised.value.message
