"""Check a directory of weights against its manifest, file by file, before Triton may load it.

Run as `python3 -m llm_backend.verify DIRECTORY sha256:DIGEST`, for example in an init container.
Exit code 0: every file is as recorded and no other file is there. 1: it is not; stderr names each fault. 2: usage.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
from pathlib import Path

MANIFEST = "manifest.json"
"""Lies beside the weights: `{"files":[{"path","sha256","size"}]}`; the model's digest is the SHA-256 of this file."""

_BLOCK = 2**20
"""Bytes read at a time."""


class ManifestError(ValueError):
    """The manifest is missing, is not the one that was asked for, or makes no sense."""


def verify(directory: Path, digest: str) -> list[str]:
    """Given a directory and the digest of its manifest, return one line for each fault; none means that all is well.

    Raise ManifestError when the manifest itself cannot be trusted, and OSError when a file cannot be read.
    """
    recorded = _read_manifest(directory / MANIFEST, digest)
    present = {str(path.relative_to(directory)) for path in directory.rglob("*") if not path.is_dir()} - {MANIFEST}
    faults = [f"{path}: in the directory but not in the manifest" for path in sorted(present - recorded.keys())]
    for path, (sha256, size) in sorted(recorded.items()):
        if path not in present:
            faults.append(f"{path}: in the manifest but not in the directory")
        elif fault := _compare(directory / path, sha256, size):
            faults.append(f"{path}: {fault}")
    return faults


def _read_manifest(path: Path, digest: str) -> dict[str, tuple[str, int]]:
    """Return (sha256, size in bytes) by path."""
    if not path.is_file():
        raise ManifestError(f"no manifest at {path}")
    text = path.read_bytes()
    found = f"sha256:{hashlib.sha256(text).hexdigest()}"
    if found != digest:
        raise ManifestError(f"{path} has digest {found}, expected {digest}")
    try:
        return {entry["path"]: (entry["sha256"], entry["size"]) for entry in json.loads(text)["files"]}
    except (ValueError, KeyError, TypeError) as error:
        raise ManifestError(f"{path} is not a manifest: {error!r}") from error


def _compare(path: Path, sha256: str, size: int) -> str | None:
    """Return what is wrong with a file, or nothing."""
    if path.is_symlink() or not path.is_file():
        return "not a regular file"
    if path.stat().st_size != size:
        return f"{path.stat().st_size} bytes, expected {size}"
    hasher = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            hasher.update(block)
    return None if hasher.hexdigest() == sha256 else f"sha256 {hasher.hexdigest()}, expected {sha256}"


def main(arguments: list[str]) -> int:
    """Run the check and return the exit code."""
    parser = argparse.ArgumentParser(prog="llm_backend.verify", description="Check weights against their manifest.")
    parser.add_argument("directory", type=Path)
    parser.add_argument("digest", help="sha256:… of manifest.json")
    options = parser.parse_args(arguments)
    try:
        faults = verify(options.directory, options.digest)
    except (ManifestError, OSError) as error:
        faults = [str(error)]
    for fault in faults:
        sys.stderr.write(f"{fault}\n")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
