"""A rolling upgrade of containerd under load of eight clients that ask each question once: nothing is lost."""

from __future__ import annotations

import pytest

from tests.e2e_pair import maintenance
from tests.e2e_pair.maintenance import CLIENTS, NEW, NODES, OLD, whole
from tests.support import load as support_load
from tests.support import site as support

pytestmark = [pytest.mark.e2e, pytest.mark.soak]

DEPLOY = 4
FAULT = "/etc/systemd/system/containerd.service.d/50-test.conf"
REFUSE_NEW = "[Service]\nExecStartPre=/bin/sh -c '! /usr/bin/containerd --version | grep --quiet 2[.]2[.]1'\n"


def test_an_upgrade_under_load_loses_nothing(pair: support.TestSite) -> None:
    load = support_load.Load(pair.environment(), CLIENTS)
    with load.running():
        code, text = maintenance.run(pair, "runtime_upgrade", "-e", f"runtime_version={NEW}")
    assert code == 0, text
    assert maintenance.runtimes(pair) == dict.fromkeys(NODES, NEW)
    assert maintenance.cordoned(pair) == []
    assert "smollm2 on gpu1 says: " in text
    assert "smollm2 on gpu2 says: " in text
    whole(load)


def test_the_same_command_again_finds_nothing_to_do(pair: support.TestSite) -> None:
    code, text = maintenance.run(pair, "runtime_upgrade", "-e", f"runtime_version={NEW}")
    assert code == 0
    assert "0 of 3 nodes" in text


def test_two_kills_and_the_same_command_go_back_without_a_loss(pair: support.TestSite) -> None:
    maintenance.upgrade_killed_twice(pair, OLD)


def test_a_second_node_that_does_not_come_up_is_put_back(pair: support.TestSite) -> None:
    pair.ssh("gpu2", "sh", "-c", f'mkdir -p "$(dirname {FAULT})" && printf %s "$0" >{FAULT}', REFUSE_NEW)
    load = support_load.Load(pair.environment(), CLIENTS)
    words = ("-e", f"runtime_version={NEW}", "--limit", "gpu1,gpu2")
    try:
        with load.running():
            code, text = maintenance.run(pair, "runtime_upgrade", *words)
    finally:
        pair.ssh("gpu2", "rm", FAULT)
        pair.ssh("gpu2", "systemctl", "daemon-reload")
    assert code == DEPLOY
    assert "runtime_upgrade stopped at gpu2, step act" in text
    assert "gpu2 runs as before and is in service" in text
    assert maintenance.runtimes(pair) == {"cp1": OLD, "gpu1": NEW, "gpu2": OLD}
    assert maintenance.cordoned(pair) == []
    saved = maintenance.journal(pair).read_text()
    assert '"node": "gpu2"' in saved
    assert '"state": "restored"' in saved
    whole(load)
    assert maintenance.run(pair, "runtime_upgrade", *words)[0] == 0
    assert maintenance.runtimes(pair)["gpu2"] == NEW


def test_ten_kills_at_any_moment_lose_nothing(pair: support.TestSite) -> None:
    maintenance.upgrade_killed_often(pair, 10)
