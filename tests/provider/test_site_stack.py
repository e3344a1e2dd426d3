"""The real Pulumi program and engine over hosts that are files, with a real API server as the site's cluster."""

from __future__ import annotations

import dataclasses
import json
import os
import shutil
import signal
import time
from pathlib import Path

import pytest
import yaml

from ops.adapters import pulumi, pulumi_recovery
from ops.spec import places
from tests.support import pulumi_project
from tests.support.apiserver import ApiServer
from tests.support.pulumi_project import Project

pytestmark = [pytest.mark.pulumi, pytest.mark.apiserver]

SPEC = """
schema_version: 1
name: test
lab: {}
nodes:
  - {name: infra1, roles: [infra]}
  - {name: cp1, roles: [control_plane]}
  - {name: cp2, roles: [control_plane]}
  - {name: cp3, roles: [control_plane]}
  - {name: gpu1, roles: [worker]}
  - {name: gpu2, roles: [worker]}
models: MODELS
"""
DIGEST = "sha256:" + "a" * 64
NODES = ("infra1", "cp1", "cp2", "cp3", "gpu1", "gpu2")


@dataclasses.dataclass(frozen=True)
class Site:
    """A project of the real program, and the files that are its hosts."""

    project: Project
    hosts: Path

    def log(self) -> list[str]:
        """Return what was done since the last call."""
        file = self.hosts / "log"
        lines = file.read_text().splitlines() if file.exists() else []
        file.unlink(missing_ok=True)
        return lines

    def flag(self, kind: str, node: str, text: str = "") -> Path:
        path = self.hosts / kind / node
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        return path

    def spec(self, before: str, after: str) -> None:
        """Change the spec."""
        path = Path(self.project.environment["SITEWRIGHT_SITE"])
        text = path.read_text()
        assert before in text
        path.write_text(text.replace(before, after))

    def await_log(self, line: str) -> None:
        deadline = time.monotonic() + 60
        while line not in ((self.hosts / "log").read_text() if (self.hosts / "log").exists() else ""):
            assert time.monotonic() < deadline, f"'{line}' did not happen"
            time.sleep(0.1)


@dataclasses.dataclass(frozen=True)
class Kept:
    """A site after its first update, its directory, and a copy of that."""

    site: Site
    directory: Path
    copy: Path


@pytest.fixture
def site(tmp_path: Path, api: ApiServer) -> Site:
    """Give a site of which there is only the spec."""
    return write(tmp_path, api)


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory, api: ApiServer) -> Kept:
    """Make a site once for all tests that begin with one."""
    directory = tmp_path_factory.mktemp("made") / "site"
    directory.mkdir()
    site = write(directory, api)
    site.project.up()
    site.log()
    return Kept(site, directory, shutil.copytree(directory, directory.with_name("copy"), symlinks=True))


@pytest.fixture
def made(kept: Kept) -> Site:
    """Give a site as its first update has left it."""
    shutil.rmtree(kept.directory)
    shutil.copytree(kept.copy, kept.directory, symlinks=True)
    return kept.site


def write(directory: Path, api: ApiServer) -> Site:
    """Write a project of the real program and files for its hosts."""
    lab = yaml.safe_load((places.PROJECT_ROOT / "inventory" / "lab" / "site.yml").read_text())
    spec = directory / "spec" / "site.yml"
    spec.parent.mkdir()
    spec.write_text(SPEC.replace("MODELS", json.dumps(lab["models"])))
    hosts = directory / "hosts"
    hosts.mkdir()
    (hosts / "kubeconfig").write_text(api.kubeconfig)
    plugin = directory / "plugin" / "pulumi-resource-sitewright"
    plugin.parent.mkdir()
    root = places.PROJECT_ROOT
    launcher = (pulumi_project.PLUGINS / plugin.name).read_text()
    assert "-m ops.provider.sitewright" in launcher
    fake = launcher.replace("-m ops.provider.sitewright", "-m tests.support.fake_site")
    plugin.write_text(fake.replace("root=$(", f"root={root} # $("))
    plugin.chmod(0o755)
    project = pulumi_project.make(directory, root / "stacks", {"sitewright": plugin.parent})
    variables = {"SITEWRIGHT_SITE": str(spec), "FAKE_SITE": str(hosts), "XDG_STATE_HOME": str(directory / "state")}
    write_release(directory / "state" / "sitewright" / "test", lab["models"][0]["name"])
    return Site(dataclasses.replace(project, environment=project.environment | variables), hosts)


def write_release(state: Path, model: str) -> None:
    state.mkdir(parents=True)
    names = ("triton", "gateway", f"models/{model}")
    images = {name: f"bundle.site.internal:8443/{name}@{DIGEST}" for name in names}
    release = {"schema_version": 1, "images": images, "key_hashes": {"lab": "0" * 64}, "releases": {"infra": "r1"}}
    (state / "release.json").write_text(json.dumps(release))


def order(lines: list[str], verb: str) -> list[str]:
    return [line.partition(" ")[2] for line in lines if line.startswith(f"{verb} ")]


def test_a_site_is_made_in_order_and_a_second_run_changes_nothing(site: Site) -> None:
    first = site.project.run("preview")
    assert "+ " in first
    assert site.log() == []
    site.project.up()
    lines = site.log()
    assert sorted(order(lines, "start")) == sorted(NODES)
    begun, ended = order(lines, "begin"), order(lines, "end")
    assert begun[0] == "infra1"
    assert [name for name in begun if name in {"cp1", "cp2", "cp3"}] == ["cp1", "cp2", "cp3"]
    for name in NODES:
        assert lines.index(f"end {name}") < lines.index(f"begin {name}-operations")
    assert lines.index("end infra1-operations") < lines.index("begin cp1-operations")
    for name in ("cp2", "gpu1", "gpu2"):
        assert lines.index("end cp1") < lines.index(f"begin {name}")
    assert lines.index("end cp2") < lines.index("begin cp3")
    assert len(ended) == 2 * 6
    assert order(lines, "stillborn") == []
    text = site.project.run("up", "--yes", "--expect-no-changes")
    assert "unchanged" in text
    assert site.log() == []
    outputs = json.loads(site.project.run("stack", "output", "--json"))
    assert outputs["gateway_url"].startswith("https://198.1")
    assert outputs["models"] == ["smollm2"]
    assert b"loopback-test-token" not in site.project.raw()


def test_changes_touch_only_the_nodes_that_they_are_about(made: Site) -> None:
    made.spec(
        "  - {name: gpu2, roles: [worker]}\n", "  - {name: gpu2, roles: [worker]}\n  - {name: gpu3, roles: [worker]}\n"
    )
    assert "Node gpu3 create" in made.project.run("preview")
    made.project.up()
    assert made.log() == [
        "start gpu3",
        *("begin gpu3", "end gpu3"),
        *("begin gpu3-operations", "end gpu3-operations"),
    ]
    (made.hosts / "running" / "gpu1").unlink()
    shown = made.project.run("preview", "--diff")
    assert "boot" in shown
    assert "1 => 2" in shown
    made.flag("matches", "gpu1")
    made.project.up()
    assert made.log() == ["start gpu1", "look gpu1"]
    (made.hosts / "running" / "gpu1").unlink()
    (made.hosts / "disks" / "gpu1").unlink()
    made.project.up()
    assert made.log() == [
        "start gpu1",
        *("begin gpu1", "end gpu1"),
        *("begin gpu1-operations", "end gpu1-operations"),
    ]
    made.spec("  - {name: gpu3, roles: [worker]}\n", "")
    made.project.up()
    assert made.log() == ["leave gpu3", "destroy gpu3"]
    made.project.up("--expect-no-changes")


def test_a_control_plane_does_not_go_from_a_cluster_that_stays(made: Site) -> None:
    made.spec("  - {name: cp2, roles: [control_plane]}\n  - {name: cp3, roles: [control_plane]}\n", "")
    text = made.project.up(expect=1)
    assert "is a control plane: without its part of etcd" in text
    assert "back into the spec" in text
    assert not {line for line in made.log() if line.startswith(("leave", "destroy"))}


def test_a_failed_node_is_told_and_alone_tried_again(site: Site) -> None:
    failing = site.flag("fails", "gpu2", "no space left")
    text = site.project.up(expect=1)
    assert "[E-DEPLOY]: task 'Install' failed on gpu2: no space left" in text
    assert "at roles/base/tasks/main.yml:12 on gpu2" in text
    assert "mend: put it right" in text
    failing.unlink()
    done = set(order(site.log(), "end"))
    site.project.up()
    again = set(order(site.log(), "begin"))
    assert "gpu2" in again
    assert "cp1" in done
    assert not again & done


def test_a_disruptive_change_is_refused_in_preview_and_update(made: Site) -> None:
    made.flag("disruptive", "gpu1")
    release = Path(made.project.environment["XDG_STATE_HOME"], "sitewright", "test", "release.json")
    release.write_text(release.read_text().replace('"infra": "r1"', '"worker": "r2"'))
    for words in (["preview"], ["up", "--yes", "--skip-preview"]):
        text = made.project.run(*words, expect=1)
        assert "would interrupt what runs on gpu1" in text
        assert "mend: run: ansible-playbook" in text
    assert "begin gpu1" not in made.log()


def test_what_a_playbook_has_done_is_recorded_as_no_change(made: Site) -> None:
    made.flag("matches", "gpu1")
    release = Path(made.project.environment["XDG_STATE_HOME"], "sitewright", "test", "release.json")
    release.write_text(release.read_text().replace('"infra": "r1"', '"infra": "r1", "worker": "r2"'))
    made.flag("matches", "gpu2")
    made.project.run("preview", "--expect-no-changes")
    assert sorted(made.log()) == ["look gpu1", "look gpu2"]
    made.project.up("--expect-no-changes")
    made.log()
    made.project.up("--expect-no-changes")
    assert made.log() == []


def test_refresh_reaches_every_host(made: Site) -> None:
    made.project.run("refresh", "--yes", "--skip-preview")
    assert sorted(made.log()) == sorted(2 * [f"reach {name}" for name in NODES])


def test_destroy_of_a_lab_asks_nothing_of_the_cluster(made: Site, api: ApiServer) -> None:
    kubeconfig = Path(made.project.environment["XDG_STATE_HOME"], "sitewright", "test", "kubeconfig")
    kubeconfig.write_text(api.kubeconfig.replace(api.url, "https://127.0.0.1:1"))
    made.project.run("destroy", "--yes", "--skip-preview")
    assert sorted(made.log()) == sorted(f"destroy {name}" for name in NODES)


def test_ctrl_c_ends_the_run_on_a_node_cleanly(site: Site) -> None:
    site.flag("slow", "cp1")
    with site.project.start("up", "--yes", "--skip-preview") as running:
        site.await_log("begin cp1")
        running.send_signal(signal.SIGINT)
        running.communicate(timeout=60)
    assert "cancelled cp1" in site.log()


def test_a_killed_run_ends_its_own_work_and_converges_when_it_is_run_again(site: Site) -> None:
    slow = site.flag("slow", "cp1")
    with site.project.start("up", "--yes", "--skip-preview") as running:
        site.await_log("begin cp1")
        os.kill(running.pid, signal.SIGKILL)
    site.await_log("cancelled cp1")
    slow.unlink()
    site.log()
    stack = pulumi.Stack("test", site.project.environment, site.project.directory)
    assert any("broke the lock" in line for line in pulumi_recovery.settle(stack, "trial"))
    site.project.up()
    assert [name for name in order(site.log(), "end") if name in {"cp1", "cp2", "cp3"}] == ["cp1", "cp2", "cp3"]
    site.project.up("--expect-no-changes")
