from __future__ import annotations

import datetime

from ops.adapters import packages
from ops.nodes import acts, plan
from ops.nodes.acts import Step
from ops.nodes.journal import Entry, Journal, Package, Record, State
from tests.nodes.facts import cluster, pair, pods

NOW = datetime.datetime(2026, 11, 24, tzinfo=datetime.UTC)

HOST = """== boot
1f0c
== installed
hi containerd.io 2.2.0-1
ii libc6 2.41-12
rc gone 1.0
== offered
containerd.io | 2.2.1-1 | https://bundle.site.internal:8443/apt trixie/main amd64 Packages
containerd.io | 2.2.0-1 | https://bundle.site.internal:8443/apt trixie/main amd64 Packages
== upgrades
Inst libc6 [2.41-12] (2.41-13 sitewright:trixie [amd64])
Inst new-thing (1.0 sitewright:trixie [amd64])
Conf libc6 (2.41-13 sitewright:trixie [amd64])
"""


def test_what_a_node_says_of_its_packages_is_read() -> None:
    found = packages.read(HOST)
    assert found.boot == "1f0c"
    assert found.installed == {"containerd.io": "2.2.0-1", "libc6": "2.41-12"}
    assert found.offered == {"containerd.io": ("2.2.1-1", "2.2.0-1")}
    assert found.upgrades == (packages.Upgrade("libc6", "2.41-12", "2.41-13"),)


def test_the_version_is_the_specs_unless_one_is_asked_for() -> None:
    assert plan.target(acts.RUNTIME_UPGRADE, pair(), "") == "2.2.0-1"
    assert plan.target(acts.RUNTIME_UPGRADE, pair(), "2.2.1") == "2.2.1-1"
    assert plan.target(acts.RUNTIME_UPGRADE, pair(), "2.2.1-2") == "2.2.1-2"
    assert plan.target(acts.REBOOT, pair(), "") == ""


def test_a_version_that_the_repository_lacks_is_refused_and_those_it_has_are_named() -> None:
    found = {"gpu1": packages.read(HOST)}
    refused = plan.refuse_version(acts.RUNTIME_UPGRADE, "9.9.9-1", found)
    assert [error.what for error in refused] == ["the site's repository has no containerd.io 9.9.9-1"]
    assert "2.2.1-1, 2.2.0-1" in refused[0].mend
    assert plan.refuse_version(acts.RUNTIME_UPGRADE, "2.2.1-1", found) == []


def test_a_node_that_is_as_wanted_has_nothing_to_do() -> None:
    host = packages.read(HOST)
    assert plan.entry(acts.RUNTIME_UPGRADE, "2.2.0-1", "gpu1", host, ()).state is State.DONE
    upgrade = plan.entry(acts.RUNTIME_UPGRADE, "2.2.1-1", "gpu1", host, ["smollm2"])
    assert upgrade.packages == (Package(name="containerd.io", before="2.2.0-1", after="2.2.1-1"),)
    assert upgrade.state is State.WAITING
    patch = plan.entry(acts.OS_PATCH, "", "gpu1", host, ())
    assert [item.name for item in patch.packages] == ["libc6"]
    assert plan.entry(acts.REBOOT, "", "gpu1", host, ()).state is State.WAITING


def test_the_plan_says_what_changes_restarts_and_moves_and_how_long() -> None:
    host = packages.read(HOST)
    entry = plan.entry(acts.RUNTIME_UPGRADE, "2.2.1-1", "gpu1", host, ["smollm2"])
    idle = plan.entry(acts.RUNTIME_UPGRADE, "2.2.0-1", "gpu2", host, ["smollm2"])
    parts = [plan.planned(acts.RUNTIME_UPGRADE, item, cluster(), pods(), ()) for item in (entry, idle)]
    assert plan.render(acts.RUNTIME_UPGRADE, parts).splitlines() == [
        "plan: runtime_upgrade moves containerd to another version, 1 of 2 nodes, one at a time",
        "  gpu1: containerd.io 2.2.0-1 => 2.2.1-1; restarts containerd.service",
        "    moves models/g1 -> gpu2",
        "    moves models/t1 -> gpu2",
        "    about 100 s",
        "  gpu2: matches already",
    ]


def test_a_run_that_was_timed_says_how_long_the_next_one_takes() -> None:
    record = Record(step=Step.ACT, ended=NOW, seconds=42)
    done = Entry(node="gpu1", state=State.DONE, done=(record,))
    history = [
        Journal(site="lab", act=name, target="", command="", started=NOW, entries=(done,))
        for name in ("runtime_upgrade", "reboot")
    ]
    entry = plan.entry(acts.REBOOT, "", "gpu1", packages.read(HOST), ())
    assert plan.planned(acts.REBOOT, entry, cluster(), pods(), history).seconds == 42


def test_a_node_answers_for_the_models_that_it_served() -> None:
    assert plan.models_on(pair(), "gpu1", pods()) == ("smollm2",)
    assert plan.models_on(pair(), "gpu3", ()) == ("smollm2",)
