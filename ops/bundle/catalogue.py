"""All artifacts of the bundle, in an order where each comes after what it is made from."""

from __future__ import annotations

from collections.abc import Iterable

from ops.bundle import (
    apt,
    chart,
    debian,
    golang,
    image,
    index,
    lock,
    modellayer,
    package,
    plainlayer,
    pythonlayer,
    recipe,
    rootlayer,
    wheels,
)

_ON_THE_WAY = ("debian-", "root-", "layer-", "wheels-", "toolchain-", "packages")
"""Beginnings of the names of artifacts that only other artifacts are made from."""


def recipes(locked: lock.Lock, models: Iterable[modellayer.Weights] = ()) -> list[recipe.Recipe]:
    """Return every recipe of the bundle for this machine, and those of models whose weights lie on it."""
    host = golang.host_go(locked.go.minimum)
    return [
        *debian.recipes(locked),
        *golang.recipes(locked, host),
        package.make_recipe(locked),
        apt.make_recipe(locked),
        *rootlayer.recipes(locked),
        *plainlayer.recipes(locked),
        *wheels.recipes(locked),
        *pythonlayer.recipes(),
        *modellayer.recipes(locked),
        *image.recipes(locked),
        *modellayer.recipes_of_files(models),
        chart.make_recipe(locked),
        index.make_recipe(locked),
    ]


def wanted(recipes: list[recipe.Recipe]) -> tuple[str, ...]:
    """Return the names of what a site needs; the rest are steps on the way there."""
    return tuple(item.name for item in recipes if not item.name.startswith(_ON_THE_WAY))
