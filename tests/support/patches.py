"""A newer version of a Debian package in a site's own repository: what a new bundle brings."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from ops.actions import prepare, seed
from ops.adapters import process
from ops.bundle import apt, build, package, repository
from ops.spec import places
from tests.support import site as support

PACKAGE = "sensible-utils"
"""On every machine, and nothing needs it to run."""
SUITE = "trixie"


def publish(pair: support.TestSite, directory: Path, version: str, files: Mapping[str, str]) -> None:
    """Sign a repository in which the package has a newer version with further files, and seed infra1 with it."""
    bundle = build.build([apt.NAME]).path(apt.NAME)
    root = directory / f"apt-{version}"
    for suite in repository.suites(bundle):
        stanzas = repository.stanzas(repository.index_path(bundle, suite))
        entries = [repository.Entry(stanza, bundle / repository.field(stanza, "Filename")) for stanza in stanzas]
        if suite == SUITE:
            entries.append(_repack(next(filter(_is_package, entries)), directory / version, version, files))
        repository.add(root, suite, entries)
    seed_infra(pair, root)


def restore(pair: support.TestSite) -> None:
    """Sign the bundle's own repository and seed infra1 with it."""
    seed_infra(pair, build.build([apt.NAME]).path(apt.NAME))


def seed_infra(pair: support.TestSite, root: Path) -> None:
    """Sign a repository and run the platform's playbook with it on infra1."""
    archive, release = seed.signed_archive(prepare.workspace(pair.site), root)
    words = ("-e", f"site_apt_archive={archive}", "-e", f"site_apt_release={release}")
    program = places.PROJECT_ROOT / ".venv/bin/ansible-playbook"
    process.run(
        [program, "-i", pair.path, "playbooks/platform.yml", "--limit", "infra1", *words],
        timeout=600,
        environment=pair.environment(),
        directory=places.PROJECT_ROOT,
    )


def _is_package(entry: repository.Entry) -> bool:
    return repository.field(entry.stanza, "Package") == PACKAGE


def _repack(old: repository.Entry, tree: Path, version: str, files: Mapping[str, str]) -> repository.Entry:
    """Return the package again, under a newer version and with further files."""
    process.run(["dpkg-deb", "--raw-extract", old.file, tree], timeout=60)
    control = tree / "DEBIAN" / "control"
    before = repository.field(old.stanza, "Version")
    control.write_text(control.read_text().replace(f"Version: {before}\n", f"Version: {version}\n"))
    for name, content in files.items():
        file = tree / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(content)
    target = tree.with_name(f"{PACKAGE}_{version}_all.deb")
    process.run(["dpkg-deb", "--root-owner-group", "--build", tree, target], timeout=60)
    stanza = package.stanza(tree, target, Path("pool", target.name))
    return repository.Entry(stanza, target)
