"""Check plain values against the model: keys, types and ranges. Every fault becomes a finding for people."""

from __future__ import annotations

import difflib
import typing
from collections.abc import Mapping, Sequence

import pydantic
import pydantic_core

from ops.spec import scalars
from ops.spec.document import Document
from ops.spec.findings import Finding, Place, reveal
from ops.spec.model import Part, Site

_KINDS = {
    "string_type": "text; write it in quotes if it looks like a number",
    "int_type": "a whole number",
    "tuple_type": "a list",
    "model_type": "a mapping of keys to values",
    "model_attributes_type": "a mapping of keys to values",
}
"""What is allowed, by pydantic's name of the error."""

_NO_MAPPING = ("model_type", "model_attributes_type")
"""pydantic's names of the error that a mapping is missing."""

_EXAMPLES = {
    "schema_version": "schema_version: 1",
    "name": "name: <name>",
    "nodes": "nodes: [{name: infra1, roles: [infra]}, …]",
    "models": "models: [{name: …, size: …, licence: …, digest: …}]",
    "roles": "roles: [worker]",
    "size": "size: 98Mi",
    "count": "count: 8",
    "memory": "memory: 80Gi",
    "model": "model: <what the vendor calls it>",
}
"""How a missing key may look, by key."""


def check(document: Document) -> tuple[Site | None, list[Finding]]:
    """Given a document, return the site and all faults of the document and of its shape.

    With faults, the site is what the rest says, or None where that is not enough for a site: so that rules can still
    look at it, and all faults are told at once.
    """
    value = document.value
    noted = []
    for finding in document.findings:
        if finding.rule == "empty-value" and _is_part(finding.place):
            value = _with(value, finding.place, {})
        else:
            noted.append(finding)
    try:
        return Site.model_validate(value), noted
    except pydantic.ValidationError as error:
        details = [detail for detail in error.errors(include_url=False) if not _is_echo(detail)]
    unreadable = {finding.place for finding in noted if finding.rule != "duplicate-key"}
    findings = [_finding(detail, document.texts) for detail in details if detail["loc"] not in unreadable]
    try:
        return Site.model_validate(_mended(value, details)), noted + findings
    except pydantic.ValidationError:
        return None, noted + findings


def _is_echo(detail: pydantic_core.ErrorDetails) -> bool:
    """Tell whether a list is called too short only because its items are wrong."""
    return detail["type"] == "too_short" and len(detail["input"]) >= detail["ctx"]["min_length"]


def _mended(value: object, details: Sequence[pydantic_core.ErrorDetails]) -> object:
    """Return plain values without the wrong ones.

    A misspelt key takes the name that is probably meant, and what should be a mapping is one without keys.
    """
    for detail in details:
        place = detail["loc"]
        meant = _meant_key(place) if detail["type"] == "extra_forbidden" else None
        if meant:
            value = _with(value, (*place[:-1], meant), detail["input"])
        value = _with(value, place, {}) if detail["type"] in _NO_MAPPING else _without(value, place)
    return value


def _with(value: object, place: Place, new: object) -> object:
    """Return a copy of plain values with a new value at a place."""
    if not place:
        return new
    step, rest = place[0], place[1:]
    if isinstance(value, list):
        return [_with(item, rest, new) if index == step else item for index, item in enumerate(value)]
    if not isinstance(value, dict):
        return value
    return value | {step: _with(value.get(step), rest, new)}


def _without(value: object, place: Place) -> object:
    """Return a copy of plain values without the key at a place; list items and what is not there stay."""
    if not place:
        return value
    step, rest = place[0], place[1:]
    if isinstance(value, list):
        return [_without(item, rest) if index == step else item for index, item in enumerate(value)]
    if not isinstance(value, dict):
        return value
    if not rest:
        return {key: item for key, item in value.items() if key != step}
    return {key: _without(item, rest) if key == step else item for key, item in value.items()}


def _finding(detail: pydantic_core.ErrorDetails, texts: Mapping[Place, str]) -> Finding:
    """Translate one of pydantic's errors."""
    place, kind = detail["loc"], detail["type"]
    if kind == "extra_forbidden":
        return _unknown_key(place)
    if kind == "missing":
        key = str(place[-1])
        allowed = f"the key '{key}', which has no default"
        return Finding("missing-key", place, "nothing", allowed, f"add '{_EXAMPLES.get(key, key + ': …')}'")
    found = _shown(detail["input"], texts.get(place))
    allowed = _allowed(detail)
    rule = "wrong-type" if kind.endswith("_type") else "wrong-value"
    return Finding(rule, place, found, allowed, _mend(detail, place, allowed))


def _unknown_key(place: Place) -> Finding:
    """Name the keys that are known there, and the one that is probably meant."""
    key = reveal(str(place[-1]))
    meant = _meant_key(place)
    known = ", ".join(_part_at(place[:-1]).model_fields) or "none"
    return Finding(
        "unknown-key", place, f"the unknown key '{key}'", known, f"write '{meant}'" if meant else "remove it"
    )


def _meant_key(place: Place) -> str | None:
    """Return the known key that looks most like an unknown one."""
    key = str(place[-1]).lower().replace("-", "_")
    close = difflib.get_close_matches(key, list(_part_at(place[:-1]).model_fields), n=1, cutoff=0.6)
    return close[0] if close else None


def _part_at(place: Place) -> type[Part]:
    """Return the model class of a mapping in the spec. Raise LookupError where the spec has no mapping."""
    part: type[Part] = Site
    for step in place:
        if isinstance(step, str):
            part = _part_in(part.model_fields[step].annotation)
    return part


def _is_part(place: Place) -> bool:
    """Tell whether the spec has a mapping at a place."""
    try:
        return bool(place) and isinstance(place[-1], str) and not _is_list(place) and bool(_part_at(place))
    except LookupError:
        return False


def _is_list(place: Place) -> bool:
    """Tell whether the spec has a list at a place."""
    annotation = _part_at(place[:-1]).model_fields[str(place[-1])].annotation
    return typing.get_origin(annotation) is tuple


def _part_in(annotation: object) -> type[Part]:
    """Return the model class inside `Part`, `Part | None` or `tuple[Part, …]`. Raise LookupError without one."""
    for candidate in (annotation, *typing.get_args(annotation)):
        if isinstance(candidate, type) and issubclass(candidate, Part):
            return candidate
    raise LookupError(annotation)


def _shown(value: object, text: str | None) -> str:
    """Return a wrong value as it stands in the file, or what kind of thing it is."""
    if isinstance(value, dict):
        return "a mapping"
    if isinstance(value, list):
        return f"a list of {len(value)}"
    if value is None:
        return "null"
    return reveal(str(value) if text is None else text)


def _allowed(detail: pydantic_core.ErrorDetails) -> str:
    """Say what is allowed at the place of an error."""
    kind = detail["type"]
    context = detail.get("ctx", {})
    limits = {
        "greater_than_equal": ("{} or more", "ge"),
        "less_than_equal": ("{} or less", "le"),
        "string_too_short": ("{} or more characters", "min_length"),
        "string_too_long": ("{} or fewer characters", "max_length"),
        "too_short": ("{} or more of them", "min_length"),
        "too_long": ("{} or fewer of them", "max_length"),
    }
    if kind in limits:
        words, key = limits[kind]
        return words.format(context[key])
    if kind == "string_pattern_mismatch":
        return scalars.WORDS[context["pattern"]]
    if kind in {"enum", "literal_error"}:
        return str(context["expected"]).replace("'", "").replace(" or ", ", ")
    if kind == "value_error":
        return str(context["error"])
    return _KINDS.get(kind, detail["msg"])


def _mend(detail: pydantic_core.ErrorDetails, place: Place, allowed: str) -> str:
    """Say what to write instead."""
    value = detail["input"]
    if detail["type"] == "enum" and isinstance(value, str):
        close = difflib.get_close_matches(value.lower().replace("-", "_"), allowed.split(", "), n=1, cutoff=0.5)
        if close:
            return f"did you mean '{close[0]}'?"
    if detail["type"] == "string_type" and isinstance(value, int | float):
        return "put the value in quotes, or write another one"
    if isinstance(error := detail.get("ctx", {}).get("error"), scalars.ScalarError) and error.mend:
        return error.mend
    if detail["type"] == "tuple_type":
        return "write a list: [one, two], or one '- item' a line"
    if detail["type"] in _NO_MAPPING and place and isinstance(place[-1], str):
        return f"write '{place[-1]}: {{}}', or keys below it"
    subject = str(place[-1]) if place and isinstance(place[-1], str) else "this value"
    return f"change {subject} to what is allowed"
