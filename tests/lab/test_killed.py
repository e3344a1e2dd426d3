"""Runs that were killed: the same call converges, and destroying clears what is left."""

from __future__ import annotations

import contextlib
import random
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from ops.lab import groups, layout, machine, names, namespaces, processes, spec
from ops.lab import lab as labs
from ops.spec import places
from tests.support import footprint
from tests.support import lab as support

pytestmark = pytest.mark.lab

_CREATE = """
import pathlib, sys
from ops.lab import machine, spec
wanted = spec.read(pathlib.Path(sys.argv[1]))
machine.create(wanted, pathlib.Path(sys.argv[2]))
machine.start(wanted.lab, wanted.name)
"""
_DESTROY = "import sys\nfrom ops.lab import lab\nlab.destroy(sys.argv[1])\n"
_LONGEST = 120.0
"""Seconds in which every moment of a creation has passed, however busy the machine is."""


def _draft(lab: support.Lab) -> bool:
    return (layout.of_machine(lab.name, "cp1").draft / "usr/bin").exists()


def _host_key(lab: support.Lab) -> bool:
    return layout.of_machine(lab.name, "cp1").host_key.exists()


def _root(lab: support.Lab) -> bool:
    return layout.of_machine(lab.name, "cp1").root.exists()


def _link(lab: support.Lab) -> bool:
    return names.link(lab.name) in namespaces.links(None)


def _namespace(lab: support.Lab) -> bool:
    return namespaces.present(names.namespace(lab.name, "cp1"))


def _group(lab: support.Lab) -> bool:
    return bool(groups.of_machine(lab.name, "cp1"))


def _boot(lab: support.Lab) -> bool:
    console = layout.of_machine(lab.name, "cp1").console
    return console.exists() and "Welcome to" in console.read_text(errors="replace")


@pytest.mark.parametrize(
    "moment",
    [
        _draft,
        _namespace,
        _group,
        *(pytest.param(moment, marks=pytest.mark.soak) for moment in (_host_key, _root, _link, _boot)),
    ],
)
def test_a_creation_killed_at_a_step_converges(lab: support.Lab, moment: Callable[[support.Lab], bool]) -> None:
    with _running(lab, _CREATE) as run:
        assert processes.wait(lambda: moment(lab), _LONGEST, poll=0.005)
        run.kill()
    _converges(lab)


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(8))
def test_a_creation_killed_at_a_random_time_converges(lab: support.Lab, seed: int) -> None:
    with _running(lab, _CREATE) as run:
        time.sleep(random.Random(seed).uniform(0.2, 5))  # noqa: S311 - a repeatable time, no secret
        run.kill()
    _converges(lab)


def test_a_destruction_that_was_killed_is_finished_by_the_next(lab: support.Lab) -> None:
    before = footprint.take(lab.name)
    lab.up("cp1")
    directory = layout.of_machine(lab.name, "cp1")
    with _running(lab, _DESTROY) as run:
        assert processes.wait(directory.draft.exists, _LONGEST, poll=0.005)
        run.kill()
    assert machine.status(lab.name, "cp1") is spec.Status.BROKEN
    labs.destroy(lab.name)
    assert footprint.take(lab.name) - before == set()


@contextlib.contextmanager
def _running(lab: support.Lab, program: str) -> Iterator[subprocess.Popen[bytes]]:
    """Run a program on the lab's machine in another process, killed in the end at the latest."""
    wanted = lab.key.with_name("wanted.json")
    wanted.write_text(lab.machine("cp1").dump())
    arguments = [str(wanted), str(support.base("trixie"))] if program is _CREATE else [lab.name]
    with subprocess.Popen([sys.executable, "-c", program, *arguments], cwd=places.PROJECT_ROOT) as run:
        try:
            yield run
        finally:
            run.kill()


def _converges(lab: support.Lab) -> None:
    """The same calls again lead to one whole machine."""
    lab.up("cp1")
    assert machine.status(lab.name, "cp1") is spec.Status.RUNNING
    assert lab.ssh("cp1", "systemctl is-system-running --wait").stdout == "running\n"
    comms = [_comm(pid) for pid in groups.members(groups.of_machine(lab.name, "cp1"))]
    assert comms.count("systemd-nspawn") == 1
    assert not layout.of_machine(lab.name, "cp1").draft.exists()


def _comm(pid: int) -> str:
    """Return the name of a process's program; nothing for one that has ended meanwhile."""
    try:
        return Path(f"/proc/{pid}/comm").read_text().strip()
    except (FileNotFoundError, ProcessLookupError):
        return ""
