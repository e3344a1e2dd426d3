from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from ops import errors
from ops.adapters import site_lock
from ops.spec import places

HOLD = """
import sys
from pathlib import Path
from ops import errors
from ops.adapters import site_lock
try:
    with site_lock.hold(Path(sys.argv[1])):
        sys.stdout.write("held\\n")
        sys.stdout.flush()
        sys.stdin.readline()
except errors.LockedError as error:
    sys.exit(error.exit_code)
"""


def start(state: Path, *, token: str | None) -> subprocess.Popen[str]:
    environment = {key: value for key, value in os.environ.items() if key != site_lock.TOKEN_VARIABLE}
    if token is not None:
        environment[site_lock.TOKEN_VARIABLE] = token
    return subprocess.Popen(
        [sys.executable, "-c", HOLD, str(state)],
        env=environment,
        cwd=places.PROJECT_ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def ended(process: subprocess.Popen[str]) -> int:
    process.communicate("\n", timeout=30)
    return process.returncode


def test_a_run_that_is_no_part_of_the_holder_is_refused_and_told_who_holds(tmp_path: Path) -> None:
    holder = start(tmp_path, token=None)
    assert holder.stdout is not None
    assert holder.stdout.readline() == "held\n"
    with pytest.raises(errors.LockedError, match=rf"process {holder.pid}\)"), site_lock.hold(tmp_path):
        pass
    assert ended(holder) == 0
    with site_lock.hold(tmp_path):
        pass


def test_a_program_that_the_holder_starts_joins_its_lock(tmp_path: Path) -> None:
    with site_lock.hold(tmp_path):
        assert ended(start(tmp_path, token=os.environ[site_lock.TOKEN_VARIABLE])) == 0
        assert ended(start(tmp_path, token=None)) == errors.LockedError.exit_code
        assert ended(start(tmp_path, token="of another run")) == errors.LockedError.exit_code
    assert site_lock.TOKEN_VARIABLE not in os.environ


def test_a_lock_is_held_until_its_last_user_in_the_process_ends(tmp_path: Path) -> None:
    with site_lock.hold(tmp_path):
        with site_lock.hold(tmp_path):
            pass
        assert ended(start(tmp_path, token=None)) == errors.LockedError.exit_code
    assert ended(start(tmp_path, token=None)) == 0


def test_a_forked_child_does_not_keep_the_lock(tmp_path: Path) -> None:
    reader, writer = os.pipe()
    with site_lock.hold(tmp_path):
        child = os.fork()
        if child == 0:
            os.close(writer)
            os.read(reader, 1)
            os._exit(0)
    assert ended(start(tmp_path, token=None)) == 0
    os.close(writer)
    assert os.waitpid(child, 0)[1] == 0
    os.close(reader)
