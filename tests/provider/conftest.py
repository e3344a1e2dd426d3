from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support import apiserver


@pytest.fixture(scope="session")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[apiserver.ApiServer]:
    """A real API server whose pods get ready; tests share it and keep to namespaces of their own."""
    with apiserver.running(tmp_path_factory.mktemp("apiserver")) as server, apiserver.kubelet(server):
        yield server


@pytest.fixture
def namespace(api: apiserver.ApiServer, request: pytest.FixtureRequest) -> str:
    """A namespace of the test's own."""
    name = f"t-{abs(hash(request.node.nodeid)):x}"
    api.request("POST", "/api/v1/namespaces", {"metadata": {"name": name}})
    return name
