"""Show a site's effective spec and where each value comes from."""

from __future__ import annotations

import dataclasses
import json

from ops.spec import loader, locate, places
from ops.spec.findings import Place, render_place


@dataclasses.dataclass(frozen=True)
class Value:
    """One value of the effective spec."""

    path: str
    text: str
    """As JSON writes it, without quotes round text."""
    origin: str


@dataclasses.dataclass(frozen=True)
class Shown:
    """An effective spec, whole and value by value."""

    site: str
    path: str
    spec: dict[str, object]
    """Plain values, as they could stand in a file."""
    values: tuple[Value, ...]


def show(argument: str) -> Shown:
    """Given a site's name or path, return its effective spec. Raise InvalidSpecError with all its faults."""
    path = locate.resolve(argument)
    loaded = loader.load_with_origins(path)
    plain = loaded.site.model_dump(mode="json")
    values = tuple(
        Value(render_place(place), _text(_at(plain, place)), origin) for place, origin in loaded.origins.items()
    )
    return Shown(loaded.site.name, places.shown(path), plain, values)


def _at(value: object, place: Place) -> object:
    """Return the value at a place in plain values."""
    for step in place:
        value = value[step]  # type: ignore[index] # the place was made from the same values
    return value


def _text(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value)
