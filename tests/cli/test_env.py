from __future__ import annotations

import os
import stat
import subprocess
from pathlib import Path

import pytest

from ops.spec import places
from tests.cli.conftest import Command

_EXPORTED = {
    *("PATH", "KUBECONFIG", "PULUMI_BACKEND_URL", "PULUMI_CONFIG_PASSPHRASE_FILE", "OPENAI_BASE_URL", "PROMETHEUS_URL"),
    *("OPENAI_API_KEY", "SSL_CERT_FILE", "PULUMI_STACK", "PULUMI_HOME", "PULUMI_SKIP_UPDATE_CHECK"),
}


def _evaluate(lines: str, shell: str = "sh") -> dict[str, str]:
    """Return the environment after a shell has evaluated export lines."""
    ended = subprocess.run(
        [shell, "-c", 'eval "$1"; exec /usr/bin/env -0', shell, lines],
        check=True,
        capture_output=True,
        env={"PATH": os.environ["PATH"]},
        text=True,
    )
    return dict(entry.split("=", 1) for entry in ended.stdout.rstrip("\0").split("\0"))


INFRA = "198.19.153.93"
"""Where the lab's infra node always is."""


@pytest.mark.parametrize("shell", ["sh", "bash"])
def test_a_shell_takes_every_value_as_it_is(shell: str, tmp_path: Path, sitewright: Command) -> None:
    state = tmp_path / "a b'c\"$(touch pwned)`;&\\"
    ended = sitewright("env", "lab", environment={"XDG_STATE_HOME": str(state)})
    assert ended.code == 0
    variables = _evaluate(ended.out, shell)
    assert variables.keys() >= _EXPORTED
    assert variables["KUBECONFIG"] == f"{state}/sitewright/lab/kubeconfig"
    assert Path(variables["SSL_CERT_FILE"]).read_text().count("BEGIN CERTIFICATE") >= 1
    assert variables["OPENAI_BASE_URL"] == f"https://{INFRA}/v1"
    assert variables["PROMETHEUS_URL"] == f"https://{INFRA}:9990"
    assert variables["SITEWRIGHT_SITE"] == str(places.PROJECT_ROOT / "inventory" / "lab" / "site.yml")


def test_keys_are_made_once_and_for_the_operator_alone(sitewright: Command) -> None:
    first = _evaluate(sitewright("env", "lab").out)
    second = _evaluate(sitewright("env", "lab").out)
    assert first["OPENAI_API_KEY"] == second["OPENAI_API_KEY"]
    passphrase = Path(first["PULUMI_CONFIG_PASSPHRASE_FILE"])
    assert stat.S_IMODE(passphrase.stat().st_mode) == 0o600
    assert passphrase.read_text()
    assert Path(first["PULUMI_BACKEND_URL"].removeprefix("file://")).is_dir()


def test_path_begins_with_ours_and_does_not_grow(sitewright: Command) -> None:
    once = _evaluate(sitewright("env", "lab").out)["PATH"]
    twice = _evaluate(sitewright("env", "lab", environment={"PATH": once}).out)["PATH"]
    assert once == twice
    assert once.startswith(f"{places.PROJECT_ROOT}/.venv/bin:")


def test_a_second_lab_of_the_same_file_gets_its_own_everything(sitewright: Command) -> None:
    lab = _evaluate(sitewright("env", "lab").out)
    test = _evaluate(sitewright("env", "lab", environment={"SITEWRIGHT_LAB": "test"}).out)
    assert test["PULUMI_STACK"] == "test"
    assert test["SITEWRIGHT_LAB"] == "test"
    for name in ("KUBECONFIG", "PULUMI_BACKEND_URL", "OPENAI_BASE_URL", "OPENAI_API_KEY", "PULUMI_HOME"):
        assert test[name] != lab[name]


def test_a_real_site_keeps_its_backend_and_gets_no_made_up_key(sitewright: Command) -> None:
    ended = sitewright("env", "example")
    variables = _evaluate(ended.out)
    assert variables["PULUMI_BACKEND_URL"] == "s3://llm-state?endpoint=https://objects.example.net"
    assert variables["OPENAI_BASE_URL"] == "https://192.0.2.10/v1"
    assert "OPENAI_API_KEY" not in variables
    assert "OPENAI_API_KEY" in ended.err


def test_a_proxy_of_the_caller_is_not_asked_for_the_site(sitewright: Command) -> None:
    proxied = {"https_proxy": "http://proxy.example:3128", "NO_PROXY": "localhost"}
    variables = _evaluate(sitewright("env", "lab", environment=proxied).out)
    assert variables["NO_PROXY"] == variables["no_proxy"] == f"localhost,{INFRA}"
    assert "NO_PROXY" not in _evaluate(sitewright("env", "lab", environment={"https_proxy": ""}).out)
