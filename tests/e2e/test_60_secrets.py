"""Secrets are where they belong and nowhere else."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support import site as support

pytestmark = pytest.mark.e2e


def test_the_api_key_lies_in_its_file_and_nowhere_else(site: support.TestSite) -> None:
    key_file = site.state / "keys" / "api_key"
    key = key_file.read_bytes().strip()
    assert key
    assert key_file.stat().st_mode & 0o777 == 0o600
    assert _holders(site.state, key) == [key_file]


def test_the_kubeconfig_key_is_not_in_raw_state_or_records(site: support.TestSite) -> None:
    kubeconfig = site.state / "kubeconfig"
    secret = next(line.split()[1] for line in kubeconfig.read_text().splitlines() if "client-key-data" in line).encode()
    assert kubeconfig.stat().st_mode & 0o777 == 0o600
    assert _holders(site.state, secret) == [kubeconfig]


def test_no_secret_is_world_readable_and_the_state_directory_is_closed(site: support.TestSite) -> None:
    assert site.state.stat().st_mode & 0o777 == 0o700
    readable = [path for path in (site.state / "keys").rglob("*") if path.is_file() and path.stat().st_mode & 0o004]
    assert [path.name for path in readable if path.suffix in {".key", ""} and "push" not in path.name] == []


def test_no_bootstrap_token_is_left(site: support.TestSite) -> None:
    left = site.kubectl("-n", "kube-system", "get", "secrets", "--field-selector=type=bootstrap.kubernetes.io/token")
    assert "bootstrap-token" not in left


def _holders(directory: Path, secret: bytes) -> list[Path]:
    """Return the files below a directory, machines apart, that hold a secret."""
    found = []
    for path in directory.rglob("*"):
        if "machines" in path.parts or not path.is_file() or path.is_symlink() or path.suffix == ".tar":
            continue
        if secret in path.read_bytes():
            found.append(path)
    return sorted(found)
