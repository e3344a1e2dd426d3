from __future__ import annotations

import importlib.util
import os
import socket
import subprocess
import types

import pytest

from ops.spec import places


def _module() -> types.ModuleType:
    """Return the module as Ansible finds it: by its path."""
    specification = importlib.util.spec_from_file_location(
        "ports_free", places.PROJECT_ROOT / "plugins" / "modules" / "ports_free.py"
    )
    assert specification is not None
    assert specification.loader is not None
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    return module


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
    assert _module().taken(SS, ports, owner) == expected


def test_a_real_listener_is_found() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        output = subprocess.run(["ss", "-Hltnp"], check=True, capture_output=True, text=True, timeout=20).stdout
        (found,) = _module().taken(output, [port], "nobody")
    assert found.startswith(f"port {port} is taken by ")
    assert found.endswith(f"(process {os.getpid()})")
