from __future__ import annotations

from pathlib import Path

import pytest

from ops import errors
from ops.spec import access, loader, places
from ops.spec.model import Site
from tests.spec import overlay


def _site(base: str, directory: Path, **access_keys: str) -> Site:
    written = overlay.base(base)
    written["access"] = access_keys
    return loader.load(overlay.write(written, directory))


def test_a_lab_uses_its_generated_key(tmp_path: Path) -> None:
    site = _site("lab", tmp_path)
    assert access.private_key(site) == places.state_directory("lab") / "keys" / "ssh_key"
    assert "IdentitiesOnly=yes" in access.options(site)


def test_a_real_site_uses_the_agent_unless_it_names_a_key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert access.private_key(_site("real", tmp_path)) is None
    assert "IdentitiesOnly=yes" not in access.options(_site("real", tmp_path))
    monkeypatch.setenv("HOME", str(tmp_path))
    named = _site("real", tmp_path, private_key="~/id")
    with pytest.raises(errors.CredentialError, match="the ssh key is not there"):
        access.private_key(named)
    (tmp_path / "id").touch()
    assert access.private_key(named) == tmp_path / "id"


def test_host_key_checking_is_never_off(tmp_path: Path) -> None:
    for base in ("lab", "real"):
        options = access.options(_site(base, tmp_path))
        assert "StrictHostKeyChecking=yes" in options
        assert "GlobalKnownHostsFile=/dev/null" in options


def test_pinning_writes_a_real_sites_keys_and_leaves_a_labs_alone(tmp_path: Path) -> None:
    lab = _site("lab", tmp_path)
    access.pin(lab)
    assert not access.known_hosts(lab).exists()
    real = _site("real", tmp_path)
    access.pin(real)
    written = access.known_hosts(real)
    before = written.stat()
    assert written.read_text().splitlines()[0] == f"192.0.2.11 {real.nodes[0].host_key}"
    access.pin(real)
    assert written.stat().st_mtime_ns == before.st_mtime_ns
    assert [path.name for path in written.parent.iterdir()] == ["known_hosts"]
