from __future__ import annotations

import subprocess
import tarfile
from pathlib import Path

import pytest

from ops.bundle import layer
from tests.bundle import workshops

pytestmark = pytest.mark.bundle


def _tree(root: Path, order: list[str]) -> Path:
    for name in order:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(name)
    (root / "folder" / "script").chmod(0o700)
    (root / "link").symlink_to("folder/script")
    return root


def _write(place: Path, order: list[str]) -> layer.Layer:
    workshop = workshops.workshop(place)
    layer.write(layer.tree(_tree(place / "tree", order)), workshop)
    return layer.read(workshop.output)


def test_equal_contents_give_equal_bytes_whenever_and_in_whatever_order_they_were_written(tmp_path: Path) -> None:
    first = _write(tmp_path / "first", ["folder/script", "a", "z"])
    second = _write(tmp_path / "second", ["z", "a", "folder/script"])
    assert first.blob.read_bytes() == second.blob.read_bytes()
    assert (first.digest, first.diff_id, first.size) == (second.digest, second.diff_id, second.size)


def test_a_layer_belongs_to_root_is_readable_by_all_and_has_no_times(tmp_path: Path) -> None:
    written = _write(tmp_path, ["folder/script", "a"])
    archive = tmp_path / "layer.tar"
    subprocess.run(["zstd", "--quiet", "--decompress", written.blob, "-o", archive], check=True)
    with tarfile.open(archive) as tar:
        members = {member.name: member for member in tar}
    assert list(members) == ["a", "folder", "folder/script", "link"]
    assert {member.uid for member in members.values()} == {0}
    assert {member.mtime for member in members.values()} == {0}
    assert {name: member.mode for name, member in members.items()} == {
        "a": 0o644,
        "folder": 0o755,
        "folder/script": 0o755,
        "link": 0o777,
    }
    assert members["link"].linkname == "folder/script"


def test_the_recorded_digests_are_those_of_the_bytes(tmp_path: Path) -> None:
    written = _write(tmp_path, ["folder/script", "a"])
    packed = subprocess.run(["sha256sum", written.blob], check=True, capture_output=True, text=True).stdout
    plain = subprocess.run(["zstd", "-dc", written.blob], check=True, capture_output=True).stdout
    unpacked = subprocess.run(["sha256sum"], input=plain, check=True, capture_output=True).stdout.decode()
    assert written.digest == f"sha256:{packed.split()[0]}"
    assert written.diff_id == f"sha256:{unpacked.split()[0]}"
    assert written.size == written.blob.stat().st_size
