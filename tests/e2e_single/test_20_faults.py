"""Bad input and faults at a site that stands: three lines, a documented exit code, and the same command goes on."""

from __future__ import annotations

import contextlib
import json
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from ops.adapters import process
from ops.spec import places
from tests.support import site as support

pytestmark = pytest.mark.e2e

NODE = "node1"
LISTEN = "import socket, time; s = socket.create_server(('', 8447)); time.sleep(600)"


def failure(site: support.TestSite, code: int, *words: str) -> str:
    """Run sitewright, require that exit code and three lines of error at the end, and return them."""
    argv: list[str | Path] = [support.SITEWRIGHT, *(words or ("site", "up", str(site.path)))]
    ended = process.run(argv, timeout=support.UP_SECONDS, expect=(code,))
    what, where, mend = ended.stderr.rstrip().splitlines()[-3:]
    assert what.startswith("error[E-")
    assert where.startswith("  at ")
    assert mend.startswith("  mend: ")
    return f"{what}\n{where}\n{mend}"


def test_a_wrong_passphrase_is_told_and_changes_nothing(site: support.TestSite) -> None:
    path = site.state / "keys" / "passphrase"
    right = path.read_bytes()
    before = site.runs()
    path.write_bytes(b"not the passphrase\n")
    try:
        assert "passphrase" in failure(site, 3)
    finally:
        path.write_bytes(right)
    assert site.runs() == before
    assert "Paris" in site.up().stdout


def test_a_second_run_at_the_same_time_is_told_who_holds_the_site(site: support.TestSite) -> None:
    with _held(site) as holder:
        assert f"process {holder}" in failure(site, 11)


def test_a_port_that_another_program_has_is_named_before_anything_changes(site: support.TestSite) -> None:
    before = site.ssh(NODE, "cat", "/etc/haproxy/haproxy.cfg").stdout
    content = yaml.safe_load(site.path.read_text())
    other = support.TestSite(site.path.with_name("ports.yml"), site.site)
    content["network"] = {"gateway_port": 8447}
    other.path.write_text(yaml.safe_dump(content))
    with _listening(site):
        told = failure(other, 15)
        assert "port 8447 is taken by python3" in told
        assert f"on {NODE}" in told
    assert site.ssh(NODE, "cat", "/etc/haproxy/haproxy.cfg").stdout == before
    assert "Paris" in site.up().stdout


def test_a_changed_host_key_ends_the_connection(site: support.TestSite, tmp_path: Path) -> None:
    process.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", tmp_path / "other"], timeout=20)
    other = " ".join((tmp_path / "other.pub").read_text().split()[:2])
    known = site.state / "known_hosts"
    right = known.read_text()
    address = str(site.site.node(NODE).address)
    assert address in right
    lines = [f"{address} {other}" if line.startswith(address) else line for line in right.splitlines()]
    known.write_text("\n".join(lines) + "\n")
    try:
        assert address in failure(site, 13, "ssh", "--site", str(site.path), NODE, "--", "true")
    finally:
        known.write_text(right)


def test_a_full_disk_is_told_with_its_path(site: support.TestSite, tmp_path: Path) -> None:
    small = tmp_path / "state"
    small.mkdir()
    process.run(["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", small], timeout=20)
    try:
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("XDG_STATE_HOME", str(small))
            assert str(small) in failure(site, 14)
    finally:
        process.run(["umount", small], timeout=20)


def test_a_missing_key_file_is_named(site: support.TestSite, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    content = yaml.safe_load((places.PROJECT_ROOT / "inventory/example/site.yml").read_text())
    content["access"]["private_key"] = str(tmp_path / "nowhere")
    path = tmp_path / "site.yml"
    path.write_text(yaml.safe_dump(content))
    assert str(tmp_path / "nowhere") in failure(site, 3, "ssh", "--site", str(path), "gpu1", "--", "true")


def test_status_of_a_site_that_is_wrong_is_json_too(tmp_path: Path) -> None:
    path = tmp_path / "site.yml"
    path.write_text("schema_version: 1\nname: x\n")
    ended = process.run([support.SITEWRIGHT, "status", path, "--json"], timeout=60, expect=(2,))
    assert json.loads(ended.stdout)["schema_version"] == 1


@contextlib.contextmanager
def _held(site: support.TestSite) -> Iterator[int]:
    """Run `site up` until it holds the site's lock; yield its process id."""
    with subprocess.Popen(
        [support.SITEWRIGHT, "site", "up", site.path], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as running:
        try:
            deadline = time.monotonic() + 60
            while (site.state / "lock").read_text().split()[:1] != [str(running.pid)]:
                assert running.poll() is None
                assert time.monotonic() < deadline
                time.sleep(0.05)
            yield running.pid
        finally:
            running.terminate()


@contextlib.contextmanager
def _listening(site: support.TestSite) -> Iterator[None]:
    """Let another program listen on port 8447 of the machine."""
    site.ssh(NODE, "systemd-run", "--unit=squatter", "python3", "-c", LISTEN)
    try:
        yield
    finally:
        site.ssh(NODE, "systemctl", "stop", "squatter")
