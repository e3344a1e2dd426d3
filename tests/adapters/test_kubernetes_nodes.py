from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from ops import errors
from ops.adapters import kubernetes_nodes
from tests.support import tls_server


def _node(name: str, ready: str | None) -> dict[str, object]:
    conditions = [{"type": "MemoryPressure", "status": "False"}]
    if ready is not None:
        conditions.append({"type": "Ready", "status": ready})
    return {"metadata": {"name": name}, "status": {"conditions": conditions}}


_NODES = {"items": [_node("cp1", "True"), _node("gpu1", "False"), _node("gpu2", "Unknown"), _node("gpu3", None)]}


def _answer(path: str, authorization: str) -> tuple[int, bytes]:
    if authorization != "Bearer right":
        return 401, b"{}"
    return (200, json.dumps(_NODES).encode()) if path == "/api/v1/nodes" else (404, b"{}")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tls_server.Server]:
    """Serve a list of nodes in the form of the Kubernetes API."""
    with tls_server.serve(tmp_path_factory.mktemp("tls"), _answer) as running:
        yield running


def _kubeconfig(directory: Path, url: str, trust: Path, token: str) -> Path:
    content = {
        "current-context": "site",
        "contexts": [{"name": "site", "context": {"cluster": "site", "user": "me"}}],
        "clusters": [{"name": "site", "cluster": {"server": url, "certificate-authority": str(trust)}}],
        "users": [{"name": "me", "user": {"token": token}}],
    }
    path = directory / "kubeconfig"
    path.write_text(yaml.safe_dump(content))
    return path


def test_a_node_is_ready_when_kubernetes_says_true_and_only_then(server: tls_server.Server, tmp_path: Path) -> None:
    path = _kubeconfig(tmp_path, server.url, server.trust, "right")
    found = kubernetes_nodes.readiness(path, timeout=5)
    assert found == {"cp1": True, "gpu1": False, "gpu2": False, "gpu3": False}


def test_a_refusal_and_silence_are_told(server: tls_server.Server, tmp_path: Path) -> None:
    with pytest.raises(errors.UnreachableError, match="401"):
        kubernetes_nodes.readiness(_kubeconfig(tmp_path, server.url, server.trust, "wrong"), timeout=5)
    with pytest.raises(errors.UnreachableError):
        kubernetes_nodes.readiness(_kubeconfig(tmp_path, "https://127.0.0.1:1", server.trust, "right"), timeout=5)


@pytest.mark.parametrize("text", ["", "[]", "a: [", "clusters: 5"])
def test_a_broken_kubeconfig_is_a_matter_of_credentials(text: str, tmp_path: Path) -> None:
    (tmp_path / "kubeconfig").write_text(text)
    with pytest.raises(errors.CredentialError):
        kubernetes_nodes.readiness(tmp_path / "kubeconfig", timeout=5)
