"""Recipe for our own programs as Debian packages, and the writer of one such package."""

from __future__ import annotations

import datetime
import functools
import os
import shutil
from pathlib import Path

from ops.bundle import debian, key, lock, program, recipe, repository

NAME = "packages"
"""The artifact that holds the packages and `Packages`, their index."""

_LEVEL = "-z3"
"""zstd level, measured in ops.bundle.layer."""


def make_recipe(locked: lock.Lock) -> recipe.Recipe:
    """Return the recipe that makes all packages of the lock."""
    trees = sorted({package.tree for package in locked.packages if package.tree})
    return recipe.Recipe(
        name=NAME,
        make=functools.partial(_make, locked),
        code=(Path(__file__), Path(repository.__file__)),
        inputs={
            "packages": [package.model_dump() for package in locked.packages],
            "moment": str(locked.debian_moment),
            "trees": {tree: key.of_tree(lock.DIRECTORY / tree) for tree in trees},
        },
        needs=tuple(sorted({package.source for package in locked.packages if package.source})),
        programs=("dpkg-deb", "zstd"),
        seconds=10,
        size=120_000_000,
    )


def entries(packages: Path) -> list[repository.Entry]:
    """Given the finished artifact, return its packages as entries of a repository."""
    return [
        repository.Entry(stanza, packages / repository.field(stanza, "Filename"))
        for stanza in repository.stanzas(packages / "Packages")
    ]


def _make(locked: lock.Lock, workshop: recipe.Workshop) -> None:
    stanzas = []
    for package in locked.packages:
        tree = workshop.scratch / f"{package.name}-{package.version}"
        source = workshop.needs[package.source] if package.source else None
        _lay_out(package, source, tree)
        relative = Path("pool", "sitewright", package.name, package.version, _file_name(package))
        target = workshop.output / relative
        target.parent.mkdir(parents=True)
        write(tree, target, moment=locked.debian_moment, runner=workshop.runner)
        stanzas.append(stanza(tree, target, relative))
    (workshop.output / "Packages").write_text("\n".join(sorted(stanzas)))


def write(tree: Path, target: Path, *, moment: datetime.date, runner: program.Runner) -> None:
    """Given a directory with DEBIAN/control, write the package; equal trees give equal packages."""
    seconds = debian.seconds_of(moment)
    for path in (tree, *tree.rglob("*")):
        os.utime(path, (seconds, seconds), follow_symlinks=False)
        if not path.is_symlink():
            path.chmod(0o755 if path.is_dir() or path.stat().st_mode & 0o100 else 0o644)
    runner.run(
        ["dpkg-deb", "--build", "--root-owner-group", "-Zzstd", _LEVEL, tree, target],
        environment={"SOURCE_DATE_EPOCH": str(seconds)},
    )


def control(package: lock.Package) -> str:
    """Return the control file of a package."""
    fields = {
        "Package": package.name,
        "Version": package.version,
        "Architecture": "amd64",
        "Maintainer": "sitewright <bundle@sitewright.invalid>",
        "Section": "admin",
        "Priority": "optional",
        "Depends": ", ".join(package.depends),
        "Provides": ", ".join(package.provides),
        "Conflicts": ", ".join(package.conflicts),
        "Description": package.summary,
    }
    return "".join(f"{name}: {value}\n" for name, value in fields.items() if value)


def _lay_out(package: lock.Package, source: Path | None, tree: Path) -> None:
    """Put the files of a package where they will lie, and its control file beside them."""
    if package.tree:
        shutil.copytree(lock.DIRECTORY / package.tree, tree)
    for file, destination in package.install.items():
        if source is None:
            raise ValueError(f"package {package.name} installs {file} from no artifact")
        target = tree / destination
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(source / file, target)
    for link, points_to in package.links.items():
        path = tree / link
        path.parent.mkdir(parents=True, exist_ok=True)
        path.symlink_to(points_to)
    (tree / "DEBIAN").mkdir(parents=True)
    (tree / "DEBIAN" / "control").write_text(control(package))


def _file_name(package: lock.Package) -> str:
    return f"{package.name}_{package.version}_amd64.deb"


def stanza(tree: Path, file: Path, relative: Path) -> str:
    """Return the index entry of a finished package."""
    text = (tree / "DEBIAN" / "control").read_text()
    return f"{text}Filename: {relative}\nSize: {file.stat().st_size}\nSHA256: {key.of_file(file)}\n"
