"""The program that tells when certificates end reads what a node has, and nothing else."""

from __future__ import annotations

import importlib.util
import re
import stat
from pathlib import Path
from types import ModuleType

import pytest

from ops.spec import places
from tests.support import certificates

_PROGRAM = places.PROJECT_ROOT / "roles/node_exporter/files/certificate_dates.py"


@pytest.fixture(scope="module")
def program() -> ModuleType:
    """Return the program as a module."""
    spec = importlib.util.spec_from_file_location("certificate_dates", _PROGRAM)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_each_certificate_is_one_series_with_its_end(program: ModuleType, tmp_path: Path) -> None:
    made = certificates.authority(tmp_path)
    certificate, key = certificates.server(tmp_path, made, "127.0.0.1")
    root = tmp_path / "root"
    (root / "etc/sitewright/load-balancer").mkdir(parents=True)
    (root / "var/lib/kubelet/pki").mkdir(parents=True)
    (root / "etc/sitewright/ca.crt").write_bytes(made.certificate.read_bytes())
    (root / "etc/sitewright/load-balancer/certificate.pem").write_bytes(certificate.read_bytes())
    (root / "etc/sitewright/load-balancer/key.pem").write_bytes(key.read_bytes())
    both = key.read_bytes() + certificate.read_bytes()
    (root / "var/lib/kubelet/pki/kubelet-client-current.pem").write_bytes(both)
    target = tmp_path / "certificates.prom"
    assert program.main([str(target), str(root)]) == 0
    found = dict(re.findall(r'^\S+\{path="(\S+)"\} (\d+)$', target.read_text(), re.MULTILINE))
    assert found.keys() == {
        "/etc/sitewright/ca.crt",
        "/etc/sitewright/load-balancer/certificate.pem",
        "/var/lib/kubelet/pki/kubelet-client-current.pem",
    }
    assert (
        found["/etc/sitewright/load-balancer/certificate.pem"]
        == found["/var/lib/kubelet/pki/kubelet-client-current.pem"]
    )
    assert stat.S_IMODE(target.stat().st_mode) == 0o644
    assert not list(tmp_path.glob("*.new"))


def test_a_file_that_is_no_certificate_counts_as_ended_long_ago(program: ModuleType, tmp_path: Path) -> None:
    (tmp_path / "etc/sitewright").mkdir(parents=True)
    (tmp_path / "etc/sitewright/ca.crt").write_text("nothing")
    target = tmp_path / "certificates.prom"
    program.main([str(target), str(tmp_path)])
    assert target.read_text().endswith('{path="/etc/sitewright/ca.crt"} 0\n')
