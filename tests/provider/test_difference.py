from __future__ import annotations

import pytest

from ops.provider import difference
from ops.provider.difference import Change, Kind
from ops.provider.wire import UNKNOWN, Properties, Secret


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ({"a": 1}, {"a": 1}, []),
        ({"a": 1}, {"a": 2}, [("a", Kind.UPDATE)]),
        ({"a": 1}, {}, [("a", Kind.DELETE)]),
        ({}, {"a": {"b": 1}}, [("a", Kind.ADD)]),
        ({"a": {"b": 1, "c": 2}}, {"a": {"b": 1, "c": 3}}, [("a.c", Kind.UPDATE)]),
        ({"a": [1, 2]}, {"a": [1, 3, 4]}, [("a[1]", Kind.UPDATE), ("a[2]", Kind.ADD)]),
        ({"a": [{"b": 1}, {"b": 2}]}, {"a": [{"b": 1}]}, [("a[1]", Kind.DELETE)]),
        ({"a": {"x/y.z": 1}}, {"a": {"x/y.z": 2}}, [('a["x/y.z"]', Kind.UPDATE)]),
        ({"a": Secret(1)}, {"a": 1}, []),
        ({"a": Secret(1)}, {"a": Secret(2)}, [("a", Kind.UPDATE)]),
        ({"a": 1}, {"a": UNKNOWN}, [("a", Kind.UPDATE)]),
        ({"a": 1}, {"a": [1]}, [("a", Kind.UPDATE)]),
    ],
)
def test_each_field_that_differs_is_named(old: Properties, new: Properties, expected: list[tuple[str, Kind]]) -> None:
    found = difference.compare(old, new)
    assert [(difference.render(change.path), change.kind) for change in found.changes] == expected


def test_only_fields_that_the_rule_names_force_a_replacement() -> None:
    found = difference.compare({"a": 1, "b": 1}, {"a": 2, "b": 2}, lambda path: path == ("b",))
    assert found.changes == (Change(("a",), Kind.UPDATE), Change(("b",), Kind.UPDATE, replaces=True))
