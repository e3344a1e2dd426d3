"""Take an expression of PromQL apart to the series that it reads."""

from __future__ import annotations

import re

_LABEL_LISTS = re.compile(r"\b(by|on|ignoring|without|group_left|group_right)\s*\([^)]*\)")
_TEXTS = re.compile(r'"[^"]*"')
_RANGES = re.compile(r"\[[^\]]*\]")
_SELECTOR = re.compile(r"([a-zA-Z_:][a-zA-Z0-9_:]*)?\s*(\{[^}]*\})|([a-zA-Z_:][a-zA-Z0-9_:]*)(?![\w:])(?!\s*\()")
_WORDS = frozenset({"and", "or", "unless", "bool", "offset", "group_left", "group_right", "inf", "nan"})


def selectors(expression: str) -> tuple[str, ...]:
    """Return the selectors of an expression, each once: 'up{job="node"}'."""
    text = _RANGES.sub("", _LABEL_LISTS.sub("", expression))
    found = []
    for match in _SELECTOR.finditer(text):
        if match[2]:
            found.append(f"{match[1] or ''}{' '.join(match[2].split())}")
        elif match[3].lower() not in _WORDS and not _inside_text(text, match.start()):
            found.append(match[3])
    return tuple(dict.fromkeys(found))


def without(selector: str, label: str) -> str:
    """Return a selector that no longer asks for a label."""
    return re.sub(rf',?\s*\b{label}\s*(=~|!~|!=|=)\s*"[^"]*"', "", selector)


def _inside_text(text: str, position: int) -> bool:
    return any(match.start() < position < match.end() for match in _TEXTS.finditer(text))
