"""The page of a site stands alone, says what is wrong first, and takes no text for markup."""

from __future__ import annotations

import dataclasses
import json
import re

import pytest

from ops.report import site
from tests.report import reports


def test_a_site_that_is_well_says_so() -> None:
    page = site.html(reports.well())
    assert "All well" in page
    assert "123,456" in page
    assert "never (at most" in page


def test_what_is_wrong_comes_first_and_in_its_own_words() -> None:
    page = site.html(reports.ill())
    assert "2 to mend now" in page
    assert "node &lt;gpu1&gt; is not ready" in page
    assert page.index("NodeLost") < page.index("Tokens per second")
    assert "docs/runbooks/node-lost.md" in page
    assert "the drill host says nothing of backups" in page


@pytest.mark.parametrize("made", [reports.well(), reports.ill()], ids=["well", "ill"])
def test_nothing_is_loaded_from_anywhere(made: object) -> None:
    page = site.html(made)  # type: ignore[arg-type] # parametrize forgets the type
    assert not re.search(r"<(script|link|img|iframe|object)|\b(src|href)=|url\(|@import", page)
    assert "default-src 'none'" in page


def test_the_document_says_what_the_page_says() -> None:
    document = json.loads(site.json_text(reports.ill()))
    assert document["ok"] is False
    assert document["errors"][0]["code"] == "E-UNREACHABLE"
    assert [alert["name"] for alert in document["alerts"]] == ["NodeLost", "DiskFilling"]
    assert document["charts"][0]["curves"][0]["name"] == "smollm2"


def test_a_backup_that_is_too_old_is_marked() -> None:
    found = reports.well()
    late = {**found.recovery, "backup_last_success": found.end - 100_000}
    [first, *_] = site.backups(dataclasses.replace(found, recovery=late))
    assert (first.text, first.tone) == ("1 d 3 h ago (at most 1 d 2 h)", "missed")


@pytest.mark.parametrize(
    ("seconds", "said"), [(0.4, "0 s"), (61, "1 min 1 s"), (3660, "1 h 1 min"), (90_000, "1 d 1 h"), (86_400, "1 d")]
)
def test_times_are_said_in_two_units(seconds: float, said: str) -> None:
    assert site.span(seconds) == said
