"""The readiness page over real TLS on loopback."""

from __future__ import annotations

import base64
import contextlib
import http.server
import json
import ssl
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from ops import errors
from ops.adapters import kubernetes
from tests.support import certificates


@contextlib.contextmanager
def server(directory: Path, status: int, address: str = "127.0.0.1") -> Iterator[str]:
    """Serve one answer to everything, and give a kubeconfig for it."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status if self.path == "/readyz" else 404)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    signer = certificates.authority(directory)
    certificate, key = certificates.server(directory, signer, address)
    found = http.server.HTTPServer(("127.0.0.1", 0), Handler)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    found.socket = context.wrap_socket(found.socket, server_side=True)
    thread = threading.Thread(target=found.serve_forever)
    thread.start()
    try:
        yield text(f"https://127.0.0.1:{found.server_port}", signer.certificate.read_bytes())
    finally:
        found.shutdown()
        thread.join()
        found.server_close()


def text(url: str, authority: bytes) -> str:
    data = base64.b64encode(authority).decode()
    return json.dumps({"clusters": [{"name": "c", "cluster": {"server": url, "certificate-authority-data": data}}]})


@pytest.mark.parametrize("status", [200, 401, 403])
def test_a_server_that_answers_is_ready_even_where_it_refuses_strangers(tmp_path: Path, status: int) -> None:
    with server(tmp_path, status) as kubeconfig:
        kubernetes.ready(kubeconfig)


def test_a_server_that_says_it_is_not_ready_is_not(tmp_path: Path) -> None:
    with server(tmp_path, 500) as kubeconfig, pytest.raises(errors.UnreachableError, match="not ready: 500"):
        kubernetes.ready(kubeconfig)


def test_a_server_with_another_authority_is_not_the_cluster(tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    with server(tmp_path, 200) as kubeconfig:
        url = json.loads(kubeconfig)["clusters"][0]["cluster"]["server"]
        stranger = text(url, certificates.authority(other).certificate.read_bytes())
        with pytest.raises(errors.UnreachableError, match="CERTIFICATE_VERIFY_FAILED"):
            kubernetes.ready(stranger)


def test_a_server_that_is_not_there_is_said(tmp_path: Path) -> None:
    nobody = text("https://127.0.0.1:1", certificates.authority(tmp_path).certificate.read_bytes())
    with pytest.raises(errors.UnreachableError, match="Connection refused") as caught:
        kubernetes.ready(nobody)
    assert caught.value.where == "https://127.0.0.1:1"
