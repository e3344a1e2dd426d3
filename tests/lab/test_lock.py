from __future__ import annotations

import os
import subprocess
import sys

import pytest

from ops import errors
from ops.lab import lock
from ops.spec import places


def _name() -> str:
    return f"t-{os.getpid()}"


def test_a_lock_that_is_held_is_refused_after_its_time() -> None:
    with (
        lock.hold(_name(), "cp1"),
        pytest.raises(errors.LockedError) as caught,
        lock.hold(_name(), "cp1", seconds=0.05),
    ):
        pytest.fail("it was held twice")
    assert f"sw-{_name()}.cp1" in caught.value.what


def test_labs_and_machines_are_locked_apart() -> None:
    with lock.hold(_name()), lock.hold(_name(), "cp1"), lock.hold(_name(), "cp2"), lock.hold_host():
        pass


def test_a_lock_is_free_again_after_its_holder() -> None:
    for _ in range(2):
        with lock.hold(_name(), seconds=0):
            pass


def test_a_killed_holder_lets_go() -> None:
    program = (
        "import sys, time\n"
        "from ops.lab import lock\n"
        "with lock.hold(sys.argv[1]):\n"
        "    print('held', flush=True)\n"
        "    time.sleep(60)\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", program, _name()], cwd=places.PROJECT_ROOT, stdout=subprocess.PIPE
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"held\n"
        with pytest.raises(errors.LockedError), lock.hold(_name(), seconds=0.05):
            pytest.fail("it was held twice")
        holder.kill()
    with lock.hold(_name(), seconds=5):
        pass


def test_a_child_that_inherits_the_lock_keeps_it() -> None:
    with lock.hold(_name()) as held:
        child = subprocess.Popen(["sleep", "60"], pass_fds=[held.fileno()])
    try:
        with pytest.raises(errors.LockedError), lock.hold(_name(), seconds=0.05):
            pytest.fail("it was held twice")
    finally:
        child.kill()
        child.wait()
