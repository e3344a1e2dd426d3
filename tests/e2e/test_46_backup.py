"""A recovery point of the whole site: made by one command, kept outside, had back; and what the drill host may do."""

from __future__ import annotations

import json
import ssl
from collections.abc import Mapping
from typing import Any

import httpx
import pytest

from ops.adapters import process
from ops.recovery.point import REQUIRED
from ops.spec.model import Role
from tests.support import site as support

pytestmark = pytest.mark.e2e

HOST = "infra1"


@pytest.fixture(scope="module")
def made(site: support.TestSite) -> Mapping[str, Any]:
    """Make a recovery point as the operator does."""
    return verb(site, "backup", str(site.path), "--wait=120")


def verb(site: support.TestSite, *words: str, expect: int = 0) -> Mapping[str, Any]:
    """Run a verb with --json and return its document."""
    argv = [str(support.SITEWRIGHT), *words, "--json"]
    document: Mapping[str, Any] = json.loads(
        process.run(argv, timeout=600, expect=(expect,), environment=site.environment()).stdout
    )
    return document


def test_the_point_has_every_member_and_steady_answers(site: support.TestSite, made: Mapping[str, Any]) -> None:
    assert set(made["members"]) == {kind.value for kind in REQUIRED}
    assert made["notes"] == []
    assert made["golden"]["smollm2"] == {"questions": 3, "runs": 5}
    shown = verb(site, "recovery-point", "show", str(site.path), made["recovery_point"], "--offline")
    point = shown["recovery_point"]
    members = {member["kind"]: member for member in point["members"]}
    in_cluster = {*site.site.nodes_with(Role.CONTROL_PLANE), *site.site.nodes_with(Role.WORKER)}
    assert members["etcd"]["etcd"]["objects"]["nodes"] == len(in_cluster)
    assert any("Paris" in item["answer"] for item in point["golden"][0]["questions"])


def test_its_manifest_lies_on_the_operators_machine_and_is_listed(
    site: support.TestSite, made: Mapping[str, Any]
) -> None:
    assert (site.state / "recovery-points" / f"{made['recovery_point']}.json").exists()
    listed = verb(site, "recovery-point", "list", str(site.path))
    assert made["recovery_point"] in [entry["id"] for entry in listed["recovery_points"]]


def test_every_file_of_it_comes_back_as_it_was_signed(site: support.TestSite, made: Mapping[str, Any]) -> None:
    verified = verb(site, "recovery-point", "verify", str(site.path), made["recovery_point"], "--wait=120")
    assert set(verified["members"]) == {kind.value for kind in REQUIRED}


def test_a_changed_manifest_is_refused_here_too(site: support.TestSite, made: Mapping[str, Any]) -> None:
    path = site.state / "recovery-points" / f"{made['recovery_point']}.json"
    good = path.read_bytes()
    try:
        path.write_bytes(good.replace(b'"skew_s":', b'"skew_s": ', 1))
        words = ["recovery-point", "show", str(site.path), made["recovery_point"], "--offline"]
        assert verb(site, *words, expect=16)["errors"][0]["code"] == "E-INTEGRITY"
    finally:
        path.write_bytes(good)


def test_the_timers_of_the_spec_are_armed(site: support.TestSite, made: Mapping[str, Any]) -> None:
    for name in ("backup", "sweep", "drills"):
        assert site.ssh(HOST, "systemctl", "is-active", f"sitewright-{name}.timer").stdout.strip() == "active"


def test_the_timers_unit_makes_a_point_by_itself(site: support.TestSite, made: Mapping[str, Any]) -> None:
    ended = site.ssh(HOST, "systemctl", "start", "sitewright-backup.service", timeout=600)
    assert ended.returncode == 0, ended.stderr
    listed = verb(site, "recovery-point", "list", str(site.path))
    assert len(listed["recovery_points"]) >= 2


def test_prometheus_would_see_it(site: support.TestSite, made: Mapping[str, Any]) -> None:
    told = site.ssh(HOST, "sh", "-c", "cat /var/lib/prometheus/node-exporter/sitewright-*.prom").stdout
    for name in (
        "sitewright_backup_last_success_timestamp_seconds",
        "sitewright_backup_expected_interval_seconds",
        "sitewright_recovery_point_skew_seconds",
        "sitewright_sweep_expected_interval_seconds",
    ):
        assert f"\n{name} " in told


def test_the_operator_keeps_what_opens_the_backups(site: support.TestSite, made: Mapping[str, Any]) -> None:
    for name in ("restic-password", "server-credential"):
        kept = site.state / "keys" / "custody" / name
        there = site.ssh(HOST, "cat", f"/var/lib/sitewright/recovery/keys/{name}").stdout
        assert kept.read_text() == there
        assert kept.stat().st_mode & 0o077 == 0


def test_the_drill_hosts_key_gets_no_shell(site: support.TestSite, made: Mapping[str, Any]) -> None:
    node = site.site.node("gpu1")
    keys = "/var/lib/sitewright/recovery"
    command = (
        f"ssh -i {keys}/keys/ssh_key -o UserKnownHostsFile={keys}/deposit/known_hosts -o BatchMode=yes "
        f"-o StrictHostKeyChecking=yes {site.site.access.user}@{node.address}"
    )
    for words in ("id", "snapshot", "sh -c id", "''"):
        ended = site.ssh(HOST, "sh", "-c", f"{command} {words}")
        assert ended.returncode == 1
        assert "uid=" not in ended.stdout
        assert "this node knows the verbs" in ended.stderr
    assert site.ssh(HOST, "sh", "-c", f"{command} machine").stdout.strip()


def test_the_server_deletes_nothing_for_its_client(site: support.TestSite, made: Mapping[str, Any]) -> None:
    base = f"https://{site.site.node(HOST).address}:{site.site.network.backup_port}"
    user, _, password = (site.state / "keys" / "custody" / "server-credential").read_text().strip().partition(":")
    trust = ssl.create_default_context(cafile=str(site.state / "keys" / "ca.crt"))
    with httpx.Client(verify=trust, trust_env=False) as client:
        assert client.head(f"{base}/{user}/config").status_code == 401
        assert client.head(f"{base}/{user}/config", auth=(user, password)).status_code == 200
        assert client.delete(f"{base}/{user}/config", auth=(user, password)).status_code == 403
        assert client.head(f"{base}/other/config", auth=(user, password)).status_code == 401
        assert "rest_server_blob_write_total" in client.get(f"{base}/metrics").text
