from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from ops.plan.serving import gateway as plan
from ops.services.gateway import config, keys
from ops.spec import loader
from ops.spec.places import PROJECT_ROOT
from tests.services import gateway_process
from tests.services.stub_triton import StubTriton

_SLOW = {"model": "smollm2", "prompt": "stub: slow", "stream": True}
_HEADERS = {"authorization": f"Bearer {gateway_process.KEY}"}


def _run(file: Path | None) -> subprocess.CompletedProcess[str]:
    """Run a gateway that ends by itself, with a configuration or none."""
    environment = gateway_process.environment(file) if file else {**os.environ, "PYTHONPATH": "ops/services"}
    command = [sys.executable, "-m", "gateway"]
    return subprocess.run(
        command, env=environment, cwd=PROJECT_ROOT, capture_output=True, text=True, check=False, timeout=30
    )


def test_a_stop_signal_fails_readiness_at_once_and_lets_streams_finish(tmp_path: Path, stub: StubTriton) -> None:
    with (
        gateway_process.running(tmp_path, stub.url, {"drain_seconds": 4}) as gateway,
        httpx.Client(headers=_HEADERS, timeout=60, trust_env=False) as client,
        client.stream("POST", f"{gateway.api}/completions", json={**_SLOW, "prompt": "stub: slower"}) as stream,
    ):
        lines = stream.iter_lines()
        next(lines)
        gateway.process.send_signal(signal.SIGTERM)
        while (ready := client.get(f"{gateway.operations}/readyz")).status_code == 200:
            pass
        assert ready.json()["draining"] is True
        late = client.get(f"{gateway.api}/models")
        assert (late.status_code, late.headers["connection"]) == (200, "close")
        assert list(lines)[-2] == "data: [DONE]"
        assert gateway.process.wait(60) == 0


def test_a_stream_that_outlasts_the_grace_is_cut_and_not_called_complete(tmp_path: Path, stub: StubTriton) -> None:
    with (
        gateway_process.running(tmp_path, stub.url, {"grace_seconds": 1}) as gateway,
        httpx.Client(headers=_HEADERS, trust_env=False) as client,
        client.stream("POST", f"{gateway.api}/completions", json={**_SLOW, "prompt": "stub: stall"}) as stream,
    ):
        gateway.process.send_signal(signal.SIGTERM)
        with pytest.raises(httpx.RemoteProtocolError):
            stream.read()
        assert gateway.process.wait(60) == 0


def test_a_port_that_is_taken_is_said_in_one_line(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        ended = _run(gateway_process.write_files(tmp_path, "http://127.0.0.1:1", {"api_port": port}))
    assert ended.returncode == 1
    assert f"cannot listen on 127.0.0.1:{port}: " in ended.stderr
    assert "Traceback" not in ended.stderr


@pytest.mark.parametrize(("name", "content"), [("gateway.json", "{"), ("keys.json", '{"tester": "plain"}')])
def test_a_wrong_file_is_named_and_nothing_is_started(tmp_path: Path, name: str, content: str) -> None:
    file = gateway_process.write_files(tmp_path, "http://127.0.0.1:1")
    (tmp_path / name).write_text(content)
    ended = _run(file)
    assert ended.returncode == 2
    assert name in ended.stderr
    assert "Traceback" not in ended.stderr


def test_a_process_that_is_told_of_no_configuration_says_how_to() -> None:
    ended = _run(None)
    assert (ended.returncode, ended.stderr) == (2, "SITEWRIGHT_GATEWAY_CONFIG must name the configuration file\n")


def test_the_configuration_is_the_one_that_the_plan_renders(tmp_path: Path, stub: StubTriton) -> None:
    site = loader.load(PROJECT_ROOT / "inventory" / "lab" / "site.yml")
    (tmp_path / "gateway.json").write_text(plan.configuration(site))
    (tmp_path / "keys.json").write_text(plan.keys({"lab": keys.make()[1]}))
    loaded = config.load(tmp_path / "gateway.json")
    assert list(loaded.models) == [card.name for card in site.models]
    assert loaded.request_timeout_seconds == site.gateway.request_timeout_seconds
    assert json.loads(plan.configuration(site))["keys_file"] == str(loaded.keys_file)
    assert [key.name for key in keys.load(tmp_path / "keys.json")] == ["lab"]
