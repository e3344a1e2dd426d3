"""Canonical JSON: one value, one text."""

from __future__ import annotations

import pydantic
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ops.recovery import canonical

_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=8,
)


@given(_VALUES)
def test_what_is_written_is_read_back(value: pydantic.JsonValue) -> None:
    assert canonical.decode(canonical.encode(value)) == value


@given(_VALUES, st.data())
def test_one_byte_changed_is_another_value_or_refused(value: pydantic.JsonValue, data: st.DataObject) -> None:
    text = canonical.encode(value)
    place = data.draw(st.integers(0, len(text) - 1))
    other = data.draw(st.integers(0, 255).filter(lambda byte: byte != text[place]))
    changed = text[:place] + bytes([other]) + text[place + 1 :]
    try:
        read = canonical.decode(changed)
    except ValueError:
        return
    assert canonical.encode(read) == changed


@pytest.mark.parametrize(
    "data",
    [
        b'{"b":1,"a":2}',
        b'{"a": 1}',
        b'{"a":1}\n',
        b'{"a":1,"a":1}',
        b"1.0e2",
        b'"\\u0061"',
        b"NaN",
        b"\xff",
        b"[" * 10**5,
    ],
)
def test_other_ways_to_write_the_same_are_refused(data: bytes) -> None:
    with pytest.raises(ValueError, match=r".*"):
        canonical.decode(data)
