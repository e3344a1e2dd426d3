"""What the module makes of the agent's answer, and of an agent that does not give one."""

from __future__ import annotations

import http.server
import json
import socketserver
import threading
import types
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.plugins.loading import load

ENDPOINTS: list[Any] = [
    {
        "id": 644,
        "status": {
            "external-identifiers": {"pod-name": "models/gateway-x", "k8s-pod-name": "gateway-x"},
            "networking": {"addressing": [{"ipv4": "10.244.1.207"}]},
        },
    },
    {"id": 1226, "status": {"external-identifiers": {}, "networking": {"addressing": [{}]}}},
    {"id": 7, "status": {"external-identifiers": {"pod-name": "models/new"}, "networking": {"addressing": []}}},
]
"""A pod, the host, and a pod that has no address yet; fields as Cilium 1.19 gives them, others left out."""


@pytest.fixture(scope="module")
def module() -> types.ModuleType:
    """Return the module as Ansible finds it: by its path."""
    return load("pod_addresses")


@pytest.fixture(params=[200, 500])
def agent(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[tuple[Path, int]]:
    """Give the socket of an agent that answers with a status."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            assert self.path == "/v1/endpoint"
            self.send_response(request.param)
            self.end_headers()
            self.wfile.write(json.dumps(ENDPOINTS).encode())

        def log_message(self, *_words: object) -> None:
            """Say nothing."""

    with socketserver.UnixStreamServer(str(tmp_path / "agent"), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield tmp_path / "agent", request.param
        server.shutdown()


def test_each_pod_with_an_address_is_a_line(module: types.ModuleType, agent: tuple[Path, int]) -> None:
    path, status = agent
    if status == http.HTTPStatus.OK:
        assert module.lines(module.ask(str(path))) == ["models/gateway-x 10.244.1.207"]
    else:
        with pytest.raises(ValueError, match="500"):
            module.ask(str(path))


def test_an_agent_that_is_not_there_is_an_error(module: types.ModuleType, tmp_path: Path) -> None:
    with pytest.raises(OSError, match="No such file"):
        module.ask(str(tmp_path / "nothing"))
