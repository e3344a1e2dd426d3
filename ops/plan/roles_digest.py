"""A digest of the code that runs on a node: when it changes, the node is looked at again."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from pathlib import Path

from ops.spec import places

_SHARED = (Path("plugins/modules"), Path("plugins/module_utils"), Path("plugins/filter"))
"""Code that tasks of any role may call."""
_NOT_RUN = frozenset({"README.md", "argument_specs.yml", "molecule", "tests", "__pycache__"})
"""Names in a role that change nothing on a host."""


def roles_digest(playbook: str, role_names: Iterable[str], root: Path = places.PROJECT_ROOT) -> str:
    """Given a playbook and the roles of a node, return the SHA-256 over their files and the shared modules.

    Paths and contents count, in sorted order; documentation and tests do not.
    """
    files = [root / playbook]
    for directory in (*_SHARED, *(Path("roles", name) for name in sorted(role_names))):
        files += sorted(path for path in (root / directory).rglob("*") if path.is_file() and not _skipped(path, root))
    digest = hashlib.sha256()
    for file in files:
        content = file.read_bytes()
        digest.update(f"{file.relative_to(root)}\0{len(content)}\0".encode())
        digest.update(content)
    return digest.hexdigest()


def _skipped(path: Path, root: Path) -> bool:
    return not _NOT_RUN.isdisjoint(path.relative_to(root).parts)
