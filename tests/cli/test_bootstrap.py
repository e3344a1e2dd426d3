"""Set-up of a checkout: two at once do not tear down each other's work."""

from __future__ import annotations

import subprocess
import sys
import threading
from pathlib import Path

import pytest

from ops.cli import bootstrap
from ops.spec import places

HOLD = """
import sys, time
from pathlib import Path
from ops.cli import bootstrap
with bootstrap.alone(Path(sys.argv[1])):
    bootstrap.run(["sh", "-c", "echo held >&2; sleep 2; touch \\"$0/done\\"", sys.argv[1]], 60)
"""


def test_a_second_set_up_waits_for_the_first_and_when_that_is_killed_for_what_it_had_started(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    entered = threading.Event()

    def enter() -> None:
        with bootstrap.alone(tmp_path):
            entered.set()

    argv = [sys.executable, "-c", HOLD, str(tmp_path)]
    with subprocess.Popen(argv, cwd=places.PROJECT_ROOT, stderr=subprocess.PIPE, text=True) as first:
        assert first.stderr is not None
        assert first.stderr.readline() == "held\n"
        second = threading.Thread(target=enter)
        second.start()
        assert not entered.wait(0.3)
        first.kill()
    second.join(timeout=20)
    assert entered.is_set()
    assert (tmp_path / "done").exists()
    assert "waiting for it" in capsys.readouterr().err


def test_a_checkout_that_nobody_sets_up_is_entered_at_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with bootstrap.alone(tmp_path), bootstrap.alone(places.PROJECT_ROOT / "docs"):
        pass
    assert capsys.readouterr().err == ""
