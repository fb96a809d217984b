"""Settings: one clear sentence for what is wrong, exit code 2."""

from pathlib import Path

import pytest

from edge import agent
from edge.config import TOKEN_VARIABLE, read
from edge.errors import ConfigError

PORT = "relay:127.0.0.1:7777->127.0.0.1:7778"


def test_it_works() -> None:
    settings = read(
        ["--enrol", "t", "--control", "http://127.0.0.1:8000/", "--state", "s", "--port", PORT, "--port", PORT]
    )
    assert (settings.token, settings.control, settings.state) == ("t", "http://127.0.0.1:8000", Path("s"))
    assert settings.ports == (PORT, PORT)


def test_file_and_options(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "edge.toml"
    file.write_text(f'control = "https://one"\nstate = "{tmp_path}"\nports = ["{PORT}"]\nhostname = "ams1-1"\n')
    monkeypatch.setenv(TOKEN_VARIABLE, "from-outside")
    settings = read(["--config", str(file), "--control", "https://two"])
    assert (settings.control, settings.token, settings.hostname) == ("https://two", "from-outside", "ams1-1")


BAD = {
    "usage": ["--what"],
    "config.state": ["--port", PORT],
    "config.ports": ["--state", "s"],
    "port.spec": ["--state", "s", "--port", "relay:127.0.0.1->x"],
    "control.url": ["--state", "s", "--port", PORT, "--control", "ftp://x"],
    "config.enrol": ["--state", "s", "--port", PORT, "--enrol", "a b"],
    "config.hostname": ["--state", "s", "--port", PORT, "--hostname", "a b"],
    "config.file": ["--config", "/does/not/exist.toml"],
}


@pytest.mark.parametrize("code", BAD)
def test_bad_values(code: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(ConfigError) as raised:
        read(BAD[code])
    assert raised.value.code == code
    assert agent.main(BAD[code]) == 2
    said = capsys.readouterr().err
    assert said.count("\n") == 1 and f"[{code}]" in said


@pytest.mark.parametrize(
    "port", ["relay:127.0.0.1:1->127.0.0.1:0", "relay:127.0.0.1:1->127.0.0.1:65536", "xdp:eth0->eth1"]
)
def test_bad_ports(port: str) -> None:
    with pytest.raises(ConfigError, match="is not a port"):
        read(["--state", "s", "--port", port])


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("control = ", "config.file"),
        ("what = 1", "config.name"),
        ("ports = 'x'", "config.value"),
        ("state = 1", "config.value"),
    ],
)
def test_bad_files(tmp_path: Path, text: str, code: str) -> None:
    file = tmp_path / "edge.toml"
    file.write_text(text)
    with pytest.raises(ConfigError) as raised:
        read(["--config", str(file)])
    assert raised.value.code == code


def test_not_enrolled_and_no_token(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert agent.main(["--state", str(tmp_path), "--port", PORT]) == 2
    assert "not enrolled yet" in capsys.readouterr().err


@pytest.mark.parametrize("url", ["http://", "http://a:99999", "http://u:p@host", "http://h/?q=1", "host:80"])
def test_bad_urls(url: str) -> None:
    with pytest.raises(ConfigError, match="not an address"):
        read(["--state", "s", "--port", PORT, "--control", url])


def test_confinement_is_on_unless_told_otherwise(tmp_path: Path) -> None:
    given = ["--state", str(tmp_path), "--port", "relay:127.0.0.1:7->127.0.0.1:8"]
    assert read(given).confine is True
    assert read([*given, "--no-confine"]).confine is False
    file = tmp_path / "agent.toml"
    file.write_text("confine = false\n")
    assert read([*given, "--config", str(file)]).confine is False
    file.write_text('confine = "no"\n')
    with pytest.raises(ConfigError) as raised:
        read([*given, "--config", str(file)])
    assert raised.value.code == "config.value"


@pytest.mark.parametrize(
    ("given", "code"), [("-1", "config.challenges"), ("1000001", "config.challenges"), ("x", "usage")]
)
def test_challenges(tmp_path: Path, given: str, code: str) -> None:
    arguments = ["--state", str(tmp_path), "--port", PORT]
    assert read(arguments).challenges == 1_000
    assert read([*arguments, "--challenges", "0"]).challenges == 0
    with pytest.raises(ConfigError) as raised:
        read([*arguments, f"--challenges={given}"])
    assert raised.value.code == code
