"""Send an HTTP request and leave its answer to the test: unread, half read, or never wanted."""

from __future__ import annotations

import json
import socket
import urllib.parse


def begin(url: str, body: object, **headers: str) -> socket.socket:
    """Send a POST of a JSON value over a connection of its own and return the connection."""
    parts = urllib.parse.urlsplit(url)
    content = json.dumps(body).encode()
    lines = [f"POST {parts.path} HTTP/1.1", f"Host: {parts.netloc}", "Connection: close"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    lines += [f"Content-Length: {len(content)}", "", ""]
    connection = socket.create_connection((parts.hostname, parts.port), timeout=60)
    connection.sendall("\r\n".join(lines).encode() + content)
    return connection
