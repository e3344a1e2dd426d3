"""A bare lab machine that sees nothing but the site's apt repository can install what the roles install."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from ops.bundle import build, lock, sign

pytestmark = pytest.mark.bundle

_OWN = ("kubeadm", "kubelet", "kubectl", "containerd.io=2.2.0-1", "kubernetes-cni", "sitewright-etcd-tools")


@pytest.fixture(scope="module", params=lock.SUITES)
def suite(request: pytest.FixtureRequest) -> lock.Suite:
    found: lock.Suite = request.param
    return found


@pytest.fixture(scope="module")
def machine(suite: lock.Suite, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The root of a machine with the signed repository as its only source."""
    bundle = build.build([f"machine-{suite}", "apt"])
    place = tmp_path_factory.mktemp(suite)
    sign.make_key(place / "gnupg")
    sign.sign(bundle.path("apt"), place / "gnupg", place / "signed")
    root = place / "root"
    root.mkdir()
    archive = bundle.path(f"machine-{suite}") / "root.tar"
    subprocess.run(["tar", "--extract", "--file", archive, "--directory", root], check=True)
    shutil.copytree(bundle.path("apt") / "dists", root / "srv" / "dists")
    shutil.copytree(place / "signed" / "dists", root / "srv" / "dists", dirs_exist_ok=True)
    (root / "srv" / "pool").mkdir()
    shutil.copy(place / "signed" / sign.KEYRING, root / "srv" / sign.KEYRING)
    source = f"deb [signed-by=/srv/{sign.KEYRING}] copy:/srv {suite} main\n"
    (root / "etc" / "apt" / "sources.list").write_text(source)
    return root


def _inside(machine: Path, command: str) -> subprocess.CompletedProcess[str]:
    """Run a shell command in the machine's root, with the repository's packages mounted for as long as it runs."""
    pool = build.build(["apt"]).path("apt") / "pool"
    script = 'mount --bind "$1" "$2/srv/pool" && exec chroot "$2" sh -ec "$3"'
    return subprocess.run(
        ["unshare", "--mount", "sh", "-ec", script, "sh", pool, machine, command],
        check=False,
        capture_output=True,
        text=True,
        env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C.UTF-8"},
    )


def test_every_package_of_the_roles_can_be_installed(suite: lock.Suite, machine: Path) -> None:
    wanted = " ".join((*lock.load().debian[suite].roles, *_OWN))
    done = _inside(machine, f"apt-get -qq update && apt-get -qq install --simulate --no-install-recommends {wanted}")
    assert done.returncode == 0, done.stderr
    assert "Inst kubelet (1.36.3-1 " in done.stdout


def test_our_containerd_takes_the_place_of_debians(machine: Path) -> None:
    done = _inside(
        machine, "apt-get -qq update && apt-cache policy containerd.io && apt-get install -s containerd.io=2.2.0-1"
    )
    assert "2.2.1-1" in done.stdout
    assert "Inst containerd.io (2.2.0-1" in done.stdout
    assert "Inst runc" in done.stdout
