"""Running a program that streams: small real programs in the place of restic."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

import pytest

from ops import errors
from ops.adapters import restic_lines, restic_process


def python(code: str) -> restic_process.Command:
    return restic_process.Command((sys.executable, "-c", code), {"PATH": os.environ["PATH"]})


def is_dead(pid: str) -> bool:
    """Whether a process is gone, or a zombie that its new parent has not reaped yet."""
    for _ in range(500):
        status = Path(f"/proc/{pid}/stat")
        if not status.exists() or status.read_text().split()[2] == "Z":
            return True
        time.sleep(0.01)
    return False


def test_both_streams_are_read_while_the_other_is_full() -> None:
    code = (
        "import sys\n"
        "for stream in (sys.stderr, sys.stdout, sys.stderr):\n"
        '    for n in range(5000): stream.write(\'{"message_type":"error","item":"%s"}\\n\' % (\'x\' * 100))\n'
        "    stream.flush()\n"
        'print(\'{"message_type":"summary","total_files":1}\')'
    )
    outcome = restic_process.run(python(code), timeout=60)
    assert outcome.error_count == 15_000
    assert outcome.summary is not None
    assert outcome.returncode == 0


def test_messages_arrive_while_the_program_runs(tmp_path: Path) -> None:
    door = tmp_path / "door"
    code = (
        "import os, time\n"
        'print(\'{"message_type":"status"}\', flush=True)\n'
        f"while not os.path.exists({str(door)!r}): time.sleep(0.01)"
    )
    outcome = restic_process.run(python(code), timeout=60, listen=lambda message: door.touch())
    assert outcome.returncode == 0
    assert not outcome.timed_out


def test_a_program_that_takes_too_long_may_clean_up_on_sigterm(tmp_path: Path) -> None:
    cleaned = tmp_path / "cleaned"
    code = (
        "import pathlib, signal, sys, time\n"
        f"signal.signal(signal.SIGTERM, lambda *a: (pathlib.Path({str(cleaned)!r}).touch(), print('x' * 200000), "
        "sys.exit(1)))\n"
        "print('ready', flush=True)\n"
        "time.sleep(600)"
    )
    outcome = restic_process.run(python(code), timeout=2)
    assert outcome.timed_out
    assert cleaned.exists()


def test_a_program_that_ignores_sigterm_is_killed_with_its_children(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(restic_process, "GRACE_SECONDS", 0.2)
    code = (
        "import os, signal, subprocess, sys, time\n"
        "signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
        "child = subprocess.Popen(['sleep', '600'])\n"
        "print(child.pid, flush=True)\n"
        "time.sleep(600)"
    )
    outcome = restic_process.run(python(code), timeout=2)
    assert outcome.timed_out
    assert outcome.returncode == -9
    assert is_dead(outcome.texts[0])


def test_a_child_that_keeps_the_pipe_open_does_not_hold_us() -> None:
    code = "import subprocess; subprocess.Popen(['sleep', '30'])"
    started = time.monotonic()
    outcome = restic_process.run(python(code), timeout=25)
    assert outcome.returncode == 0
    assert not outcome.timed_out
    assert time.monotonic() - started < 25


def test_what_the_listener_raises_ends_the_program_and_goes_on() -> None:
    code = 'import time\nprint(\'{"message_type":"status"}\', flush=True)\ntime.sleep(600)'

    def listen(message: restic_lines.Message) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        restic_process.run(python(code), timeout=60, listen=listen)


def test_a_document_has_a_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(restic_process, "DOCUMENT_LIMIT", 1000)
    with pytest.raises(errors.IntegrityError, match="more than 1000 bytes"):
        restic_process.run(python("print('x' * 2000)"), timeout=60, document=True)


def test_a_missing_program_is_named() -> None:
    with pytest.raises(errors.PrerequisiteError, match="cannot start /nonexistent/restic"):
        restic_process.run(restic_process.Command(("/nonexistent/restic",), {}), timeout=1)
