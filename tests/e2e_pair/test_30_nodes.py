"""Nodes taken out, put back and restarted while clients ask; and Pulumi finds what a playbook did as it should be."""

from __future__ import annotations

import pytest
import yaml

from tests.e2e_pair import maintenance
from tests.e2e_pair.maintenance import CLIENTS, NEW, NODES, whole
from tests.support import load as support_load
from tests.support import site as support

pytestmark = [pytest.mark.e2e, pytest.mark.soak]


def boot(pair: support.TestSite, node: str) -> str:
    """Return which boot a machine is in."""
    return pair.ssh(node, "cat", "/proc/sys/kernel/random/boot_id").stdout.strip()


def test_a_node_that_is_drained_stays_out_until_it_is_put_back(pair: support.TestSite) -> None:
    load = support_load.Load(pair.environment(), CLIENTS)
    with load.running():
        code, text = maintenance.run(pair, "drain", "--limit", "gpu2")
        assert code == 0, text
        assert maintenance.cordoned(pair) == ["gpu2"]
        code, text = maintenance.run(pair, "uncordon", "--limit", "gpu2")
    assert code == 0, text
    assert maintenance.cordoned(pair) == []
    whole(load)


def test_machines_are_started_again_one_after_the_other(pair: support.TestSite) -> None:
    before = {name: boot(pair, name) for name in ("gpu1", "gpu2")}
    load = support_load.Load(pair.environment(), CLIENTS)
    with load.running():
        code, text = maintenance.run(pair, "reboot", "--limit", "gpu1,gpu2")
    assert code == 0, text
    assert maintenance.cordoned(pair) == []
    assert all(boot(pair, name) != old for name, old in before.items())
    whole(load)


def test_after_an_upgrade_by_the_spec_pulumi_shows_no_change(pair: support.TestSite) -> None:
    content = yaml.safe_load(pair.path.read_text())
    content["versions"] = {"containerd": NEW}
    pair.path.write_text(yaml.safe_dump(content, sort_keys=False))
    code, text = maintenance.run(pair, "runtime_upgrade")
    assert code == 0, text
    assert maintenance.runtimes(pair) == dict.fromkeys(NODES, NEW)
    pair.pulumi("preview", "--expect-no-changes")
