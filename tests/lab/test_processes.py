from __future__ import annotations

import os
import signal
import subprocess
from pathlib import Path

import pytest

from ops.lab import processes


def test_a_recorded_process_is_recalled_while_it_runs(tmp_path: Path) -> None:
    file = tmp_path / "pid"
    with subprocess.Popen(["sleep", "60"]) as sleeper:
        processes.record(file, sleeper.pid)
        recalled = processes.recall(file)
        assert recalled is not None
        assert recalled.pid == sleeper.pid
        processes.send(recalled, signal.SIGKILL)
    assert processes.recall(file) is None


@pytest.mark.parametrize("field", [1, 2])
def test_a_pid_that_is_used_again_is_another_process(tmp_path: Path, field: int) -> None:
    file = tmp_path / "pid"
    processes.record(file, os.getpid())
    words = file.read_text().split()
    words[field] = {1: "1", 2: "00000000-0000-0000-0000-000000000000"}[field]
    file.write_text(" ".join(words))
    assert processes.recall(file) is None


@pytest.mark.parametrize("text", ["", "12", "a b c", "1 2 3 4"])
def test_a_damaged_record_recalls_nobody(tmp_path: Path, text: str) -> None:
    file = tmp_path / "pid"
    file.write_text(text)
    assert processes.recall(file) is None


def test_a_zombie_is_no_process() -> None:
    with subprocess.Popen(["true"]) as ended:
        assert processes.wait(lambda: processes.identify(ended.pid) is None, 5)


def test_a_signal_to_a_process_of_another_start_reaches_nobody() -> None:
    with subprocess.Popen(["sleep", "60"]) as sleeper:
        found = processes.identify(sleeper.pid)
        assert found is not None
        processes.send(processes.Identity(found.pid, found.start - 1, found.boot), signal.SIGKILL)
        assert sleeper.poll() is None
        processes.kill([sleeper.pid])
        assert sleeper.wait() == -signal.SIGKILL


def test_whoever_works_in_a_directory_is_found(tmp_path: Path) -> None:
    with subprocess.Popen(["sleep", "60"], cwd=tmp_path) as sleeper:
        assert processes.at_work_in(tmp_path) == {sleeper.pid}
        sleeper.kill()
    assert processes.at_work_in(tmp_path / "missing") == frozenset()


def test_waiting_ends_when_its_time_is_over() -> None:
    assert not processes.wait(lambda: False, 0.05)
    assert processes.wait(lambda: True, 0)
