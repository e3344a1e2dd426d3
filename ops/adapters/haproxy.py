"""The load balancer's admin socket, over ssh: take a server out of its turn, wait for its last request, put it back."""

from __future__ import annotations

import csv
import dataclasses
import shlex
from collections.abc import Sequence

from ops import errors
from ops.adapters import ssh

_BACKEND = "gateway"
"""The frontend has the same name, so that `show stat gateway` is about the frontend alone."""
_SERVERS = 4
"""Type of the rows that are about servers (management guide, 9.3)."""
_TALK = """
import socket, sys
with socket.socket(socket.AF_UNIX) as connection:
    connection.connect("/run/haproxy/admin.sock")
    connection.sendall(sys.argv[1].encode() + b"\\n")
    while block := connection.recv(65536):
        sys.stdout.write(block.decode())
"""
"""Program that says one line to the socket and prints the answer (HAProxy management guide, 9.3)."""
_SECONDS = 30.0


@dataclasses.dataclass(frozen=True)
class Server:
    """One server of the gateway's backend."""

    name: str
    status: str
    """'UP', 'DOWN', 'DRAIN' …, at times with more words."""
    sessions: int


def servers(target: str, options: Sequence[str]) -> tuple[Server, ...]:
    """Return the servers of the gateway's backend on one load balancer. Raise DeployError, UnreachableError."""
    found = read(_say(target, options, f"show stat -1 {_SERVERS} -1"))
    if not found:
        raise errors.DeployError(
            f"the load balancer has no backend {_BACKEND}",
            where=target,
            mend="bring its configuration back (playbooks/platform.yml), then run the same command again",
        )
    return found


def set_state(target: str, options: Sequence[str], server: str, state: str) -> None:
    """Put a server into 'drain' (no new requests, running ones end) or 'ready'. Raise DeployError, UnreachableError."""
    answer = _say(target, options, f"set server {_BACKEND}/{server} state {state}").strip()
    if answer:
        raise errors.DeployError(
            f"the load balancer does not put {server} into state {state}: {answer}",
            where=target,
            mend="look at `show stat` of its admin socket, then run the same command again",
        )


def read(text: str) -> tuple[Server, ...]:
    """Given HAProxy's CSV of servers, return those of the gateway's backend (management guide, 9.1)."""
    lines = [line for line in text.removeprefix("# ").splitlines() if line]
    rows = csv.DictReader(lines)
    return tuple(
        Server(row["svname"], row["status"], int(row["scur"] or 0)) for row in rows if row["pxname"] == _BACKEND
    )


def _say(target: str, options: Sequence[str], line: str) -> str:
    command = shlex.join(["sudo", "--non-interactive", "python3", "-c", _TALK, line])
    completed = ssh.run(target, options, command, timeout=_SECONDS)
    if completed.returncode != 0:
        raise errors.DeployError(
            f"the load balancer's admin socket does not answer: {completed.stderr.strip()[-300:]}",
            where=target,
            mend="check that haproxy.service runs there, then run the same command again",
        )
    return completed.stdout
