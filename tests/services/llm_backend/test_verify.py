from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from ops.services.llm_backend import verify
from ops.spec.places import PROJECT_ROOT

_FILES = {"model.gguf": b"weights" * 1000, "tokenizer/vocabulary.json": b"{}"}


def _manifest(directory: Path, content: object) -> str:
    """Write a manifest and return its digest."""
    text = json.dumps(content, sort_keys=True, separators=(",", ":")).encode()
    (directory / "manifest.json").write_bytes(text)
    return "sha256:" + hashlib.sha256(text).hexdigest()


@pytest.fixture
def digest(tmp_path: Path) -> str:
    """Weights as recorded in tmp_path; the digest of their manifest."""
    for name, content in _FILES.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(content)
    entries = [
        {"path": name, "sha256": hashlib.sha256(content).hexdigest(), "size": len(content)}
        for name, content in _FILES.items()
    ]
    return _manifest(tmp_path, {"files": entries})


def test_weights_as_recorded_have_no_fault(tmp_path: Path, digest: str) -> None:
    assert verify.verify(tmp_path, digest) == []


def _flip(directory: Path) -> None:
    file = directory / "model.gguf"
    content = bytearray(file.read_bytes())
    content[3500] ^= 1
    file.write_bytes(content)


def _truncate(directory: Path) -> None:
    (directory / "model.gguf").write_bytes(_FILES["model.gguf"][:-1])


def _remove(directory: Path) -> None:
    (directory / "model.gguf").unlink()


def _add(directory: Path) -> None:
    (directory / "tokenizer" / "more.bin").write_bytes(b"x")


def _link(directory: Path) -> None:
    (directory / "copy").write_bytes(_FILES["model.gguf"])
    (directory / "model.gguf").unlink()
    (directory / "model.gguf").symlink_to(directory / "copy")


@pytest.mark.parametrize(
    ("damage", "fault"),
    [
        (_flip, "model.gguf: sha256 "),
        (_truncate, "model.gguf: 6999 bytes, expected 7000"),
        (_remove, "model.gguf: in the manifest but not in the directory"),
        (_add, "tokenizer/more.bin: in the directory but not in the manifest"),
        (_link, "model.gguf: not a regular file"),
    ],
)
def test_any_damage_is_named(tmp_path: Path, digest: str, damage: Callable[[Path], None], fault: str) -> None:
    damage(tmp_path)
    assert any(found.startswith(fault) for found in verify.verify(tmp_path, digest))


def test_a_manifest_that_is_not_the_one_asked_for_is_not_believed(tmp_path: Path, digest: str) -> None:
    _manifest(tmp_path, {"files": []})
    with pytest.raises(verify.ManifestError, match=f"expected {digest}"):
        verify.verify(tmp_path, digest)


def test_a_directory_without_a_manifest_is_refused(tmp_path: Path) -> None:
    with pytest.raises(verify.ManifestError, match="no manifest"):
        verify.verify(tmp_path, "sha256:" + "0" * 64)


@pytest.mark.parametrize("content", [[], {}, {"files": 5}, {"files": [{"path": "x"}]}])
def test_a_manifest_that_makes_no_sense_is_refused(tmp_path: Path, content: object) -> None:
    with pytest.raises(verify.ManifestError, match="is not a manifest"):
        verify.verify(tmp_path, _manifest(tmp_path, content))


def _command(directory: Path, digest: str) -> subprocess.CompletedProcess[str]:
    """Run it as the init container does."""
    command = [sys.executable, "-m", "llm_backend.verify", str(directory), digest]
    environment = {"PYTHONPATH": str(PROJECT_ROOT / "ops" / "services")}
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=60)


def test_the_command_is_silent_when_all_is_well(tmp_path: Path, digest: str) -> None:
    ended = _command(tmp_path, digest)
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, "", "")


def test_the_command_fails_with_one_line_for_each_fault(tmp_path: Path, digest: str) -> None:
    _add(tmp_path)
    _truncate(tmp_path)
    ended = _command(tmp_path, digest)
    assert ended.returncode == 1
    assert len(ended.stderr.splitlines()) == 2
