from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from ops import errors
from ops.adapters import gateway
from tests.support import tls_server

_KEY = "sk-right"
_BODIES = {
    "/v1/models": (200, b'{"data": [{"id": "smollm2"}, {"id": "other"}]}'),
    "/page/models": (200, b"<html>"),
    "/shape/models": (200, b'{"data": [{"name": "smollm2"}]}'),
    "/down/models": (503, b"{}"),
}


def _answer(path: str, authorization: str) -> tuple[int, bytes]:
    return _BODIES[path] if authorization == f"Bearer {_KEY}" else (401, b"{}")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tls_server.Server]:
    """Serve the recorded answers."""
    with tls_server.serve(tmp_path_factory.mktemp("tls"), _answer) as running:
        yield running


def test_the_models_served_are_named(server: tls_server.Server) -> None:
    assert gateway.served_models(f"{server.url}/v1", server.trust, _KEY, timeout=5) == {"smollm2", "other"}


def test_a_refused_key_is_a_matter_of_credentials(server: tls_server.Server) -> None:
    with pytest.raises(errors.CredentialError):
        gateway.served_models(f"{server.url}/v1", server.trust, "sk-wrong", timeout=5)


@pytest.mark.parametrize("path", ["page", "shape", "down"])
def test_an_answer_of_another_shape_is_no_answer(path: str, server: tls_server.Server) -> None:
    with pytest.raises(errors.UnreachableError) as caught:
        gateway.served_models(f"{server.url}/{path}", server.trust, _KEY, timeout=5)
    assert len(str(caught.value).splitlines()) == 3


def test_a_certificate_of_another_authority_is_refused(server: tls_server.Server) -> None:
    with pytest.raises(errors.UnreachableError, match="certificate verify failed"):
        gateway.served_models(f"{server.url}/v1", Path("/etc/ssl/certs/ca-certificates.crt"), _KEY, timeout=5)


def test_nobody_listening_is_unreachable(server: tls_server.Server) -> None:
    with pytest.raises(errors.UnreachableError):
        gateway.served_models("https://127.0.0.1:1/v1", server.trust, _KEY, timeout=5)
