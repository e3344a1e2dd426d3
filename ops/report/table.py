"""Plain text tables: they look the same on a terminal, in a pipe and in a file."""

from __future__ import annotations

from collections.abc import Sequence


def render(rows: Sequence[Sequence[str]], headers: Sequence[str] = ()) -> str:
    """Given rows of equal length, return lines with aligned columns, two spaces apart."""
    lines = [*([headers] if headers else []), *rows]
    if not lines:
        return ""
    widths = [max(len(line[column]) for line in lines) for column in range(len(lines[0]))]
    text = ""
    for line in lines:
        cells = (cell.ljust(width) for cell, width in zip(line, widths, strict=True))
        text += "  ".join(cells).rstrip() + "\n"
    return text
