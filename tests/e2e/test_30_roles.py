"""Each role: a file is altered and a service is stopped, `--check --diff` predicts the repair, the run repairs it.

On one node a run was broken off before its handlers, which left a mark: the next run calls them.
"""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from tests.support import site as support

pytestmark = pytest.mark.e2e


@dataclasses.dataclass(frozen=True)
class Damage:
    """What is done to a node behind a role's back."""

    role: str
    node: str
    file: str
    service: str


DAMAGES = (
    Damage("base", "gpu1", "/etc/ssh/sshd_config.d/10-sitewright.conf", ""),
    Damage("apt_source", "gpu1", "/etc/apt/sources.list.d/sitewright.sources", ""),
    Damage("bundle_server", "infra1", "/etc/nginx/conf.d/sitewright.conf", "docker-registry.service"),
    Damage("site_certificate", "infra1", "/etc/sitewright/load-balancer/bundle.pem", ""),
    Damage("node_exporter", "gpu1", "/etc/default/prometheus-node-exporter", "prometheus-node-exporter.service"),
    Damage("monitoring", "infra1", "/etc/prometheus/prometheus.yml", "prometheus.service"),
    Damage("monitoring_access", "cp1", "/etc/kubernetes/monitoring.yaml", ""),
    Damage("load_balancer", "infra1", "/etc/haproxy/haproxy.cfg", "haproxy.service"),
    Damage("container_runtime", "gpu1", "/etc/containerd/conf.d/10-sitewright.toml", "containerd.service"),
    Damage("kubernetes_control_plane", "cp1", "/etc/kubernetes/coredns.yaml", "kubelet.service"),
    Damage("kubernetes_node", "gpu1", "", "kubelet.service"),
    Damage("drill_host", "infra1", "/etc/systemd/system/sitewright-sweep.timer", "sitewright-sweep.timer"),
    Damage(
        "backup_server",
        "infra1",
        "/etc/systemd/system/sitewright-backup-server.service",
        "sitewright-backup-server.service",
    ),
    Damage("recovery_agent", "gpu1", "/usr/lib/sitewright/recovery-agent", ""),
)
MARK, MARKED, UNTOLD = "/run/sitewright-platform", "cp1", "containerd.service"
"""The mark of a run that was broken off, where it lies, and a service there that nothing else restarts."""
IDS = [damage.role for damage in DAMAGES]


@dataclasses.dataclass(frozen=True)
class Story:
    """What was on the nodes before, and what the two runs said."""

    before: dict[str, str]
    predicted: set[tuple[str, str]]
    repaired: set[tuple[str, str]]
    started: str
    """When the service was started that the broken off run has not told."""


@pytest.fixture(scope="module")
def story(site: support.TestSite) -> Story:
    """Damage everything at once, look, then repair."""
    before = {damage.role: _digest(site, damage) for damage in DAMAGES}
    started = _started(site)
    assert site.ssh(MARKED, "touch", MARK).returncode == 0
    for damage in DAMAGES:
        if damage.file:
            assert site.ssh(damage.node, "sh", "-c", f"echo '# altered' >> {damage.file}").returncode == 0
        if damage.service:
            assert site.ssh(damage.node, "systemctl", "stop", damage.service).returncode == 0
    predicted = _changed(site.playbook("--check", "--diff"))
    repaired = _changed(site.playbook())
    return Story(before, predicted, repaired, started)


@pytest.mark.parametrize("damage", DAMAGES, ids=IDS)
def test_check_mode_predicts_what_the_run_repairs(story: Story, damage: Damage) -> None:
    assert (damage.role, damage.node) in story.predicted
    assert (damage.role, damage.node) in story.repaired


@pytest.mark.parametrize("damage", DAMAGES, ids=IDS)
def test_after_the_run_the_node_is_as_before(site: support.TestSite, story: Story, damage: Damage) -> None:
    assert _digest(site, damage) == story.before[damage.role]
    if damage.service:
        assert site.ssh(damage.node, "systemctl", "is-active", damage.service).stdout.strip() == "active"


def test_a_run_tells_the_services_what_a_run_that_was_broken_off_has_changed(
    site: support.TestSite, story: Story
) -> None:
    assert ("unfinished_run", MARKED) in story.predicted
    assert ("unfinished_run", MARKED) in story.repaired
    assert _started(site) != story.started
    assert site.ssh(MARKED, "test", "-e", MARK).returncode == 1


def _started(site: support.TestSite) -> str:
    return site.ssh(MARKED, "systemctl", "show", "--property=ActiveEnterTimestampMonotonic", UNTOLD).stdout


def _digest(site: support.TestSite, damage: Damage) -> str:
    return site.ssh(damage.node, "sha256sum", damage.file).stdout if damage.file else ""


def _changed(result: dict[str, object]) -> set[tuple[str, str]]:
    """Return (role, host) of every task that changed or would change something."""
    found = set()
    plays: Any = result["plays"]
    for play in plays:
        for task in play["tasks"]:
            role = str(task["task"]["name"]).partition(" : ")[0]
            found |= {(role, host) for host, outcome in task["hosts"].items() if outcome.get("changed")}
    return found
