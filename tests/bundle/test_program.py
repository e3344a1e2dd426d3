from __future__ import annotations

import signal
import subprocess
import sys
import textwrap
import threading
import time
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


def test_a_killed_build_leaves_no_program_behind(tmp_path: Path) -> None:
    note = tmp_path / "pid"
    script = textwrap.dedent(f"""
        from ops.bundle import program
        program.Runner().run(["sh", "-c", "echo $$ > {note}; exec sleep 600"])
    """)
    builder = subprocess.Popen([sys.executable, "-c", script], cwd=places.PROJECT_ROOT)
    with builder:
        while not note.exists() or not note.read_text().strip():
            time.sleep(0.02)
        builder.send_signal(signal.SIGKILL)
    child = Path("/proc", note.read_text().strip(), "stat")
    for _ in range(500):
        if not child.exists() or child.read_text().rpartition(")")[2].split()[0] == "Z":
            return
        time.sleep(0.02)
    pytest.fail("the program outlived its build")
