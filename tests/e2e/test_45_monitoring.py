"""The site's monitoring sees the whole site, shows it to the operator and to nobody else, and no alert is blind."""

from __future__ import annotations

import json
import re
import time
import urllib.parse
from typing import Any

import pytest

from ops.adapters import process
from ops.plan.monitoring import ports, queries
from tests.support import alerts, selectors
from tests.support import site as support

pytestmark = pytest.mark.e2e

_PATIENCE_SECONDS = 90.0
"""How long Prometheus may take to find pods that came a moment ago: it asks ever more seldom, at most every 30 s."""
AFTER_A_FIRST = frozenset(
    {
        "sitewright_backup_last_success_timestamp_seconds",
        "sitewright_recovery_point_skew_seconds",
        "sitewright_repository_unknown_keys",
        "sitewright_sweep_covered_timestamp_seconds",
        "sitewright_drill_last_run_timestamp_seconds",
        "sitewright_drill_verdict",
        "sitewright_drill_seconds",
    }
)
"""Series that begin with the first backup, sweep or drill; their alerts count from the declaration until then."""
AFTER_A_FAILURE = {"prober_probe_total": "result"}
"""Counters of the kubelet that begin with the first event of their label: they are asked for without it."""
SELECTORS = sorted(
    {
        selector
        for expression in (*(alert.expression for alert in alerts.alerts()), *queries.expressions())
        for selector in selectors.selectors(expression)
        if not selector.startswith("sitewright_") or selector.partition("{")[0] not in AFTER_A_FIRST
    }
)


def curl(site: support.TestSite, *words: str, expect: tuple[int, ...] = (0,)) -> str:
    """Run plain curl with what `sitewright env` exports."""
    environment = site.environment()
    argv = ["curl", "--silent", "--cacert", environment["SSL_CERT_FILE"], *words]
    return process.run(argv, timeout=30, environment=environment, expect=expect).stdout


def ask(site: support.TestSite, page: str, **parameters: str) -> Any:
    """Return the data of a page of Prometheus' API."""
    url = f"{site.environment()['PROMETHEUS_URL']}/api/v1/{page}?{urllib.parse.urlencode(parameters)}"
    return json.loads(curl(site, url))["data"]


def targets(site: support.TestSite) -> dict[str, list[tuple[str, str]]]:
    """Return health and last error of each target, by job."""
    found: dict[str, list[tuple[str, str]]] = {}
    for target in ask(site, "targets", state="active")["activeTargets"]:
        found.setdefault(target["labels"]["job"], []).append((target["health"], target["lastError"]))
    return found


def test_every_part_of_the_site_is_asked_and_answers(site: support.TestSite) -> None:
    cluster = [node for node in site.site.nodes if {"control_plane", "worker"} & set(node.roles)]
    wanted = {
        "node": len(site.site.nodes),
        "kubelet": len(cluster),
        "kubelet_probes": len(cluster),
        "triton": sum(card.replicas for card in site.site.models),
        "gateway": site.site.gateway.replicas,
        **dict.fromkeys(("prometheus", "alertmanager", "haproxy", "etcd", "apiserver", "rest_server"), 1),
    }
    deadline = time.monotonic() + _PATIENCE_SECONDS
    found = targets(site)
    while time.monotonic() < deadline and _up(found) != wanted:
        time.sleep(3)
        found = targets(site)
    assert _up(found) == wanted, found


def _up(found: dict[str, list[tuple[str, str]]]) -> dict[str, int]:
    return {job: len([health for health, _ in states if health == "up"]) for job, states in found.items()}


@pytest.mark.parametrize("selector", SELECTORS)
def test_every_series_of_an_alert_or_the_page_is_measured(site: support.TestSite, selector: str) -> None:
    label = AFTER_A_FAILURE.get(selector.partition("{")[0])
    asked = selectors.without(selector, label) if label else selector
    assert ask(site, "query", query=f"count({asked})")["result"], f"no series {asked}"


def test_the_alerts_are_loaded_and_evaluated(site: support.TestSite) -> None:
    rules = [rule for group in ask(site, "rules", type="alert")["groups"] for rule in group["rules"]]
    assert {rule["name"] for rule in rules} == {alert.name for alert in alerts.alerts()}
    assert [rule["name"] for rule in rules if rule["health"] == "err"] == []


def test_metrics_of_a_node_are_for_the_monitoring_node_alone(site: support.TestSite) -> None:
    connect = "import socket, sys; socket.create_connection((sys.argv[1], int(sys.argv[2])), 3)"
    plane = str(site.site.node("cp1").address)
    for port in (ports.NODE_EXPORTER, ports.ETCD):
        words = ["python3", "-c", connect, plane, str(port)]
        assert site.ssh("infra1", *words).returncode == 0
        refused = site.ssh("gpu1", *words)
        assert refused.returncode != 0
        assert "ConnectionRefusedError" in refused.stderr


def test_people_may_read_and_not_write(site: support.TestSite) -> None:
    base = site.environment()["PROMETHEUS_URL"]
    alertmanager = base.replace(str(site.site.network.prometheus_port), str(site.site.network.alertmanager_port))
    code = ["--output", "/dev/null", "--write-out", "%{http_code}"]
    assert curl(site, *code, f"{alertmanager}/api/v2/alerts") == "200"
    assert curl(site, *code, "--request", "POST", "--data", "[]", f"{alertmanager}/api/v2/alerts") == "405"
    assert curl(site, *code, "--request", "POST", f"{base}/-/reload") == "405"


def test_prometheus_may_look_at_the_cluster_and_no_more(site: support.TestSite) -> None:
    def may(*words: str) -> bool:
        argv = ["auth", "can-i", *words, "--as", "sitewright:monitoring"]
        return site.kubectl(*argv, expect=(0, 1)).strip() == "yes"

    assert may("get", "nodes", "--subresource", "metrics")
    assert may("get", "pods", "--subresource", "proxy", "-n", "models")
    for words in (
        ("get", "nodes", "--subresource", "proxy"),
        ("get", "secrets", "-n", "models"),
        ("create", "pods", "--subresource", "proxy", "-n", "models"),
    ):
        assert not may(*words), words
    key = "/etc/sitewright/monitoring/key.pem"
    assert site.ssh("infra1", "stat", "-c", "%a:%U", key).stdout.strip() == "600:prometheus"


def test_the_page_of_the_site_stands_alone(site: support.TestSite, tmp_path: Any) -> None:
    page = tmp_path / "page.html"
    printed = process.run(
        [support.SITEWRIGHT, "report", site.path, "--output", page, "--json", "--hours", "1"], timeout=60
    ).stdout
    document = json.loads(printed)
    assert document["schema_version"] == 1
    assert {node["name"] for node in document["status"]["nodes"]} == {node.name for node in site.site.nodes}
    assert [chart["title"] for chart in document["charts"]] == [chart.title for chart in queries.CHARTS]
    text = page.read_text()
    assert not re.search(r"(src|href)=|@import|url\(", text)
    assert "<svg" in text
