from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from ops.bundle import image, layer, lock, recipe
from tests.bundle import workshops

pytestmark = pytest.mark.bundle

_WANTED = lock.Image(
    tag="1.0",
    layers=("lower", "upper"),
    entrypoint=("/bin/thing",),
    environment={"LANG": "C.UTF-8"},
    user="1000:1000",
)


def _layer(place: Path, text: str) -> Path:
    workshop = workshops.workshop(place)
    layer.write([layer.file(text, text.encode())], workshop)
    return workshop.output


@pytest.fixture
def layout(tmp_path: Path) -> Path:
    workshop = workshops.workshop(
        tmp_path / "image", lower=_layer(tmp_path / "lower", "lower"), upper=_layer(tmp_path / "upper", "upper")
    )
    _recipe(_WANTED).make(workshop)
    return workshop.output


def _recipe(wanted: lock.Image) -> recipe.Recipe:
    locked = lock.load().model_copy(update={"images": {"images/thing": wanted}})
    (made,) = image.recipes(locked)
    return made


def _skopeo(*arguments: str | Path) -> Any:
    return json.loads(subprocess.run(["skopeo", *arguments], check=True, capture_output=True, text=True).stdout)


def test_skopeo_reads_the_image_and_its_configuration(layout: Path, tmp_path: Path) -> None:
    inspected = _skopeo("inspect", f"oci:{layout}:1.0")
    layers = [layer.read(tmp_path / name / "output") for name in _WANTED.layers]
    assert inspected["Digest"] == image.digest(layout)
    assert inspected["Layers"] == [item.digest for item in layers]
    configuration = _skopeo("inspect", "--config", f"oci:{layout}:1.0")
    assert configuration["rootfs"]["diff_ids"] == [item.diff_id for item in layers]
    assert configuration["config"]["User"] == "1000:1000"
    assert configuration["config"]["Entrypoint"] == ["/bin/thing"]
    assert "LANG=C.UTF-8" in configuration["config"]["Env"]
    assert "Cmd" not in configuration["config"]


def test_a_copy_keeps_the_digest(layout: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    subprocess.run(["skopeo", "copy", "--quiet", "--preserve-digests", f"oci:{layout}:1.0", f"dir:{copy}"], check=True)
    written = subprocess.run(["sha256sum", copy / "manifest.json"], check=True, capture_output=True, text=True).stdout
    assert f"sha256:{written.split()[0]}" == image.digest(layout)


def test_the_tag_is_the_one_of_the_lock(layout: Path) -> None:
    assert image.tag(layout) == "1.0"


def test_a_setting_changes_the_recipe_and_so_the_key() -> None:
    other = _WANTED.model_copy(update={"user": "0:0"})
    assert _recipe(_WANTED).inputs != _recipe(other).inputs
