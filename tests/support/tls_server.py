"""A TLS server on loopback that answers GET with recorded bodies."""

from __future__ import annotations

import contextlib
import dataclasses
import http.server
import ssl
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

from tests.support import certificates

Answer = Callable[[str, str], tuple[int, bytes]]
"""Given path and authorization header, return status and body."""


@dataclasses.dataclass(frozen=True)
class Server:
    """Where the server listens, and the CA that vouches for it."""

    url: str
    trust: Path


@contextlib.contextmanager
def serve(directory: Path, answer: Answer) -> Iterator[Server]:
    """Serve for the block; certificates are made in `directory`."""
    authority = certificates.authority(directory)
    certificate, key = certificates.server(directory, authority, "127.0.0.1")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            status, body = answer(self.path, self.headers.get("authorization", ""))
            self.send_response(status)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name in http.server
            """Keep the tests' output clean."""

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.socket = context.wrap_socket(server.socket, server_side=True)
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield Server(f"https://127.0.0.1:{server.server_port}", authority.certificate)
        finally:
            server.shutdown()
            thread.join()
