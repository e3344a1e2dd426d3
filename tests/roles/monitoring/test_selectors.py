"""The contract test asks for the series that an expression reads, so they must be told apart from its words."""

from __future__ import annotations

import pytest

from tests.support import selectors


@pytest.mark.parametrize(
    ("expression", "found"),
    [
        ("up", ("up",)),
        ('sum by (node, le) (rate(a_bucket{x="b (c)"}[5m])) > 0.5', ('a_bucket{x="b (c)"}',)),
        ("time() - (a or b * 0 + on (instance) group_left () c) > d", ("a", "b", "c", "d")),
        ('label_replace(up{job="t"} == 1, "model", "$1", "serves", "(.+)")', ('up{job="t"}',)),
        ('sum({__name__="vllm:num"})', ('{__name__="vllm:num"}',)),
        ('absent(up{job="a"}) or absent(up{job="a"})', ('up{job="a"}',)),
    ],
)
def test_an_expression_falls_into_its_selectors(expression: str, found: tuple[str, ...]) -> None:
    assert selectors.selectors(expression) == found


def test_a_label_is_left_out() -> None:
    assert selectors.without('a{x="1", y=~"2"}', "y") == 'a{x="1"}'
