"""Variables as lines for a POSIX shell."""

from __future__ import annotations

import shlex
from collections.abc import Mapping


def export_lines(variables: Mapping[str, str]) -> str:
    """Return `export NAME=value` lines; every value is quoted so that eval takes it as it is."""
    return "".join(f"export {name}={shlex.quote(value)}\n" for name, value in variables.items())
