"""Hashes of a tree, and what differs."""

from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ops import errors
from ops.recovery import hashing

_FILES = st.dictionaries(st.sampled_from("abcdef"), st.integers(0, 3).map(str), max_size=6)


def tree(directory: Path) -> Path:
    (directory / "tree/empty").mkdir(parents=True)
    (directory / "tree/1").mkdir()
    (directory / "tree/1/weights").write_bytes(b"w" * 3_000_000)
    (directory / "tree/config.pbtxt").write_text("name")
    (directory / "tree/nothing").touch()
    (directory / "tree/current").symlink_to("1/weights")
    return directory / "tree"


def files(hashes: dict[str, str]) -> list[hashing.File]:
    return [hashing.File(path=path, size=1, sha256=number * 64) for path, number in hashes.items()]


@pytest.mark.parametrize("workers", [1, 4, None])
def test_every_file_and_link_is_there_with_its_hash(workers: int | None, tmp_path: Path) -> None:
    found = {file.path: file for file in hashing.hash_tree(tree(tmp_path), workers=workers)}
    assert list(found) == ["1/weights", "config.pbtxt", "current", "nothing"]
    assert found["1/weights"].sha256 == hashlib.sha256(b"w" * 3_000_000).hexdigest()
    assert found["nothing"].sha256 == hashlib.sha256().hexdigest()
    assert found["current"].link == "1/weights"


def test_a_tree_without_links_has_the_digest_of_a_model_manifest(tmp_path: Path) -> None:
    (tree(tmp_path) / "current").unlink()
    found = hashing.hash_tree(tmp_path / "tree")
    rows = [{"path": file.path, "sha256": file.sha256, "size": file.size} for file in found]
    text = json.dumps({"files": rows}, sort_keys=True, separators=(",", ":"))
    assert hashing.tree_digest(reversed(found)) == hashlib.sha256(text.encode()).hexdigest()


def test_a_pipe_is_refused(tmp_path: Path) -> None:
    os.mkfifo(tree(tmp_path) / "pipe")
    with pytest.raises(errors.IntegrityError, match="neither a file nor a link"):
        hashing.hash_tree(tmp_path / "tree")


def test_a_name_that_is_no_text_is_refused(tmp_path: Path) -> None:
    (tree(tmp_path) / os.fsdecode(b"\xff")).touch()
    with pytest.raises(errors.IntegrityError, match="not UTF-8"):
        hashing.hash_tree(tmp_path / "tree")


@given(_FILES)
def test_a_tree_does_not_differ_from_itself(hashes: dict[str, str]) -> None:
    assert not hashing.differences(files(hashes), files(hashes))


@given(_FILES, _FILES)
def test_every_path_is_in_one_class_and_the_classes_turn_round(before: dict[str, str], after: dict[str, str]) -> None:
    there, back = hashing.differences(files(before), files(after)), hashing.differences(files(after), files(before))
    assert (there.missing, there.unexpected, there.changed) == (back.unexpected, back.missing, back.changed)
    assert set(there.missing) == before.keys() - after.keys()
    assert set(there.changed) == {path for path in before.keys() & after.keys() if before[path] != after[path]}


def test_differences_are_told_in_one_line() -> None:
    told = hashing.differences(files(dict.fromkeys("abcde", "0")), files({"a": "1", "x": "0"}))
    assert str(told) == "missing: b, c, d and 1 more; unexpected: x; changed: a"
