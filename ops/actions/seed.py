"""Lay ready on the operator's machine what the first infra machine is seeded with: signed packages, image list."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import shutil
import tarfile
from pathlib import Path

from ops.actions import prepare
from ops.bundle import build, sign
from ops.plan import endpoints
from ops.spec import model

CONTROLLER_FILE = "controller.json"
"""Variables about files on the operator's machine, for the inventory plugin; names and paths only."""


@dataclasses.dataclass(frozen=True)
class Image:
    """One image of the bundle, as the module `registry_images` takes it."""

    name: str
    tag: str
    digest: str
    layout: str


def images(bundle: build.Bundle) -> list[Image]:
    """Return the images of the bundle."""
    index = json.loads((bundle.path("images") / "index.json").read_text(encoding="utf-8"))
    root = bundle.path("images")
    return [
        Image(name, entry["tag"], entry["digest"], str(root / entry["layout"]))
        for name, entry in sorted(index["images"].items())
    ]


def references(site: model.Site, bundle: build.Bundle) -> dict[str, str]:
    """Return image references by digest in the site's registry, by image name."""
    registry = endpoints.registry(site)
    return {image.name: f"{registry}/{image.name}@{image.digest}" for image in images(bundle)}


def seed(site: model.Site, bundle: build.Bundle) -> None:
    """Sign the apt repository for this site and write what the roles read on the operator's machine."""
    space = prepare.workspace(site)
    archive, release = _signed_archive(space, bundle.path("apt"))
    content = {
        "site_apt_archive": str(archive),
        "site_apt_release": release,
        "site_images": [dataclasses.asdict(image) for image in images(bundle)],
        "site_cilium_manifest": str(bundle.path("manifests") / "cilium.yaml"),
        "base_operator_key": _public_key(space),
    }
    target = space.state / CONTROLLER_FILE
    temporary = target.with_suffix(".new")
    temporary.write_text(json.dumps(content, indent=2, sort_keys=True), encoding="utf-8")
    temporary.rename(target)


def _signed_archive(space: prepare.Workspace, repository: Path) -> tuple[Path, str]:
    """Return a tar of the signed repository, made when its content or signature is new, and its name."""
    home, signed = space.keys / "gnupg", space.state / "apt"
    sign.make_key(home)
    sign.sign(repository, home, signed)
    public = signed / sign.KEYRING
    shutil.copyfile(public, space.keys / "apt.gpg")
    signatures = b"".join(path.read_bytes() for path in sorted(signed.glob("dists/*/InRelease")))
    release = hashlib.sha256(repository.name.encode() + signatures).hexdigest()[:16]
    archive = space.state / "seed" / f"apt-{release}.tar"
    if not archive.exists():
        archive.parent.mkdir(exist_ok=True)
        for old in archive.parent.iterdir():
            old.unlink()
        _pack(repository, signed, archive)
    return archive, release


def _pack(repository: Path, signed: Path, archive: Path) -> None:
    """Write the repository with its signatures over it; the file `complete` comes last."""
    draft = archive.with_suffix(".draft")
    with tarfile.open(draft, "w") as tar:
        for name in ("pool", "dists"):
            tar.add(repository / name, name)
        for path in sorted(signed.glob("dists/*/*Release")):
            tar.add(path, str(path.relative_to(signed)))
        tar.add(signed / sign.KEYRING, "complete")
    draft.rename(archive)


def _public_key(space: prepare.Workspace) -> str:
    path = space.ssh_key.with_suffix(".pub")
    return path.read_text(encoding="utf-8").strip() if path.exists() else ""
