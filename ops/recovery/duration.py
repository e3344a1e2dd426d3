"""A length of time as a person says it."""

from __future__ import annotations

_UNITS = ((86400, "d", 3600, "h"), (3600, "h", 60, "min"), (60, "min", 1, "s"))
"""Seconds and name of a unit, then of the next smaller one."""

_TENTHS_BELOW = 10
"""Seconds below which tenths are worth saying."""


def spoken(seconds: float) -> str:
    """Given seconds, return '4.2 s', '38 s', '2 min 4 s', '3 h 12 min' or '1 d 4 h'."""
    whole = round(seconds)
    for size, big, part, small in _UNITS:
        if whole >= size:
            units, rest = divmod(whole, size)
            return f"{units} {big} {rest // part} {small}" if rest >= part else f"{units} {big}"
    return f"{seconds:.1f} s" if seconds < _TENTHS_BELOW and seconds != whole else f"{whole} s"
