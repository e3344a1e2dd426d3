from __future__ import annotations

import subprocess
import sys
import textwrap
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from ops.bundle import guard
from ops.spec import places


@pytest.fixture
def holder(tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    """Another process that holds the lock until it is ended."""
    program = textwrap.dedent(f"""
        import pathlib, time
        from ops.bundle import guard
        with guard.hold(pathlib.Path({str(tmp_path)!r}), print):
            print("held", flush=True)
            time.sleep(600)
    """)
    process = subprocess.Popen(
        [sys.executable, "-c", program], cwd=places.PROJECT_ROOT, stdout=subprocess.PIPE, text=True
    )
    with process:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        yield process
        process.kill()


def test_a_second_build_says_who_holds_the_cache_and_goes_on_when_the_holder_is_killed(
    holder: subprocess.Popen[str], tmp_path: Path
) -> None:
    said: list[str] = []
    waiting = threading.Event()
    entered = threading.Event()

    def say(text: str) -> None:
        said.append(text)
        waiting.set()

    def enter() -> None:
        with guard.hold(tmp_path, say):
            entered.set()

    second = threading.Thread(target=enter)
    second.start()
    assert waiting.wait(30)
    assert not entered.is_set()
    holder.kill()
    second.join(30)
    assert entered.is_set()
    assert len(said) == 1
    assert f"process {holder.pid}" in said[0]


def test_a_free_cache_is_held_without_a_word(tmp_path: Path) -> None:
    said: list[str] = []
    for _ in range(2):
        with guard.hold(tmp_path, said.append):
            pass
    assert said == []
