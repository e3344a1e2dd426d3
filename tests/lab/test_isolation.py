"""A machine reaches nothing beyond its lab; each claim is first shown to fail when a way is opened."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from ops.lab import names
from tests.support import lab as support
from tests.support import outside

pytestmark = pytest.mark.lab


@pytest.fixture
def world(standing: support.Lab) -> Iterator[outside.Outside]:
    made = outside.Outside(standing)
    try:
        made.build(["cp1", "gpu1"])
        with outside.answering(made.namespace, made.addresses):
            yield made
    finally:
        made.remove()


@pytest.mark.parametrize("node", ["cp1", "gpu1"])
def test_a_machine_reaches_no_outside_host_by_any_protocol(
    standing: support.Lab, world: outside.Outside, node: str
) -> None:
    with outside.opened(standing):
        assert all(outside.probe(standing, node, world.targets()).values()), "the probe must be able to reach it"
    reached = [target for target, answer in outside.probe(standing, node, world.targets()).items() if answer]
    assert reached == []


def test_a_machine_reaches_neither_the_host_nor_another_lab(standing: support.Lab, other_lab: support.Lab) -> None:
    other_lab.up("cp1")
    own, other = str(standing.subnet[1]), str(other_lab.subnet[1])
    host = outside.targets([own, other])
    with outside.answering(None, [own, other]):
        with outside.opened(standing, f"{other} dev {names.LEG}"):
            assert all(outside.probe(standing, "cp1", host).values()), "the probe must be able to reach it"
        wanted = [*host, ("tcp", str(other_lab.subnet[support.FIRST_ADDRESS]), 22)]
        reached = [target for target, answer in outside.probe(standing, "cp1", wanted).items() if answer]
    assert reached == []


def test_a_machine_is_told_of_each_refusal_instead_of_waiting(standing: support.Lab) -> None:
    script = (
        "import socket, sys\n"
        "link = socket.socket(socket.AF_INET, getattr(socket, sys.argv[1]))\n"
        "link.settimeout(20)\n"
        "try:\n"
        "    link.connect((sys.argv[2], 53))\n"
        "    link.send(b'x')\n"
        "    link.recv(9)\n"
        "except OSError as error:\n"
        "    print(error.strerror)\n"
    )
    for kind, address in [*[("SOCK_DGRAM", standing.subnet[1])] * 9, ("SOCK_STREAM", "198.19.255.254")]:
        assert standing.ssh("cp1", f"python3 - {kind} {address}", stdin=script).stdout == "No route to host\n"


def test_machines_of_one_lab_reach_each_other(standing: support.Lab) -> None:
    target: outside.Target = ("tcp", str(standing.subnet[support.FIRST_ADDRESS + 1]), 22)
    completed = standing.ssh(
        "cp1", f"python3 -c \"import socket; print(socket.create_connection(('{target[1]}', 22), 5).recv(4))\""
    )
    assert completed.stdout == "b'SSH-'\n"
