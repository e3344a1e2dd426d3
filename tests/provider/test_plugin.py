from __future__ import annotations

import os
import select
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from ops.spec import places

WAIT = 20
BIN = places.PROJECT_ROOT / "plugins" / "pulumi" / "bin"
PROGRAMS = ("pulumi-language-python", "pulumi-resource-kubernetes", "pulumi-resource-sitewright")


@pytest.fixture(params=PROGRAMS)
def plugin(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A plugin process, started as the engine does, from another directory."""
    with subprocess.Popen(
        [BIN / str(request.param), "127.0.0.1:1"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd=tmp_path,
        process_group=0,
    ) as process:
        yield process
        process.kill()


def port(process: subprocess.Popen[bytes]) -> int:
    assert process.stdout is not None
    return int(process.stdout.readline())


def test_it_says_its_port_first(plugin: subprocess.Popen[bytes]) -> None:
    assert 0 < port(plugin) < 65536


def test_it_ends_when_the_engine_is_gone(plugin: subprocess.Popen[bytes]) -> None:
    port(plugin)
    assert plugin.stdin is not None
    plugin.stdin.close()
    assert plugin.wait(WAIT) == 0


def test_it_is_quiet_about_ctrl_c(plugin: subprocess.Popen[bytes]) -> None:
    port(plugin)
    os.killpg(plugin.pid, signal.SIGINT)
    stdout, stderr = plugin.communicate(timeout=WAIT)
    assert (plugin.returncode, stdout, stderr) == (0, b"", b"")


def test_it_dies_with_an_engine_that_is_killed(tmp_path: Path) -> None:
    engine = (
        "import subprocess, sys, time\n"
        f"child = subprocess.Popen([{str(BIN / PROGRAMS[2])!r}, '127.0.0.1:1'], stdin=subprocess.PIPE,"
        " stdout=subprocess.PIPE, process_group=0)\n"
        "child.stdout.readline()\n"
        "print(child.pid, flush=True)\n"
        "time.sleep(60)\n"
    )
    with subprocess.Popen([sys.executable, "-c", engine], stdout=subprocess.PIPE, cwd=tmp_path) as process:
        assert process.stdout is not None
        child = int(process.stdout.readline())
        watched = os.pidfd_open(child)
        process.kill()
    assert select.select([watched], [], [], WAIT)[0], "the plugin still runs"
    os.close(watched)
