from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ops.spec import findings


@pytest.mark.parametrize(
    ("place", "path"),
    [((), "site"), (("name",), "name"), (("nodes", 2, "roles", 0), "nodes[2].roles[0]"), ((0, "a"), "[0].a")],
)
def test_a_place_is_written_as_people_write_it(place: findings.Place, path: str) -> None:
    assert findings.render_place(place) == path


@given(st.text())
def test_any_text_is_shown_on_one_short_line(text: str) -> None:
    shown = findings.shorten(text)
    assert len(shown) <= 80
    assert shown.isprintable()


def test_an_error_holds_all_findings_with_their_lines() -> None:
    one = findings.Finding("no_infra", ("nodes",), "none", "1", "add one", 4)
    two = findings.Finding("wrong-type", ("name",), "5", "text", "quote it")
    error = findings.InvalidSpecError([one, two], "site.yml")
    assert error.exit_code == 2
    assert error.what == "the site spec has 2 faults"
    assert str(error).splitlines() == [
        "error[E-SPEC-NO-INFRA]: found none; allowed: 1",
        "  at site.yml:4: nodes",
        "  mend: add one",
        "error[E-SPEC-WRONG-TYPE]: found 5; allowed: text",
        "  at site.yml: name",
        "  mend: quote it",
    ]
