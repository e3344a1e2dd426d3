"""Which fields differ between recorded and wanted properties, field by field, as Pulumi shows them."""

from __future__ import annotations

import dataclasses
import enum
from collections.abc import Callable, Iterator
from typing import TypeAlias

from ops.provider import wire
from ops.provider.wire import Properties, Value

Path: TypeAlias = tuple[str | int, ...]
"""Keys and list positions from the top of the properties to a field."""


class Kind(enum.Enum):
    """What happens to a field."""

    ADD = "add"
    DELETE = "delete"
    UPDATE = "update"


@dataclasses.dataclass(frozen=True)
class Change:
    """One field that differs."""

    path: Path
    kind: Kind
    replaces: bool = False
    """The resource must be made anew for this change."""


@dataclasses.dataclass(frozen=True)
class Difference:
    """All fields that differ; none means that nothing is to be done."""

    changes: tuple[Change, ...] = ()
    delete_before_replace: bool = False
    """On replacement the old resource must go first: two of that name cannot stand side by side."""


def compare(old: Properties, new: Properties, replaces: Callable[[Path], bool] = lambda _path: False) -> Difference:
    """Given recorded and wanted inputs, return the fields that differ; `replaces` says which force a replacement."""
    found = tuple(
        dataclasses.replace(change, replaces=replaces(change.path))
        for change in _walk((), wire.reveal(old), wire.reveal(new))
    )
    return Difference(found)


def _walk(path: Path, old: Value, new: Value) -> Iterator[Change]:
    """Yield the deepest fields that differ between two values without Secret marks."""
    if isinstance(old, dict) and isinstance(new, dict):
        yield from _walk_maps(path, old, new)
    elif isinstance(old, list) and isinstance(new, list):
        pairs = min(len(old), len(new))
        for index in range(pairs):
            yield from _walk((*path, index), old[index], new[index])
        for index in range(pairs, len(new)):
            yield Change((*path, index), Kind.ADD)
        for index in range(pairs, len(old)):
            yield Change((*path, index), Kind.DELETE)
    elif old != new:
        yield Change(path, Kind.UPDATE)


def _walk_maps(path: Path, old: dict[str, Value], new: dict[str, Value]) -> Iterator[Change]:
    for key in sorted(old.keys() | new.keys()):
        if key not in new:
            yield Change((*path, key), Kind.DELETE)
        elif key not in old:
            yield Change((*path, key), Kind.ADD)
        else:
            yield from _walk((*path, key), old[key], new[key])


def render(path: Path) -> str:
    """Return a path in Pulumi's notation: `spec.containers[0].image`, `metadata.labels["a.b/c"]`."""
    text = ""
    for part in path:
        if isinstance(part, int):
            text += f"[{part}]"
        elif any(character in part for character in '.[]"'):
            escaped = part.replace('"', '\\"')
            text += f'["{escaped}"]'
        else:
            text += f".{part}" if text else part
    return text
