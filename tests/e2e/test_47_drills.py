"""The safe drills on the running site: they pass, they see planted faults, and a killed one leaves nothing behind."""

from __future__ import annotations

import json
import random
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ops.adapters import process
from ops.spec import model
from tests.support import site as support

pytestmark = pytest.mark.e2e

_PACKS = "find /srv/sitewright/backup -path '*/data/*' -type f -printf '%s %p\\n' | sort -n | tail -1 | cut -d' ' -f2"

KILLED = (("model-restore", 25.0), ("control-plane-restore", 10.0))
"""Drills that are killed in turn, and the latest second of such a run at which they are."""


def drill(site: support.TestSite, name: str, expect: tuple[int, ...] = (0,)) -> Any:
    """Run a drill and return its document."""
    words: list[str | Path] = [support.SITEWRIGHT, "drill", "run", name, site.path, "--json"]
    return json.loads(process.run(words, timeout=600, expect=expect).stdout)


@pytest.fixture
def pack(backed_up: support.TestSite) -> Iterator[str]:
    """Give the path of the repository's biggest pack on the drill host, and put it back afterwards."""
    path = backed_up.ssh("infra1", "sh", "-c", _PACKS).stdout.strip()
    backed_up.ssh("infra1", "cp", "-a", path, "/root/pack")
    yield path
    backed_up.ssh("infra1", "sh", "-c", f"rm -f '{path}' && mv /root/pack '{path}'")


@pytest.mark.parametrize("turn", [0, 1, *(pytest.param(turn, marks=pytest.mark.soak) for turn in range(2, 10))])
def test_a_killed_drill_leaves_nothing_and_the_same_command_passes(backed_up: support.TestSite, turn: int) -> None:
    name, longest = KILLED[turn % len(KILLED)]
    moment = random.Random(support.SEED + turn).uniform(3.0, longest)  # noqa: S311 - a seeded moment, no secret
    words = ["/usr/lib/sitewright/bin/sitewright-recovery", "drill", name, "--json"]
    argv: list[str | Path] = [support.SITEWRIGHT, "ssh", "--site", backed_up.path, "infra1", "--", *words]
    with subprocess.Popen(argv, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as running:
        time.sleep(moment)
        found = backed_up.ssh("infra1", "cat", "/var/lib/sitewright/recovery/lock").stdout.strip()
        backed_up.ssh("infra1", "kill", "-9", found)
        running.send_signal(signal.SIGTERM)
    passed(drill(backed_up, name), name)
    assert left(backed_up) == ""


def passed(seen: Any, name: str) -> None:
    """Require that a drill passed, with all that its document and its evidence must say."""
    assert (seen["scenario"], seen["verdict"], seen["reasons"]) == (name, "pass", [])
    assert seen["measured"]["rto_s"] < seen["objective"]["rto_s"]
    assert seen["negative_control"]["observed"] == seen["negative_control"]["expected"] == "refused"
    assert [mark["moment"] for mark in seen["timeline"]] == ["t0", "t_restore_start", "t_data", "t_serve"]
    process.run([support.SITEWRIGHT, "evidence", "verify", seen["evidence_file"]], timeout=60)


def test_the_report_shows_both(backed_up: support.TestSite) -> None:
    words: list[str | Path] = [support.SITEWRIGHT, "drill", "report", backed_up.path, "--json"]
    told = {item["scenario"]: item for item in json.loads(process.run(words, timeout=120).stdout)["drills"]}
    assert told["model-restore"]["last"]["verdict"] == "pass"
    assert "last" not in told["control-plane-lost"]


@pytest.mark.parametrize(
    "fault",
    [
        "printf X | dd of='{}' bs=1 seek=1000 conv=notrunc",
        pytest.param("truncate -s 1000 '{}'", marks=pytest.mark.soak),
        pytest.param("rm '{}'", marks=pytest.mark.soak),
    ],
    ids=["flipped byte", "truncated pack", "missing pack"],
)
def test_a_planted_fault_fails_the_drill_and_is_named(backed_up: support.TestSite, pack: str, fault: str) -> None:
    assert backed_up.ssh("infra1", "sh", "-c", f"chmod u+w '{pack}'; {fault.format(pack)}").returncode == 0
    seen = drill(backed_up, "model-restore", expect=(4,))
    assert seen["verdict"] == "fail"
    assert "E-RESTIC-DAMAGED" in " ".join(seen["reasons"])
    assert left(backed_up) == ""


def test_a_wrong_password_fails_the_drill_and_is_named(backed_up: support.TestSite) -> None:
    keys = "/var/lib/sitewright/recovery/keys"
    backed_up.ssh("infra1", "sh", "-c", f"cp -a {keys}/restic-password /root/password; echo x >{keys}/restic-password")
    seen = drill(backed_up, "control-plane-restore", expect=(4,))
    backed_up.ssh("infra1", "mv", "/root/password", f"{keys}/restic-password")
    assert seen["verdict"] == "fail"
    assert "E-RESTIC-PASSWORD" in " ".join(seen["reasons"])


def left(site: support.TestSite) -> str:
    """Return what is there of any drill in the cluster, on the worker and on the drill host."""
    names = site.kubectl("get", "namespaces,persistentvolumes", "--output=name")
    worker = site.site.nodes_with(model.Role.WORKER)[-1].name
    places = site.ssh(worker, "sh", "-c", "ls /var/lib/sitewright/drills").stdout
    scratch = site.ssh("infra1", "sh", "-c", "ls /var/lib/sitewright/recovery/scratch").stdout
    return " ".join([*(line for line in names.split() if "/drill-" in line), *places.split(), *scratch.split()])
