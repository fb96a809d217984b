"""Keys that change with the time, against a clock of our own."""

import asyncio
import base64
import json
import stat
from pathlib import Path

import pytest

from edge.apply import Enforcer
from edge.config import read
from edge.engine import Engine
from edge.errors import ConfigError, StoreError
from edge.fields import Reader
from edge.keys import AccountKeys
from edge.rotation import Rotation
from edge.schema import bundle_fault
from edge.signing import KeyRing, parse_signed
from edge.store import Store
from edge.tests.double import DoubleDataplane
from edge.tests.server import ACCOUNT, NODE, Signer, account, content, elf, rule

DAY = 86400
ONE = elf("pass_all")


class Clock:
    def __init__(self) -> None:
        self.at = 1_000_000.0

    def __call__(self) -> float:
        return self.at


class House:
    """An enforcer that enforces one account, with keys by `clock`."""

    def __init__(self, folder: Path) -> None:
        self.clock = Clock()
        self.signer = Signer()
        self.ring = KeyRing({self.signer.key_id: self.signer.public})
        self.double = DoubleDataplane()
        self.keys = AccountKeys(folder, self.clock)
        store = Store(folder, self.ring, NODE)
        self.enforcer = Enforcer(Engine(self.double), self.ring, self.keys, store, NODE)

    async def begin(self) -> None:
        payload = content(5, ONE, accounts=[account(rule(ONE))])
        await self.enforcer.adopt(parse_signed(Reader(self.signer.sign(payload), "", bundle_fault)), 0.0, 0)

    def pair(self) -> tuple[str, str]:
        entry = self.double.configs[-1]["accounts"][0]
        return entry["hmac_key"], entry["previous_hmac_key"]


async def test_it_works(tmp_path: Path) -> None:
    house = House(tmp_path)
    assert await house.enforcer.rotate_keys(DAY) == [], "nothing is enforced yet"
    await house.begin()
    first, none = house.pair()
    assert none == ""
    house.clock.at += DAY - 1
    assert await house.enforcer.rotate_keys(DAY) == []
    house.clock.at += 1
    assert await house.enforcer.rotate_keys(DAY) == [ACCOUNT]
    second, previous = house.pair()
    assert previous == first != second
    assert len(base64.b64decode(second)) == 32
    assert await house.enforcer.rotate_keys(DAY) == []
    assert len(house.double.configs) == 2
    house.clock.at += DAY
    await house.enforcer.rotate_keys(DAY)
    assert house.pair()[1] == second


async def test_both_keys_and_their_age_outlive_a_restart(tmp_path: Path) -> None:
    house = House(tmp_path)
    await house.begin()
    house.clock.at += DAY
    await house.enforcer.rotate_keys(DAY)
    path = tmp_path / "account-keys.json"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    after = AccountKeys(tmp_path, house.clock)
    assert after.for_accounts([ACCOUNT]) == house.keys.for_accounts([ACCOUNT])
    house.clock.at += DAY - 1
    assert after.rotate([ACCOUNT], DAY) == []
    house.clock.at += 1
    assert after.rotate([ACCOUNT], DAY) == [ACCOUNT]


def test_a_file_of_an_older_agent_is_read(tmp_path: Path) -> None:
    key = bytes(range(32))
    (tmp_path / "account-keys.json").write_text(json.dumps({ACCOUNT: base64.b64encode(key).decode()}))
    clock = Clock()
    keys = AccountKeys(tmp_path, clock)
    found = keys.for_accounts([ACCOUNT])[ACCOUNT]
    assert (found.current, found.previous, found.since) == (key, None, clock.at)
    clock.at += DAY
    keys.rotate([ACCOUNT], DAY)
    assert keys.for_accounts([ACCOUNT])[ACCOUNT].previous == key


def test_a_clock_that_was_wrong(tmp_path: Path) -> None:
    clock = Clock()
    keys = AccountKeys(tmp_path, clock)
    keys.for_accounts([ACCOUNT])
    clock.at -= 10 * DAY
    assert keys.rotate([ACCOUNT, "f" * 32], DAY) == [ACCOUNT]
    assert keys.rotate([ACCOUNT], DAY) == []


@pytest.mark.parametrize(
    "entry",
    [7, {}, {"current": "AAAA", "since": 1}, {"current": "A" * 43 + "=", "since": "1"},
     {"current": "A" * 43 + "=", "since": True}, {"current": "A" * 43 + "=", "since": 1, "previous": "?"}],
)  # fmt: skip
def test_rubbish_is_set_aside(tmp_path: Path, entry: object) -> None:
    path = tmp_path / "account-keys.json"
    path.write_text(json.dumps({ACCOUNT: entry}))
    keys = AccountKeys(tmp_path)
    assert not path.exists()
    assert list(tmp_path.glob("account-keys.json.*"))
    assert keys.for_accounts([ACCOUNT])[ACCOUNT].previous is None


async def test_a_full_disk_changes_nothing_and_is_tried_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    house = House(tmp_path)
    await house.begin()
    house.clock.at += DAY
    before = house.pair()

    def full(*_: object) -> None:
        raise StoreError("store.write", "no space left")

    looks = 0

    async def sleep(_: float) -> None:
        nonlocal looks
        looks += 1
        if looks == 2:
            assert house.pair() == before
            assert house.enforcer.error is not None and house.enforcer.error.code == "store.write"
            monkeypatch.undo()
        if looks == 3:
            raise asyncio.CancelledError

    monkeypatch.setattr("edge.keys.write_private", full)
    with pytest.raises(asyncio.CancelledError):
        await Rotation(house.enforcer, DAY, sleep).run()
    assert house.pair()[1] == before[0]


def test_the_setting(tmp_path: Path) -> None:
    given = ["--state", str(tmp_path), "--port", "relay:127.0.0.1:0->127.0.0.1:9"]
    assert read(given).rotate_seconds == DAY
    for text, seconds in (("off", None), ("30m", 1800), ("7d", 7 * DAY)):
        assert read([*given, "--rotate-keys", text]).rotate_seconds == seconds
    for text in ("", "0h", "24", "-1h", "1w"):
        with pytest.raises(ConfigError) as raised:
            read([*given, f"--rotate-keys={text}"])
        assert raised.value.code == "config.rotate_keys"
