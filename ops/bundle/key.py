"""Names an artifact by what goes into it: equal inputs, equal key."""

from __future__ import annotations

import ast
import hashlib
import json
from collections.abc import Iterable, Mapping
from pathlib import Path

LENGTH = 16
"""Hexadecimal digits of a key: 64 bits, enough for the few hundred artifacts of one cache."""

_FORMAT = 1
"""Raised when artifacts of older builders must not be reused whatever their inputs."""


def canonical(value: object) -> str:
    """Given plain JSON values, return their one text: sorted keys, no spaces, ASCII only."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False)


def of_text(text: str) -> str:
    """Return the sha256 of a text in UTF-8 as hexadecimal digits."""
    return hashlib.sha256(text.encode()).hexdigest()


def of_file(path: Path) -> str:
    """Return the sha256 of a file as hexadecimal digits. Raise OSError when it cannot be read."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def of_tree(root: Path) -> str:
    """Return one digest of all files under a directory: their paths, executable bits and contents."""
    entries = {}
    for path in sorted(root.rglob("*")):
        if path.is_file() and "__pycache__" not in path.parts:
            executable = bool(path.stat().st_mode & 0o100)
            entries[path.relative_to(root).as_posix()] = [executable, of_file(path)]
    return of_text(canonical(entries))


def of_code(paths: Iterable[Path]) -> str:
    """Return one digest of what Python files do: comments, layout and docstrings do not count."""
    meaning = {}
    for path in paths:
        tree = ast.parse(path.read_text())
        for node in ast.walk(tree):
            body = getattr(node, "body", None)
            if isinstance(body, list):
                node.body = [part for part in body if not _is_text(part)]  # type: ignore[attr-defined]
        meaning[path.name] = ast.dump(tree)
    return of_text(canonical(meaning))


def of_artifact(name: str, inputs: Mapping[str, object], needs: Mapping[str, str]) -> str:
    """Given an artifact's own inputs and the keys of the artifacts it is made from, return its key."""
    return of_text(canonical([_FORMAT, name, inputs, needs]))[:LENGTH]


def _is_text(node: object) -> bool:
    """Tell whether a statement is a bare string, as a docstring is."""
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)
