"""Builds what is missing of the bundle and returns where everything lies. A second build is a look-up."""

from __future__ import annotations

import dataclasses
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from ops import errors
from ops.bundle import catalogue, guard, lock, modellayer, preflight, program, recipe, registry, schedule, store
from ops.bundle import progress as progress_
from ops.spec import places


@dataclasses.dataclass(frozen=True)
class Bundle:
    """Finished, checked artifacts."""

    paths: Mapping[str, Path]

    def path(self, name: str) -> Path:
        """Return the directory of an artifact. Raise NotFoundError when it was not asked for."""
        if name not in self.paths:
            raise errors.NotFoundError(
                f"the bundle was built without {name!r}",
                where=", ".join(sorted(self.paths)),
                mend="name it when you call build()",
            )
        return self.paths[name]


def build(
    want: Iterable[str] | None = None,
    progress: progress_.Progress | None = None,
    models: Iterable[modellayer.Weights] = (),
) -> Bundle:
    """Given artifact names (None: all that a site needs), make those that are missing or damaged; return all.

    `models` are weights on this machine that the site serves beside the bundle's own. Wait for another build of the
    same cache. Raise PrerequisiteError, NotFoundError or DiskFullError before any work where it can be known,
    IntegrityError for a checksum that differs, ProcessError for a program that failed.
    """
    recipes = catalogue.recipes(lock.load(), models)
    names = tuple(want) if want is not None else catalogue.wanted(recipes)
    return Builder(recipes, places.cache_directory(), progress or progress_.Silent()).build(names)


def damaged() -> tuple[str, ...]:
    """Hash every byte of what a site needs, without trusting stamps; return the names that a build would make anew."""
    recipes = catalogue.recipes(lock.load())
    return Builder(recipes, places.cache_directory(), progress_.Silent()).damaged(catalogue.wanted(recipes))


class Builder:
    """Builds recipes into one cache."""

    def __init__(self, recipes: Sequence[recipe.Recipe], cache: Path, progress: progress_.Progress) -> None:
        self._recipes = recipes
        self._cache = cache
        self._progress = progress
        self._keys = recipe.keys(recipes)
        self._store = store.Store(cache)
        self._runner = program.Runner()
        self._told: set[str] = set()

    def build(self, names: Sequence[str]) -> Bundle:
        """Make what is missing of these artifacts and return them."""
        for name in names:
            recipe.by_name(self._recipes, name)
        found, missing = self._look_up(names)
        if missing:
            with guard.hold(self._cache, self._progress.say):
                # Another build may have made them while this one waited.
                found, missing = self._look_up(names)
                self._clear()
                self._make(missing)
                found, _ = self._look_up(names)
        return Bundle({name: found[name] for name in names})

    def damaged(self, names: Iterable[str]) -> tuple[str, ...]:
        """Hash every byte of these artifacts and return the names of those that are missing or altered."""
        return tuple(name for name in names if not self._intact(name))

    def _intact(self, name: str) -> bool:
        path = self._store.path(name, self._keys[name])
        try:
            self._store.verify(path, thorough=True)
        except errors.IntegrityError:
            return False
        return True

    def _look_up(self, names: Iterable[str]) -> tuple[dict[str, Path], set[str]]:
        """Return the artifacts that are there and whole, and the names of those to make: missing or damaged."""
        found: dict[str, Path] = {}
        missing: set[str] = set()
        waiting = list(names)
        while waiting:
            name = waiting.pop()
            if name in found or name in missing:
                continue
            path = self._find(name)
            if path:
                found[name] = path
            else:
                missing.add(name)
                waiting.extend(recipe.by_name(self._recipes, name).needs)
        return found, missing

    def _find(self, name: str) -> Path | None:
        """Return an artifact that is there and whole; say when one is damaged."""
        try:
            return self._store.find(name, self._keys[name])
        except errors.IntegrityError as error:
            if name not in self._told:
                self._progress.say(f"{error.what}: {name} is damaged and will be made anew")
            self._told.add(name)
            return None

    def _make(self, missing: set[str]) -> None:
        """Make artifacts, needs first, lanes side by side."""
        todo = [item for item in self._recipes if item.name in missing]
        if not todo:
            return
        preflight.check(todo, self._cache)
        with self._scratch() as scratch:
            registry.check(todo, self._cache, Path(scratch))
        self._progress.plan([progress_.Step(item.name, item.lane, item.seconds) for item in todo])
        try:
            schedule.run(todo, fetch=self._fetch_one, make=self._make_one, runner=self._runner)
        finally:
            self._progress.close()

    def _fetch_one(self, item: recipe.Recipe) -> None:
        if item.fetch is not None:
            with self._scratch() as scratch, store.disk_full_as_error(self._cache):
                item.fetch(self._workshop(item, Path(scratch), Path(scratch)))

    def _make_one(self, item: recipe.Recipe) -> None:
        key = self._keys[item.name]
        if self._store.path(item.name, key).exists():
            self._store.discard(item.name, key)
        self._progress.begin(item.name)
        with self._scratch() as scratch, self._store.draft(item.name, key, item.inputs) as draft:
            item.make(self._workshop(item, draft, Path(scratch)))
        self._progress.end(item.name)

    def _workshop(self, item: recipe.Recipe, output: Path, scratch: Path) -> recipe.Workshop:
        needs = {need: self._store.path(need, self._keys[need]) for need in item.needs}
        return recipe.Workshop(output, scratch, self._cache, self._runner, needs)

    def _scratch(self) -> tempfile.TemporaryDirectory[str]:
        return tempfile.TemporaryDirectory(dir=self._cache / "scratch")

    def _clear(self) -> None:
        """Remove what killed builds left, while the lock keeps other builds out."""
        self._store.directory.mkdir(parents=True, exist_ok=True)
        self._store.prune({self._store.path(name, key) for name, key in self._keys.items()})
        scratch = self._cache / "scratch"
        if scratch.exists():
            store.remove(scratch)
        scratch.mkdir(parents=True)
