"""What the role writes is what Prometheus and Alertmanager read, for each kind of site."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from ops.adapters import process
from ops.spec import model
from tests.support import prometheus

SITES = ("lab-pair", "lab-single", "example")
JOBS = {
    *("prometheus", "alertmanager", "node", "haproxy", "etcd", "apiserver", "rest_server"),
    *("kubelet", "kubelet_probes", "gateway", "triton"),
}


def configuration(name: str) -> dict[str, Any]:
    """Return Prometheus' configuration of a site of inventory/."""
    read: dict[str, Any] = yaml.safe_load(prometheus.of_site(prometheus.site(name), "prometheus.yml.j2"))
    return read


@pytest.mark.bundle
@pytest.mark.parametrize("name", SITES)
def test_promtool_takes_the_configuration(name: str, tmp_path: Path) -> None:
    file = tmp_path / "prometheus.yml"
    file.write_text(prometheus.of_site(prometheus.site(name), "prometheus.yml.j2"))
    argv: list[str | Path] = [prometheus.program("promtool"), "check", "config", "--syntax-only", file]
    assert "SUCCESS" in process.run(argv, timeout=60).stdout


@pytest.mark.bundle
@pytest.mark.parametrize("webhook", ["", "https://alerts.example.com/hook?team=a&b"])
def test_amtool_takes_the_configuration(webhook: str, tmp_path: Path) -> None:
    file = tmp_path / "alertmanager.yml"
    file.write_text(prometheus.render("alertmanager.yml.j2", {"monitoring_webhook": webhook}))
    process.run([prometheus.program("amtool"), "check-config", file], timeout=60)
    [receiver] = yaml.safe_load(file.read_text())["receivers"]
    assert [hook["url"] for hook in receiver.get("webhook_configs", [])] == [webhook] * bool(webhook)


@pytest.mark.parametrize("name", SITES)
def test_every_part_of_a_site_is_asked(name: str) -> None:
    assert {job["job_name"] for job in configuration(name)["scrape_configs"]} == JOBS


@pytest.mark.parametrize("name", SITES)
def test_no_worker_is_named_because_workers_are_found(name: str) -> None:
    wanted = prometheus.site(name)
    text = prometheus.of_site(wanted, "prometheus.yml.j2")
    for node in wanted.nodes:
        alone = set(node.roles) <= {model.Role.WORKER, model.Role.INGRESS} and node.name != wanted.recovery.drill_host
        assert (f"{node.address}:" in text) is not alone


def test_a_machine_with_every_role_is_asked_once() -> None:
    [job] = [job for job in configuration("lab-single")["scrape_configs"] if job["job_name"] == "node"]
    [static] = job["static_configs"]
    [drop] = [rule for rule in job["relabel_configs"] if rule.get("action") == "drop"]
    assert drop["regex"] == static["labels"]["node"]


def test_retention_comes_from_the_spec() -> None:
    wanted = prometheus.site("lab")
    longer = wanted.model_copy(update={"monitoring": wanted.monitoring.model_copy(update={"retention": 3600})})
    assert "--storage.tsdb.retention.time=3600s " in prometheus.of_site(longer, "prometheus.j2").replace('"', " ")


@pytest.mark.parametrize("template", ["prometheus.j2", "prometheus-alertmanager.j2"])
def test_both_listen_on_loopback_alone(template: str) -> None:
    assert "--web.listen-address=127.0.0.1:" in prometheus.of_site(prometheus.site("lab"), template)
