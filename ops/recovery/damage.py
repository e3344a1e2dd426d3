"""Damage a copy on purpose, for the negative control of a drill."""

from __future__ import annotations

import base64
import os
import shutil
from collections.abc import Callable
from pathlib import Path

from ops import errors

Check = Callable[[], object]


def copy(source: Path, target: Path) -> None:
    """Copy a directory, so that the damage is not to what was restored."""
    shutil.copytree(source, target, symlinks=True)


def flip(path: Path) -> None:
    """Flip the last bit of the byte in the middle of a file; its size stays."""
    with path.open("r+b") as file:
        middle = path.stat().st_size // 2
        file.seek(middle)
        byte = file.read(1)
        file.seek(middle)
        file.write(bytes([byte[0] ^ 1]))
        file.flush()
        os.fsync(file.fileno())


def each(*checks: Check) -> Check:
    """Return a check that is refused only when each of these is: one that passes damage lets the whole pass."""

    def check() -> None:
        said = []
        for one in checks:
            try:
                one()
            except errors.IntegrityError as error:
                said.append(error)
            else:
                return
        raise errors.IntegrityError(
            "; and: ".join(error.what for error in said), where=said[0].where, mend=said[0].mend
        )

    return check


def decoded(text: str) -> str:
    """Return the text of a Secret's value."""
    return base64.b64decode(text).decode()
