"""Put together what only the operator's machine has of a site, for its drill host."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import tarfile
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from ops import errors, spec
from ops.actions import environment, prepare, provenance, seed
from ops.adapters import pulumi
from ops.recovery import deposit
from ops.recovery.point import Kind
from ops.spec import access, locate, model, places

_LOCK = places.PROJECT_ROOT / "ops" / "bundle" / "bundle.lock.yml"


@contextlib.contextmanager
def packed(path: Path, site: model.Site) -> Iterator[IO[bytes]]:
    """Give the deposit of a site as a tar archive, open at its start.

    Raise NotFoundError when the site was never made: it has no release or no state.
    """
    with tempfile.TemporaryDirectory(prefix="sitewright-deposit-") as name, tempfile.TemporaryFile() as archive:
        place = Path(name)
        _fill(place, path, site)
        with tarfile.open(fileobj=archive, mode="w") as tar:
            for item in sorted(place.iterdir()):
                tar.add(item, item.name)
        archive.seek(0)
        yield archive


def _fill(place: Path, path: Path, site: model.Site) -> None:
    release = _release(site)
    images = {name: reference.rpartition("@")[2] for name, reference in release["images"].items()}
    for kind in deposit.MEMBERS:
        (place / kind).mkdir(mode=0o700)
    (place / Kind.SPEC / deposit.SPEC).write_text(site.model_dump_json(), encoding="utf-8")
    shutil.copyfile(path, place / Kind.SPEC / "site.yml")
    _write(place / Kind.PULUMI_STATE / "stack.json", _state(path, site))
    _write(place / Kind.GATEWAY_KEYS / "hashes.json", release["key_hashes"])
    shutil.copyfile(_LOCK, place / Kind.BUNDLE_LOCK / _LOCK.name)
    _write(place / Kind.BUNDLE_LOCK / "images.json", images)
    shutil.copyfile(access.known_hosts(site), place / deposit.KNOWN_HOSTS)
    deposit.write_about(place, deposit.new(site.name, provenance.commit(), images))


def _release(site: model.Site) -> dict[str, dict[str, str]]:
    path = prepare.workspace(site).state / seed.RELEASE_FILE
    if not path.exists():
        raise not_made(site, path)
    release: dict[str, dict[str, str]] = json.loads(path.read_text(encoding="utf-8"))
    return release


def _state(path: Path, site: model.Site) -> object:
    """Return the stack's state; its secrets stay encrypted by the passphrase, which is not in the deposit."""
    variables = environment.environment(str(path), os.environ).variables
    state = pulumi.export(pulumi.Stack(site.name, {**os.environ, **variables}))
    if state is None:
        raise not_made(site, path)
    return state


def _write(path: Path, content: object) -> None:
    path.write_text(json.dumps(content, sort_keys=True), encoding="utf-8")


def not_made(site: model.Site, where: Path) -> errors.NotFoundError:
    """Return the error of a site that this machine has no state of."""
    return errors.NotFoundError(
        f"site {site.name} was never made from this machine",
        where=str(where),
        mend=f"run: sitewright site up {site.name}",
    )


def load(argument: str) -> tuple[Path, model.Site]:
    """Return the path of a site's spec and the effective site, with its nodes' host keys pinned."""
    path = locate.resolve(argument)
    site = spec.load(path)
    access.pin(site)
    return path, site
