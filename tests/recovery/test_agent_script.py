"""The agent on a node: a few verbs for each role, and no way to anything else."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from ops.spec import places

AGENT = places.PROJECT_ROOT / "roles" / "recovery_agent" / "files" / "recovery-agent"

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="as another user the agent calls itself by sudo")


def agent(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, AGENT, *words], capture_output=True, text=True, timeout=60, check=False)


def test_a_worker_says_what_it_computes_on() -> None:
    ended = agent("worker", "machine")
    assert ended.returncode == 0, ended.stderr
    assert len(ended.stdout.splitlines()) == 1
    assert len(ended.stdout.split()) >= 3


@pytest.mark.parametrize(
    "words",
    [("worker", "snapshot"), ("control_plane", "machine"), ("worker", "sh", "-c", "id"), ("worker",), ("", "machine")],
)
def test_what_a_role_does_not_know_is_refused(words: tuple[str, ...]) -> None:
    ended = agent(*words)
    assert ended.returncode == 1
    assert ended.stdout == ""
    assert "this node knows the verbs" in ended.stderr


def test_further_words_are_refused() -> None:
    ended = agent("worker", "machine", "--help")
    assert ended.returncode == 1
    assert "takes no words" in ended.stderr
