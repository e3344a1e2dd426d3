"""Recipes for what comes from Debian: packages with their exact closure, and root file systems made of them."""

from __future__ import annotations

import datetime
import email.utils
import functools
import json
from collections.abc import Sequence
from pathlib import Path

from ops import errors
from ops.bundle import aptroot, key, lock, recipe, repository

_CODE = (Path(__file__), Path(aptroot.__file__), Path(repository.__file__))

_ESSENTIAL = ("?essential",)
_MINBASE = ("?essential", "?priority(required)", "apt")
"""What mmdebstrap's variants `essential` and `minbase` install, as apt patterns."""

_MERGE_USR = 'for name in bin lib lib64 sbin; do mkdir -p "$1/usr/$name" && ln -s "usr/$name" "$1/$name"; done'
"""Debian 13 does this in base-files; in Debian 12 it is the bootstrap's part, before usr-is-merged looks."""

_GROUPS = "groups.json"


def packages_name(suite: str) -> str:
    """Return the name of the artifact with all Debian packages that the bundle takes from a suite."""
    return f"debian-{suite}"


def recipes(locked: lock.Lock) -> list[recipe.Recipe]:
    """Return the recipes of each suite's packages, lab machines and image base."""
    result = []
    for suite, wanted in locked.debian.items():
        inputs: dict[str, object] = {"moment": str(locked.debian_moment), **wanted.model_dump(exclude={"expect"})}
        result.append(
            recipe.Recipe(
                name=packages_name(suite),
                make=functools.partial(_collect, suite, wanted),
                code=_CODE,
                inputs=inputs,
                lane=recipe.Lane.FETCH,
                registry=recipe.Registry.DEBIAN,
                programs=("apt-get",),
                seconds=wanted.expect.seconds,
                size=wanted.expect.bytes,
            )
        )
        for name, variant, include in (
            (f"machine-{suite}", "minbase", wanted.machine),
            (f"root-{suite}", "essential", wanted.images),
        ):
            result.append(
                recipe.Recipe(
                    name=name,
                    make=functools.partial(_bootstrap, suite, variant, include, locked.debian_moment),
                    code=_CODE,
                    inputs={"variant": variant, "include": list(include)},
                    needs=(packages_name(suite),),
                    programs=("mmdebstrap", "unshare"),
                    root=True,
                    seconds=25,
                    size=280_000_000,
                )
            )
    return result


def seconds_of(moment: datetime.date) -> int:
    """Return midnight UTC of a day in seconds since 1970: no file of the bundle is younger."""
    return int(datetime.datetime.combine(moment, datetime.time(), datetime.UTC).timestamp())


def group(packages: Path, name: str) -> list[repository.Entry]:
    """Given a `debian-<suite>` artifact, return the packages of one purpose with their closure."""
    files = set(json.loads((packages / _GROUPS).read_text())[name])
    (suite,) = repository.suites(packages)
    entries = []
    for stanza in repository.stanzas(repository.index_path(packages, suite)):
        filename = repository.field(stanza, "Filename")
        if filename in files:
            entries.append(repository.Entry(stanza, packages / filename))
    return entries


def _collect(suite: str, wanted: lock.Debian, workshop: recipe.Workshop) -> None:
    """Resolve each purpose's closure on an empty machine, download the union, check it, index it."""
    apt = aptroot.AptRoot(workshop.scratch / "apt", suite, workshop.runner)
    apt.update()
    closures = {
        "machine": apt.closure([*_MINBASE, *wanted.prefer, *wanted.machine]),
        "roles": apt.closure([*wanted.prefer, *wanted.roles]),
        "images": apt.closure([*_ESSENTIAL, *wanted.prefer, *wanted.images]),
        "images_extra": [item for item in apt.closure(wanted.images_extra) if item.name in wanted.images_extra],
    }
    chosen = {package for closure in closures.values() for package in closure}
    downloads = workshop.cache / "downloads" / "debian"
    apt.download(chosen, downloads)
    files = {(package.name, package.version): downloads / package.download_name for package in chosen}
    entries = {}
    for stanza in apt.stanzas(chosen):
        identity = (repository.field(stanza, "Package"), repository.field(stanza, "Version"))
        entries[identity] = repository.Entry(stanza, _checked(files[identity], repository.field(stanza, "SHA256")))
    repository.add(workshop.output, suite, entries.values())
    groups = {}
    for name, closure in closures.items():
        groups[name] = sorted(entries[package.name, package.version].filename for package in closure)
    (workshop.output / _GROUPS).write_text(json.dumps(groups, indent=1))


def _checked(path: Path, sha256: str) -> Path:
    """Return the file when it has the recorded sha256; remove it and raise IntegrityError otherwise."""
    if key.of_file(path) == sha256:
        return path
    path.unlink()
    raise errors.IntegrityError(
        f"{path.name} is not what the signed package index says",
        where=str(path),
        mend="build again: the file was removed and will be fetched anew",
    )


def _bootstrap(
    suite: str, variant: str, include: Sequence[str], moment: datetime.date, workshop: recipe.Workshop
) -> None:
    """Make a root file system from the packages at hand: `root.tar`, and `packages.txt` with name and version."""
    packages = workshop.needs[packages_name(suite)]
    # apt wants a date in Release, which only a signature gives it; this copy lives as long as the bootstrap.
    local = workshop.scratch / "repository"
    local.mkdir()
    (local / "pool").symlink_to(packages / "pool")
    release = local / "dists" / suite
    release.mkdir(parents=True)
    (release / "main").symlink_to(packages / "dists" / suite / "main")
    dated = (packages / "dists" / suite / "Release").read_text() + f"Date: {email.utils.formatdate(usegmt=True)}\n"
    (release / "Release").write_text(dated)
    hooks = (
        f'chroot "$1" dpkg-query --show > "{workshop.output}/packages.txt"',
        # Each machine makes its own identity at its first start; sources are written by a role.
        'rm -f "$1"/etc/ssh/ssh_host_* "$1"/etc/apt/sources.list "$1"/etc/hostname "$1"/etc/resolv.conf',
        'if test -e "$1/etc/machine-id"; then : > "$1/etc/machine-id"; fi',
    )
    workshop.runner.run(
        [
            # Namespaces of its own: a killed bootstrap leaves no mount and no process.
            *("unshare", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc", "--propagation", "private"),
            *("mmdebstrap", "--mode=root", f"--variant={variant}", "--quiet", "--format=tar"),
            *(("--include", ",".join(include)) if include else ()),
            *('--aptopt=Acquire::Check-Date "false"', '--aptopt=Acquire::Languages "none"'),
            f"--setup-hook={_MERGE_USR}",
            *(f"--customize-hook={hook}" for hook in hooks),
            *(suite, workshop.output / "root.tar", f"deb [trusted=yes] copy:{local} {suite} main"),
        ],
        environment={"TMPDIR": str(workshop.scratch), "SOURCE_DATE_EPOCH": str(seconds_of(moment))},
    )
