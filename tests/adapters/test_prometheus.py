"""The adapter against a real Prometheus from the bundle, over TLS, with samples that the test made."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from ops import errors
from ops.adapters import process, prometheus
from tests.support import certificates, restic
from tests.support import prometheus as support

pytestmark = pytest.mark.bundle

_START_SECONDS = 60.0
_STEP = 15


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Path]]:
    """Yield address and CA of a Prometheus that has ten minutes of two series and one alert."""
    directory = tmp_path_factory.mktemp("prometheus")
    authority = certificates.authority(directory)
    certificate, key = certificates.server(directory, authority, "127.0.0.1")
    (directory / "web.yml").write_text(f"tls_server_config: {{cert_file: {certificate}, key_file: {key}}}\n")
    (directory / "rules.yml").write_text(
        "groups: [{name: g, rules: [{alert: Always, expr: vector(1), labels: {severity: warning},"
        " annotations: {summary: it is so, runbook: none.md}}]}]\n"
    )
    port = restic.free_port()
    (directory / "prometheus.yml").write_text(
        "global: {scrape_interval: 1s, evaluation_interval: 1s}\n"
        f"rule_files: [{directory}/rules.yml]\n"
        "scrape_configs: [{job_name: dead, static_configs: [{targets: ['127.0.0.1:9']}]}]\n"
    )
    _fill(directory)
    argv = [str(support.program("prometheus")), f"--config.file={directory}/prometheus.yml"]
    argv += [f"--storage.tsdb.path={directory}/data", f"--web.listen-address=127.0.0.1:{port}"]
    argv += [f"--web.config.file={directory}/web.yml"]
    with (directory / "log").open("wb") as log:
        server = subprocess.Popen(argv, stdout=log, stderr=log)
    try:
        _wait_for_the_alert(f"https://127.0.0.1:{port}", authority.certificate)
        yield f"https://127.0.0.1:{port}", authority.certificate
    finally:
        server.terminate()
        server.wait()


def _fill(directory: Path) -> None:
    """Write samples of the last ten minutes, with a gap of NaN, into the data directory."""
    end = int(time.time())
    moments = range(end - 600, end, _STEP)
    lines = ["# TYPE made gauge"]
    for label, first in (("a", 0.0), ("b", 100.0)):
        for index, moment in enumerate(moments):
            value = "NaN" if label == "b" and 10 <= index < 20 else first + index
            lines.append(f'made{{name="{label}"}} {value} {moment}')
    (directory / "samples").write_text("\n".join([*lines, "# EOF", ""]))
    argv: list[str | Path] = [support.program("promtool"), "tsdb", "create-blocks-from", "openmetrics"]
    process.run([*argv, directory / "samples", directory / "data"], timeout=60)


def _wait_for_the_alert(url: str, trust: Path) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while True:
        try:
            with prometheus.Prometheus(url, trust, timeout=5) as server:
                if server.alerts() and server.targets():
                    return
        except errors.UnreachableError:
            if time.monotonic() > deadline:
                raise
        time.sleep(0.2)


def test_values_are_read_with_their_labels(url: tuple[str, Path]) -> None:
    with prometheus.Prometheus(*url, timeout=10) as server:
        found = server.now("max by (name) (max_over_time(made[20m]))")
    assert {sample.labels["name"]: sample.value for sample in found} == {"a": 39.0, "b": 139.0}


def test_what_is_not_finite_is_left_out(url: tuple[str, Path]) -> None:
    with prometheus.Prometheus(*url, timeout=10) as server:
        assert server.now("vector(0) / 0") == ()
        end = time.time()
        [line] = server.over_time('made{name="b"} * 1', end - 900, end, _STEP)
    assert len(line.points) < 40
    assert line.points == tuple(sorted(line.points))


def test_alerts_and_targets_are_told(url: tuple[str, Path]) -> None:
    with prometheus.Prometheus(*url, timeout=10) as server:
        [alert] = server.alerts()
        [target] = server.targets()
    assert (alert.labels["alertname"], alert.state, alert.annotations["summary"]) == ("Always", "firing", "it is so")
    assert (target.labels["job"], target.is_up) == ("dead", False)


def test_an_expression_that_cannot_be_read_is_told_in_prometheus_words(url: tuple[str, Path]) -> None:
    with prometheus.Prometheus(*url, timeout=10) as server, pytest.raises(errors.UnreachableError, match="parse error"):
        server.now("sum(")


def test_a_certificate_of_somebody_else_is_refused(url: tuple[str, Path], tmp_path: Path) -> None:
    other = certificates.authority(tmp_path)
    connection = prometheus.Prometheus(url[0], other.certificate, timeout=10)
    with connection as server, pytest.raises(errors.UnreachableError) as caught:
        server.now("up")
    assert len(str(caught.value).splitlines()) == 3


def test_nobody_there_is_three_lines(tmp_path: Path) -> None:
    trust = certificates.authority(tmp_path).certificate
    address = f"https://127.0.0.1:{restic.free_port()}"
    with prometheus.Prometheus(address, trust, timeout=10) as server, pytest.raises(errors.UnreachableError) as caught:
        server.targets()
    assert len(str(caught.value).splitlines()) == 3
    assert address in str(caught.value)
