from __future__ import annotations

import contextlib
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from ops import errors
from ops.adapters import process
from ops.bundle import program
from ops.spec import places


def _failing_with(words: str) -> list[str]:
    return ["sh", "-c", f"echo '{words}' >&2; exit 3"]


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("write /x: no space left on device", errors.DiskFullError),
        ("dd: error writing: No space left on device", errors.DiskFullError),
        ("dial tcp: lookup proxy.example: no such host", errors.PrerequisiteError),
        ("Failed to establish a new connection: [Errno 111]", errors.PrerequisiteError),
        ("verifying module: checksum mismatch", errors.IntegrityError),
        ("THESE PACKAGES DO NOT MATCH THE HASHES FROM THE REQUIREMENTS FILE", errors.IntegrityError),
        ("syntax error", process.ProcessError),
    ],
)
def test_the_cause_of_a_failure_is_told_from_the_programs_last_words(
    words: str, expected: type[errors.SitewrightError]
) -> None:
    with pytest.raises(errors.SitewrightError) as caught:
        program.Runner().run(_failing_with(words))
    assert type(caught.value) is expected


def test_a_missing_program_is_a_missing_prerequisite() -> None:
    with pytest.raises(errors.PrerequisiteError, match="no program no-such-program"):
        program.Runner().run(["no-such-program"])


def test_a_program_gets_its_input_and_the_added_environment() -> None:
    output = program.Runner().run(["sh", "-c", 'cat; echo "$WORD"'], environment={"WORD": "added"}, stdin="given\n")
    assert output == "given\nadded\n"


def test_cancelling_ends_what_runs_and_refuses_what_comes() -> None:
    runner = program.Runner()
    caught: list[BaseException] = []

    def work() -> None:
        try:
            runner.run(["sleep", "600"])
        except program.Cancelled as error:
            caught.append(error)

    worker = threading.Thread(target=work)
    worker.start()
    while not runner.busy:
        time.sleep(0.01)
    runner.cancel()
    worker.join(30)
    assert len(caught) == 1
    with pytest.raises(program.Cancelled):
        runner.run(["true"])


_NAMESPACES = ("unshare", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc")


@pytest.mark.parametrize(
    "prefix", [pytest.param((), id="plain"), pytest.param(_NAMESPACES, id="namespaces", marks=pytest.mark.bundle)]
)
def test_a_killed_build_leaves_no_program_behind(prefix: tuple[str, ...], tmp_path: Path) -> None:
    # The time is the program's own, so that it is told from every other sleep of this machine.
    seconds = f"6{tmp_path.stat().st_ino}"
    argv = [*prefix, "sleep", seconds]
    script = f"from ops.bundle import program\nprogram.Runner().run({argv!r})"
    builder = subprocess.Popen([sys.executable, "-c", script], cwd=places.PROJECT_ROOT)
    with builder:
        _wait_until(lambda: _running(seconds))
        builder.send_signal(signal.SIGKILL)
    _wait_until(lambda: not _running(seconds))


def _running(seconds: str) -> bool:
    """Tell whether a `sleep` of that many seconds runs on this machine."""
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        with contextlib.suppress(OSError):
            if path.read_bytes().split(b"\0")[:2] == [b"sleep", seconds.encode()]:
                return True
    return False


def _wait_until(condition: Callable[[], bool]) -> None:
    for _ in range(1500):
        if condition():
            return
        time.sleep(0.02)
    pytest.fail("waited 30 s in vain")
