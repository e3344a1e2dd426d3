"""Recipe for the apt repository of a site: what the roles install, from Debian and of our own, for every suite."""

from __future__ import annotations

import functools
from pathlib import Path

from ops.bundle import debian, lock, package, recipe, repository

NAME = "apt"


def make_recipe(locked: lock.Lock) -> recipe.Recipe:
    """Return the recipe; its result is unsigned (ops.bundle.sign signs it for a site)."""
    suites = tuple(locked.debian)
    return recipe.Recipe(
        name=NAME,
        make=functools.partial(_make, suites),
        code=(Path(__file__), Path(repository.__file__)),
        needs=(*(debian.packages_name(suite) for suite in suites), package.NAME),
        seconds=3,
        size=300_000_000,
    )


def _make(suites: tuple[str, ...], workshop: recipe.Workshop) -> None:
    own = package.entries(workshop.needs[package.NAME])
    for suite in suites:
        packages = workshop.needs[debian.packages_name(suite)]
        chosen = {entry.filename: entry for name in ("machine", "roles") for entry in debian.group(packages, name)}
        repository.add(workshop.output, suite, [*chosen.values(), *own])
