"""Small recipes for tests: each writes a text, and notes in a log that it did."""

from __future__ import annotations

import functools
from pathlib import Path

from ops.bundle import recipe

FILE = "text"


def writing(name: str, text: str = "text", *, log: Path | None = None, needs: tuple[str, ...] = ()) -> recipe.Recipe:
    """Return a recipe whose artifact holds one text after those of its needs."""
    return recipe.Recipe(
        name=name,
        make=functools.partial(_write, name, text, log, needs),
        code=(Path(__file__),),
        inputs={"text": text},
        needs=needs,
    )


def _write(name: str, text: str, log: Path | None, needs: tuple[str, ...], workshop: recipe.Workshop) -> None:
    before = [(workshop.needs[need] / FILE).read_text() for need in needs]
    (workshop.output / FILE).write_text("".join([*before, text]))
    if log is not None:
        with log.open("a") as stream:
            stream.write(f"{name}\n")
