"""Plain ansible-playbook, as an operator types it, on the site of the tests."""

from __future__ import annotations

import itertools
import json
import os
import random
import signal
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ops.spec import places
from tests.support import load as load_support
from tests.support import site as support

ANSIBLE = places.PROJECT_ROOT / ".venv" / "bin" / "ansible-playbook"
OLD, NEW = "2.2.0", "2.2.1"
SECONDS = 1800
CLIENTS = 8
NODES = ("cp1", "gpu1", "gpu2")
KILL_SECONDS = (5.0, 60.0)
"""The first and the latest second of a run at which one of many kills comes."""
MOMENTS = (
    "gpu1 is cordoned",
    "evicted models/",
    "Install that version of containerd",
    "Restart the service",
    "asking a pod of smollm2 on",
    "is in service",
)
"""What an upgrade says at the steps at which a run may be killed."""


def argv(pair: support.TestSite, playbook: str, *words: str) -> list[str | Path]:
    """Return the command that runs a playbook on the site."""
    return [ANSIBLE, "-i", pair.path, f"playbooks/{playbook}.yml", *words]


def start(pair: support.TestSite, playbook: str, *words: str) -> subprocess.Popen[str]:
    """Start a playbook in a process group of its own."""
    return subprocess.Popen(
        argv(pair, playbook, *words),
        env=pair.environment(),
        cwd=places.PROJECT_ROOT,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )


def run(pair: support.TestSite, playbook: str, *words: str) -> tuple[int, str]:
    """Run a playbook to its end; return exit code and output."""
    running = start(pair, playbook, *words)
    text, _ = running.communicate(timeout=SECONDS)
    return running.returncode, text


def run_killed(pair: support.TestSite, moment: str, playbook: str, *words: str) -> str:
    """Start a playbook and kill -9 it when it prints `moment`; return what it had printed."""
    running = start(pair, playbook, *words)
    assert running.stdout is not None
    lines = []
    for line in running.stdout:
        lines.append(line)
        if moment in line:
            break
    else:
        raise AssertionError(f"the run ended before '{moment}':\n{''.join(lines)}")
    end(running)
    return "".join(lines)


def end(running: subprocess.Popen[str]) -> None:
    """Kill a run without warning, and read no more of what its children say."""
    os.kill(running.pid, signal.SIGKILL)
    if running.stdout is not None:
        running.stdout.close()
    running.wait()


def upgrade_killed_twice(
    pair: support.TestSite,
    version: str,
    clients: int = CLIENTS,
    *,
    pause: float = 0.0,
    names: Sequence[str] = NODES,
) -> None:
    """Move nodes to a version of containerd under load, killed at two seeded steps; nothing may be lost."""
    load = load_support.Load(pair.environment(), clients, pause=pause)
    words = ("-e", f"runtime_version={version}", "--limit", ",".join(names))
    killed_twice(pair, load, MOMENTS, "runtime_upgrade", *words)
    seen = runtimes(pair)
    assert {name: seen[name] for name in names} == dict.fromkeys(names, version)


def killed_twice(
    pair: support.TestSite, load: load_support.Load, moments: Sequence[str], playbook: str, *words: str
) -> None:
    """Run a playbook under load, killed at two seeded moments, then to its end: nothing is lost."""
    chosen = sorted(random.Random(support.SEED).sample(range(len(moments)), 2))  # noqa: S311 - moments of kills, nothing secret
    with load.running():
        for number in chosen:
            run_killed(pair, moments[number], playbook, *words)
            assert journal(pair).exists()
        code, text = run(pair, playbook, *words)
    assert code == 0, text
    assert cordoned(pair) == []
    assert not journal(pair).exists()
    whole(load)


def upgrade_killed_often(pair: support.TestSite, times: int) -> None:
    """Move all nodes to and fro under load, killed so often at seeded seconds, then to the end: no loss."""
    moments = random.Random(support.SEED)  # noqa: S311 - moments of kills, nothing secret
    versions = itertools.cycle((NEW, OLD))
    version, killed = next(versions), 0
    load = load_support.Load(pair.environment(), CLIENTS)
    with load.running():
        while killed < times:
            running = start(pair, "runtime_upgrade", "-e", f"runtime_version={version}")
            try:
                text, _ = running.communicate(timeout=moments.uniform(*KILL_SECONDS))
            except subprocess.TimeoutExpired:
                end(running)
                killed += 1
            else:
                assert running.returncode == 0, text
                version = next(versions)
        code, text = run(pair, "runtime_upgrade", "-e", f"runtime_version={version}")
    assert code == 0, text
    assert runtimes(pair) == dict.fromkeys(NODES, version)
    assert cordoned(pair) == []
    assert not journal(pair).exists()
    whole(load)


def runtimes(pair: support.TestSite) -> dict[str, str]:
    """Return the version of containerd that each node runs, as its kubelet says."""
    return {
        str(node["metadata"]["name"]): node["status"]["nodeInfo"]["containerRuntimeVersion"].removeprefix(
            "containerd://"
        )
        for node in nodes(pair)
    }


def cordoned(pair: support.TestSite) -> list[str]:
    """Return the nodes that take no pods."""
    return [str(node["metadata"]["name"]) for node in nodes(pair) if node["spec"].get("unschedulable")]


def nodes(pair: support.TestSite) -> list[dict[str, Any]]:
    """Return the cluster's nodes."""
    items: list[dict[str, Any]] = json.loads(pair.kubectl("get", "nodes", "--output", "json"))["items"]
    return items


def journal(pair: support.TestSite) -> Path:
    """Return where the journal of an unfinished maintenance lies."""
    return pair.state / "maintenance" / "journal.json"


def whole(load: load_support.Load) -> None:
    """Fail with the requests that were lost."""
    assert load.outcomes
    if load.lost:
        told = "\n".join(map(str, load.lost))
        raise AssertionError(f"{len(load.lost)} of {len(load.outcomes)} requests were lost:\n{told}")
    assert {outcome.finish_reason for outcome in load.outcomes} <= {"stop", "length"}
