"""Build the bundle: everything that a site installs, made or fetched once and kept in the cache."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from pathlib import Path

from ops.bundle import build, lock, modellayer, progress
from ops.spec import model


def bundle_build(want: Iterable[str] | None = None, models: Iterable[model.Model] = ()) -> build.Bundle:
    """Given artifact names (None: all that a site needs), return them finished and checked; progress to stderr.

    With the model cards of a site, the bundle holds their weights too. Raise what ops.bundle.build.build raises.
    """
    return build.build(want, progress.Display(sys.stderr), weights(models))


def weights(cards: Iterable[model.Model]) -> list[modellayer.Weights]:
    """Return the weights on this machine that cards name; the bundle brings the others. Cards may share weights."""
    locked = {item.digest for item in lock.load().models.values()}
    found = {
        str(card.digest): modellayer.Weights(Path(str(card.path)).expanduser(), str(card.digest), card.size)
        for card in cards
        if card.digest not in locked
    }
    return list(found.values())


def weigh(path: Path) -> modellayer.Weights:
    """Return digest and size of weights on this machine, for a card. Raise NotFoundError when there are none."""
    return modellayer.weigh(path.expanduser().absolute())


def image_of(card: model.Model) -> str:
    """Return the name of the bundle's image of a card's weights: they are found by their digest."""
    for name, item in lock.load().models.items():
        if item.digest == card.digest:
            return f"{modellayer.PREFIX}{name}"
    return modellayer.image_of(str(card.digest))
