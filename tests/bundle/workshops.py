"""Workshops for tests that call one recipe's maker by itself."""

from __future__ import annotations

from pathlib import Path

from ops.bundle import program, recipe


def workshop(place: Path, **needs: Path) -> recipe.Workshop:
    """Return a workshop with empty output and scratch directories under a place."""
    for name in ("output", "scratch"):
        (place / name).mkdir(parents=True)
    return recipe.Workshop(place / "output", place / "scratch", place / "cache", program.Runner(), needs)
