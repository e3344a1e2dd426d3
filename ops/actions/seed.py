"""Lay ready on the operator's machine what the first infra machine is seeded with: signed packages, image list."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import shutil
import tarfile
from collections.abc import Iterable, Mapping
from pathlib import Path

from ops.actions import bundle_build, prepare, tree
from ops.adapters import certificates
from ops.bundle import build, image, modellayer, sign
from ops.plan import endpoints, recovery
from ops.spec import model

CONTROLLER_FILE = "controller.json"
"""Variables about files on the operator's machine, for the inventory plugin; names and paths only."""
RELEASE_FILE = "release.json"
"""Which images and keys the site has now, for the stack."""
_IMAGES = "images/"
"""How the names of the bundle's image artifacts begin; in the registry they go without it."""


@dataclasses.dataclass(frozen=True)
class Image:
    """One image of the bundle, as the module `registry_images` takes it."""

    name: str
    tag: str
    digest: str
    layout: str


def images(site: model.Site, bundle: build.Bundle) -> list[Image]:
    """Return what the site's registry holds: the images of the bundle, and each card's weights under its own name."""
    named = {name.removeprefix(_IMAGES): path for name, path in bundle.paths.items() if name.startswith(_IMAGES)}
    named |= {f"{modellayer.PREFIX}{card.name}": bundle.path(bundle_build.image_of(card)) for card in site.models}
    return [Image(name, image.tag(path), image.digest(path), str(path)) for name, path in sorted(named.items())]


def seed(site: model.Site, bundle: build.Bundle) -> None:
    """Sign the apt repository for this site and write what roles and stack read on the operator's machine."""
    space = prepare.workspace(site)
    archive, release = signed_archive(space, bundle.path("apt"))
    found = images(site, bundle)
    manifest = bundle.path("manifests") / "cilium.yaml"
    code = tree.pack(space.state / "tree")
    controller = {
        "site_state": str(space.state),
        "site_apt_archive": str(archive),
        "site_apt_release": release,
        "site_images": [dataclasses.asdict(item) for item in found],
        "site_cilium_manifest": str(manifest),
        "base_operator_key": _public_key(space.ssh_key),
        "drill_host_tree_archive": str(code.archive),
        "drill_host_tree_release": code.release,
        "recovery_agent_key": _public_key(space.recovery / "ssh_key"),
    }
    _write(space.state / CONTROLLER_FILE, controller)
    _write(
        space.state / RELEASE_FILE,
        {
            "schema_version": 1,
            "images": endpoints.image_references(site, {item.name: item.digest for item in found}),
            "key_hashes": _key_hashes(space),
            "releases": {
                model.Role.INFRA: _digest([release, *(item.digest for item in found)]),
                "drill_host": code.release,
                model.Role.CONTROL_PLANE: _digest([manifest.read_text(encoding="utf-8")]),
            },
        },
    )


def _write(path: Path, content: Mapping[str, object]) -> None:
    """Write a JSON file that only the operator reads, unless it holds the same already."""
    text = json.dumps(content, indent=2, sort_keys=True) + "\n"
    if not path.exists() or path.read_text(encoding="utf-8") != text:
        certificates.write_private(path, text.encode())


def _digest(texts: Iterable[str]) -> str:
    return hashlib.sha256("\n".join(texts).encode()).hexdigest()[:16]


def _key_hashes(space: prepare.Workspace) -> dict[str, str]:
    """Return the hashes of the drill host's key and of the lab's; a real site's others lie in `keys/api_keys.json`."""
    hashes: dict[str, str] = {}
    file = space.keys / "api_keys.json"
    if space.api_key.exists():
        hashes["lab"] = _key_hash(space.api_key)
    elif file.exists():
        hashes |= json.loads(file.read_text(encoding="utf-8"))
    return hashes | {recovery.API_KEY_NAME: _key_hash(space.recovery / "api_key")}


def _key_hash(path: Path) -> str:
    return hashlib.sha256(path.read_bytes().strip()).hexdigest()


def signed_archive(space: prepare.Workspace, repository: Path) -> tuple[Path, str]:
    """Return a tar of the signed repository, made when its content or signature is new, and its name.

    The name is `<digest of the packages>-<digest of the signature>`.
    """
    home, signed = space.keys / "gnupg", space.state / "apt"
    sign.make_key(home)
    sign.sign(repository, home, signed)
    public = signed / sign.KEYRING
    shutil.copyfile(public, space.keys / "apt.gpg")
    signatures = b"".join(path.read_bytes() for path in sorted(signed.glob("dists/*/InRelease")))
    release = "-".join(hashlib.sha256(part).hexdigest()[:12] for part in (repository.name.encode(), signatures))
    archive = space.state / "seed" / f"apt-{release}.tar"
    if not archive.exists():
        archive.parent.mkdir(exist_ok=True)
        for old in archive.parent.iterdir():
            old.unlink()
        _pack(repository, signed, archive, release)
    return archive, release


def _pack(repository: Path, signed: Path, archive: Path, release: str) -> None:
    """Write the repository, with its signatures over it, below the release's name; the file `complete` comes last."""
    draft = archive.with_suffix(".draft")
    with tarfile.open(draft, "w") as tar:
        for name in ("pool", "dists"):
            tar.add(repository / name, f"{release}/{name}")
        for path in sorted(signed.glob("dists/*/*Release")):
            tar.add(path, f"{release}/{path.relative_to(signed)}")
        tar.add(signed / sign.KEYRING, f"{release}/complete")
    draft.rename(archive)


def _public_key(private: Path) -> str:
    path = private.with_suffix(".pub")
    return path.read_text(encoding="utf-8").strip() if path.exists() else ""
