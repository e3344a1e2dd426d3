"""How one artifact is made: what goes into it, which artifacts it needs, and the function that makes it."""

from __future__ import annotations

import dataclasses
import enum
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from ops import errors
from ops.bundle import key, program


class Lane(enum.StrEnum):
    """What a step keeps busy; steps of different lanes run side by side."""

    COMPILE = "compile"
    """All processors: one at a time."""
    FETCH = "fetch"
    """The network."""
    PACK = "pack"
    """One processor and the disk."""


class Registry(enum.StrEnum):
    """A package registry that a recipe fetches from."""

    DEBIAN = "the Debian mirror"
    GO = "the Go module proxy"
    PYPI = "the Python package index"


@dataclasses.dataclass(frozen=True)
class Workshop:
    """What a recipe may use while it makes its artifact."""

    output: Path
    """Empty directory that becomes the artifact."""
    scratch: Path
    """Empty directory that is removed afterwards, on the cache's own file system."""
    cache: Path
    runner: program.Runner
    needs: Mapping[str, Path]
    """Directories of the finished artifacts that the recipe names in its own `needs`."""


@dataclasses.dataclass(frozen=True)
class Recipe:
    """One artifact. Whatever changes the result must be in `inputs`, `code` or `needs`."""

    name: str
    make: Callable[[Workshop], None]
    code: tuple[Path, ...]
    """Python files that make the artifact; a change of what they do makes a new key."""
    inputs: Mapping[str, object] = dataclasses.field(default_factory=dict)
    needs: tuple[str, ...] = ()
    lane: Lane = Lane.PACK
    fetch: Callable[[Workshop], None] | None = None
    """Brings what `make` will need from the network into the cache, once the needs are there, ahead of its turn."""
    registry: Registry | None = None
    sources: tuple[Path, ...] = ()
    """Files of the operator's that it is made from; `inputs` says by digest what they must be."""
    programs: tuple[str, ...] = ()
    """Host programs that making it calls."""
    root: bool = False
    """Whether only root can make it."""
    seconds: float = 1.0
    """Expected time on a machine with two processors and nothing cached."""
    size: int = 0
    """Expected bytes of the artifact."""


def keys(recipes: Iterable[Recipe]) -> dict[str, str]:
    """Given recipes in an order where needs come first, return the key of each artifact by name.

    Raise ValueError for a need that no earlier recipe makes: a defect of the catalogue.
    """
    result: dict[str, str] = {}
    digests: dict[tuple[Path, ...], str] = {}
    for recipe in recipes:
        missing = [need for need in recipe.needs if need not in result]
        if missing:
            raise ValueError(f"{recipe.name} needs {', '.join(missing)}, which no recipe before it makes")
        if recipe.code not in digests:
            digests[recipe.code] = key.of_code(recipe.code)
        inputs = {**recipe.inputs, "code": digests[recipe.code]}
        result[recipe.name] = key.of_artifact(recipe.name, inputs, {need: result[need] for need in recipe.needs})
    return result


def by_name(recipes: Iterable[Recipe], name: str) -> Recipe:
    """Return the recipe of that name. Raise NotFoundError when there is none."""
    known = {recipe.name: recipe for recipe in recipes}
    if name not in known:
        raise errors.NotFoundError(
            f"the bundle has no artifact {name!r}",
            where="ops/bundle/catalogue.py",
            mend=f"name one of: {', '.join(sorted(known))}",
        )
    return known[name]
