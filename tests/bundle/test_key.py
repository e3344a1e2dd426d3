from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ops.bundle import key

_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=8,
)
_INPUTS = st.dictionaries(st.text(max_size=6), _VALUES, max_size=4)


@given(inputs=_INPUTS)
def test_the_order_of_inputs_does_not_change_a_key(inputs: dict[str, object]) -> None:
    backwards = dict(reversed(list(inputs.items())))
    assert key.of_artifact("name", inputs, {}) == key.of_artifact("name", backwards, {})


@given(first=_INPUTS, second=_INPUTS)
def test_keys_are_equal_only_for_inputs_that_are_the_same_text(
    first: dict[str, object], second: dict[str, object]
) -> None:
    same = json.dumps(first, sort_keys=True) == json.dumps(second, sort_keys=True)
    assert (key.of_artifact("name", first, {}) == key.of_artifact("name", second, {})) is same


@given(inputs=_INPUTS, need=st.text(min_size=1, max_size=5))
def test_the_name_and_the_key_of_a_need_are_part_of_the_key(inputs: dict[str, object], need: str) -> None:
    plain = key.of_artifact("name", inputs, {})
    assert plain != key.of_artifact("other", inputs, {})
    assert plain != key.of_artifact("name", inputs, {need: "0" * key.LENGTH})


@given(value=_VALUES)
def test_canonical_text_reads_back_as_the_value(value: object) -> None:
    assert json.loads(key.canonical(value)) == value


@pytest.mark.parametrize(
    ("changed", "same"),
    [
        ('"""Another docstring."""\ndef f():\n    """Another."""\n    return 1\n', True),
        ('"""Doc."""\n\n\ndef f():  # a comment\n    """Doc."""\n    return (1)\n', True),
        ('"""Doc."""\ndef f():\n    """Doc."""\n    return 2\n', False),
        ('"""Doc."""\ndef f(x=0):\n    """Doc."""\n    return 1\n', False),
    ],
)
def test_only_what_code_does_is_part_of_its_digest(changed: str, same: bool, tmp_path: Path) -> None:
    path = tmp_path / "code.py"
    path.write_text('"""Doc."""\ndef f():\n    """Doc."""\n    return 1\n')
    before = key.of_code([path])
    path.write_text(changed)
    assert (key.of_code([path]) == before) is same


def test_a_trees_digest_follows_paths_contents_and_executable_bits(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    file = tmp_path / "folder" / "file"
    file.write_text("a")
    seen = {key.of_tree(tmp_path)}
    file.chmod(0o755)
    seen.add(key.of_tree(tmp_path))
    file.write_text("b")
    seen.add(key.of_tree(tmp_path))
    file.rename(tmp_path / "folder" / "other")
    seen.add(key.of_tree(tmp_path))
    assert len(seen) == 4


def test_a_trees_digest_ignores_pythons_own_cache(tmp_path: Path) -> None:
    before = key.of_tree(tmp_path)
    (tmp_path / "__pycache__").mkdir()
    (tmp_path / "__pycache__" / "module.pyc").write_bytes(b"x")
    assert key.of_tree(tmp_path) == before
