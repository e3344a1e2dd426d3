from __future__ import annotations

import os
import socket
import subprocess

import pytest

from tests.plugins.loading import load

SS = """\
LISTEN 0      4096         0.0.0.0:443        0.0.0.0:*    users:(("haproxy",pid=812,fd=7))
LISTEN 0      128             [::]:22            [::]:*    users:(("sshd",pid=1,fd=4),("systemd",pid=1,fd=33))
LISTEN 0      5          127.0.0.1:7443       0.0.0.0:*
ESTAB  0      0          127.0.0.1:9          127.0.0.1:10
"""


@pytest.mark.parametrize(
    ("ports", "owner", "expected"),
    [
        ([443], "haproxy", []),
        ([443], "nginx", ["port 443 is taken by haproxy (process 812)"]),
        ([22], "sshd", ["port 22 is taken by systemd (process 1)"]),
        ([7443], "haproxy", ["port 7443 is taken by unknown"]),
        ([9, 80], "haproxy", []),
    ],
)
def test_whoever_else_has_a_port_is_named(ports: list[int], owner: str, expected: list[str]) -> None:
    assert load("ports_free").taken(SS, ports, owner) == expected


def test_a_real_listener_is_found() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        output = subprocess.run(["ss", "-Hltnp"], check=True, capture_output=True, text=True, timeout=20).stdout
        (found,) = load("ports_free").taken(output, [port], "nobody")
    assert found.startswith(f"port {port} is taken by ")
    assert found.endswith(f"(process {os.getpid()})")
