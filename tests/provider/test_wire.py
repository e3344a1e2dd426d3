from __future__ import annotations

from typing import Any

import hypothesis
from hypothesis import strategies
from pulumi.runtime import rpc

from ops.provider import wire
from ops.provider.wire import UNKNOWN, Properties, Secret

VALUES: strategies.SearchStrategy[Any] = strategies.recursive(
    strategies.none() | strategies.booleans() | strategies.integers(-(2**50), 2**50) | strategies.text(max_size=8),
    lambda inner: (
        strategies.lists(inner, max_size=4)
        | strategies.dictionaries(strategies.text(max_size=6), inner, max_size=4)
        | inner.map(Secret)
    ),
    max_leaves=12,
)


def test_the_signatures_are_those_of_the_installed_sdk() -> None:
    assert rpc._special_sig_key == wire.SIGNATURE
    assert rpc._special_secret_sig == wire.SECRET
    assert wire.UNKNOWN_TEXT == rpc.UNKNOWN


@hypothesis.given(strategies.dictionaries(strategies.text(max_size=6), VALUES, max_size=5))
def test_what_is_encoded_decodes_to_the_same(properties: dict[str, Any]) -> None:
    assert wire.decode(wire.encode(properties)) == properties


def test_unknown_values_keep_their_place() -> None:
    decoded = wire.decode(wire.encode({"a": UNKNOWN, "b": [1, UNKNOWN]}))
    assert decoded == {"a": UNKNOWN, "b": [1, UNKNOWN]}
    assert wire.has_unknown(dict(decoded))


def test_an_unknown_secret_is_unknown() -> None:
    assert wire.decode(wire.encode({"a": Secret(UNKNOWN)})) == {"a": UNKNOWN}


def test_revealing_takes_all_secret_marks_away() -> None:
    assert wire.reveal({"a": Secret({"b": [Secret(1)]})}) == {"a": {"b": [1]}}


def test_outputs_are_secret_where_the_inputs_are() -> None:
    pattern: Properties = {"spec": {"key": Secret("x"), "open": "y"}, "list": [{"token": Secret("t")}]}
    found = wire.conceal_fields_like({"spec": {"key": "x", "open": "y"}, "list": [{"token": "t"}], "new": 1}, pattern)
    assert found == {"spec": {"key": Secret("x"), "open": "y"}, "list": [{"token": Secret("t")}], "new": 1}


def test_a_list_that_no_longer_lines_up_with_its_secrets_is_secret_as_a_whole() -> None:
    assert wire.conceal_fields_like({"a": [1, 2]}, {"a": [Secret(1)]}) == {"a": Secret([1, 2])}
