"""Read a YAML file into plain values that remember their lines; refuse what YAML would guess about."""

from __future__ import annotations

import dataclasses
import re
import stat
from pathlib import Path

import yaml

from ops import errors
from ops.spec import places
from ops.spec.findings import Finding, InvalidSpecError, Place, shorten

_LARGEST_FILE = 2**20
"""Bytes; a site of 1,000 nodes takes about a third of it."""

_MOST_VALUES = 100_000
"""Values after aliases are expanded: a few lines of nested aliases can stand for billions."""

_DECIMAL = re.compile(r"-?(0|[1-9][0-9]*)", re.ASCII)
_MOST_DIGITS = 18
_TAG = "tag:yaml.org,2002:"
_MERGE = _TAG + "merge"


@dataclasses.dataclass
class Document:
    """Plain values of a YAML file (dict, list, str, int, float, bool, None), with the place of each in the file."""

    value: object
    lines: dict[Place, int]
    """Line of each value and of each key, from 1."""
    texts: dict[Place, str]
    """Each scalar as it stands in the file."""
    findings: list[Finding]


def read(path: Path) -> Document:
    """Given the path of a YAML file, return its values; faults of single values are in `findings`.

    Raise InvalidSpecError when the file is not one YAML document, NotFoundError when there is no such file,
    SpecError when it cannot be read.
    """
    text = _read_text(path)
    builder = _Builder()
    try:
        root = yaml.compose(text, Loader=yaml.SafeLoader)
        value = None if root is None else builder.build(root, ())
    except yaml.YAMLError as error:
        raise InvalidSpecError([_syntax_fault(error)], places.shown(path)) from error
    except RecursionError as error:
        raise _unusable(path, "lists or mappings nested too deep", "take the nesting out") from error
    except _TooManyValuesError as error:
        raise _unusable(path, f"aliases that stand for over {_MOST_VALUES} values", "write them out") from error
    if root is None:
        raise _unusable(path, "nothing", "begin from inventory/example/site.yml")
    return Document(value, builder.lines, builder.texts, builder.findings)


def _unusable(path: Path, found: str, mend: str) -> InvalidSpecError:
    """Return the error for a file that is no site spec at all."""
    return InvalidSpecError([Finding("syntax", (), found, "a site spec", mend, 1)], places.shown(path))


def _read_text(path: Path) -> str:
    """Return the text of a regular file of at most 1 MiB of UTF-8."""
    where = places.shown(path)
    try:
        mode = path.stat().st_mode
        if not stat.S_ISREG(mode):
            raise errors.SpecError(
                "this is not a regular file",
                where=where,
                mend="name a site.yml, its directory, or a site of inventory/",
            )
        with path.open("rb") as file:
            data = file.read(_LARGEST_FILE + 1)
    except FileNotFoundError as error:
        raise errors.NotFoundError("there is no such file", where=where, mend="check the path") from error
    except OSError as error:
        reason = error.strerror or "the system gave no reason"
        raise errors.SpecError(
            f"the site spec cannot be read: {reason}", where=where, mend="make it a file that you may read"
        ) from error
    if len(data) > _LARGEST_FILE:
        raise errors.SpecError(
            f"the site spec has more than {_LARGEST_FILE} bytes", where=where, mend="name a site.yml, not another file"
        )
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        finding = Finding("syntax", (), f"byte 0x{data[error.start]:02x}", "UTF-8 text", "save it as UTF-8", line)
        raise InvalidSpecError([finding], where) from error


def _syntax_fault(error: yaml.YAMLError) -> Finding:
    """Translate a parser's error to a finding."""
    mark = getattr(error, "problem_mark", None)
    problem = getattr(error, "problem", None) or getattr(error, "reason", None) or "something that is not YAML"
    mend = "put the YAML right at this line"
    if "\\t" in problem:
        mend = "indent with spaces, not with tabs"
    elif "another document" in problem or "single document" in str(error):
        mend = "keep one document: remove the '---' line and what follows it"
    return Finding("syntax", (), shorten(str(problem)), "YAML", mend, None if mark is None else mark.line + 1)


class _TooManyValuesError(Exception):
    """Aliases expand to more than a spec can need."""


class _Builder:
    """Turns YAML nodes into plain values and notes lines, texts and faults on the way."""

    def __init__(self) -> None:
        self.lines: dict[Place, int] = {}
        self.texts: dict[Place, str] = {}
        self.findings: list[Finding] = []
        self._values = 0
        self._open: list[int] = []

    def build(self, node: yaml.Node, place: Place) -> object:
        """Return the plain value of a node."""
        self._values += 1
        if self._values > _MOST_VALUES:
            raise _TooManyValuesError
        self.lines.setdefault(place, node.start_mark.line + 1)
        if isinstance(node, yaml.ScalarNode):
            return self._scalar(node, place)
        if id(node) in self._open:
            self._note("alias", place, "an alias inside what it stands for", "values", "write the values out")
            return None
        self._open.append(id(node))
        value = self._mapping(node, place) if isinstance(node, yaml.MappingNode) else self._sequence(node, place)
        self._open.pop()
        return value

    def _note(self, rule: str, place: Place, found: str, allowed: str, mend: str, line: int | None = None) -> None:
        self.findings.append(Finding(rule, place, found, allowed, mend, line or self.lines.get(place)))

    def _sequence(self, node: yaml.Node, place: Place) -> list[object]:
        self._check_tag(node, place, "seq")
        return [self.build(item, (*place, index)) for index, item in enumerate(node.value)]

    def _mapping(self, node: yaml.MappingNode, place: Place) -> dict[str, object]:
        self._check_tag(node, place, "map")
        values: dict[str, object] = {}
        merged: dict[str, object] = {}
        for key, item in node.value:
            line = key.start_mark.line + 1
            if not isinstance(key, yaml.ScalarNode):
                self._note("key-type", place, "a list or mapping as a key", "text", "write a name as the key", line)
            elif key.tag == _MERGE:
                self._merge(item, place, merged)
            elif key.value in values:
                first = self.lines[(*place, key.value)]
                self._note(
                    "duplicate-key",
                    (*place, key.value),
                    f"the key '{shorten(key.value)}' a second time (first in line {first})",
                    "each key once",
                    "remove one of the two",
                    line,
                )
            else:
                self.lines[(*place, key.value)] = line
                values[key.value] = self.build(item, (*place, key.value))
        return merged | values

    def _merge(self, node: yaml.Node, place: Place, into: dict[str, object]) -> None:
        """Take the keys of `<<: *alias` that the mapping itself does not set; a list of aliases: the first wins."""
        for source in node.value if isinstance(node, yaml.SequenceNode) else [node]:
            if not isinstance(source, yaml.MappingNode):
                self._note("merge", place, "'<<' with something else than a mapping", "mappings", "write the keys out")
                continue
            value = self.build(source, place)
            if isinstance(value, dict):
                for key, item in value.items():
                    into.setdefault(key, item)

    def _check_tag(self, node: yaml.Node, place: Place, expected: str) -> None:
        if node.tag != _TAG + expected:
            self._note("tag", place, f"the tag {shorten(node.tag)}", "plain values", "remove the tag")

    def _scalar(self, node: yaml.ScalarNode, place: Place) -> object:
        """Return text, number or truth value; note what YAML 1.1 reads otherwise than people do."""
        text: str = node.value
        self.texts[place] = text if node.style is None else f"'{text}'"
        kind = node.tag.removeprefix(_TAG)
        if node.style is not None and node.tag != _TAG + "str":
            self._check_tag(node, place, "str")
        elif kind == "null":
            self._check_null(text, place)
            return None
        elif kind == "bool":
            return self._truth(text, place)
        elif kind == "int":
            return self._whole_number(text, place)
        elif kind == "float":
            return _number(text)
        elif kind not in {"str", "timestamp", "value"}:
            self._check_tag(node, place, "str")
        return text

    def _check_null(self, text: str, place: Place) -> None:
        if not text:
            self._note("empty-value", place, "nothing after the colon", "a value", "write a value, or remove the key")

    def _truth(self, text: str, place: Place) -> bool:
        if text not in {"true", "false"}:
            self._note(
                "ambiguous-value",
                place,
                f"{text}, which YAML reads as a truth value",
                "true or false, or text in quotes",
                f'write "{text}" if you mean the text',
            )
        return text == "true"

    def _whole_number(self, text: str, place: Place) -> int:
        if _DECIMAL.fullmatch(text):
            if len(text) <= _MOST_DIGITS:
                return int(text)
            self._note("huge-number", place, shorten(text), f"at most {_MOST_DIGITS} digits", "write a smaller number")
            return 0
        self._note(
            "ambiguous-value",
            place,
            f"{shorten(text)}, which YAML does not read as a decimal number",
            "a decimal number without leading zeros, signs or separators, or text in quotes",
            "write it as a decimal number, or in quotes if you mean the text",
        )
        return 0


def _number(text: str) -> float | str:
    """Return a float where Python reads one, else the text ('.inf', '1:30.5')."""
    try:
        return float(text)
    except ValueError:
        return text
