from __future__ import annotations

from ops.report import table


def test_columns_are_aligned_and_lines_end_without_spaces() -> None:
    text = table.render([("gpu1", "Ready"), ("a-long-name", "-")], ("node", "state"))
    assert text == "node         state\ngpu1         Ready\na-long-name  -\n"


def test_no_rows_are_no_text() -> None:
    assert table.render([]) == ""
