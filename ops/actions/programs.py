"""Keep one directory of links to the bundle's programs that an operator types, so that PATH needs no look-up."""

from __future__ import annotations

from pathlib import Path

from ops.spec import model, places

_PROGRAMS = {"pulumi": "bin-pulumi", "kubectl": "bin-kube"}
"""Program and the artifact that holds it."""
_LOCK = places.PROJECT_ROOT / "ops" / "bundle" / "bundle.lock.yml"


def directory(site: model.Site) -> Path:
    """Return the directory of links of a site; renewed after each build and each change of the bundle's lock file."""
    links = places.state_directory(site.name) / "bin"
    if not _are_fresh(links):
        _renew(links)
    return links


def are_built(site: model.Site) -> bool:
    """Tell whether the programs behind a site's links are there."""
    links = places.state_directory(site.name) / "bin"
    return all((links / program).exists() for program in _PROGRAMS)


def _are_fresh(links: Path) -> bool:
    """Tell whether the links are younger than the lock file and than the last change of the store of artifacts."""
    artifacts = places.cache_directory() / "artifacts"
    changed = max(path.stat().st_mtime_ns for path in (_LOCK, artifacts) if path.exists())
    made = [path.lstat().st_mtime_ns for path in map(links.joinpath, _PROGRAMS) if path.is_symlink()]
    return len(made) == len(_PROGRAMS) and min(made) >= changed


def _renew(links: Path) -> None:
    """Point each link to where the bundle has or will have the program."""
    # The bundle's code takes half a second to load, and is needed only here.
    from ops.bundle import catalogue, lock, recipe, store  # noqa: PLC0415

    keys = recipe.keys(catalogue.recipes(lock.load()))
    artifacts = store.Store(places.cache_directory())
    links.mkdir(mode=0o700, parents=True, exist_ok=True)
    for program, artifact in _PROGRAMS.items():
        draft = links / f".{program}"
        draft.unlink(missing_ok=True)
        draft.symlink_to(artifacts.path(artifact, keys[artifact]) / program)
        draft.rename(links / program)
