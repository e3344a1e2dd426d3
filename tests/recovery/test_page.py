"""The page that a manager reads: complete, self-contained, the same each time."""

from __future__ import annotations

import html.parser
import re

import pytest

from ops.recovery import drill, page
from ops.recovery.judgement import Verdict
from tests.support import drills

_VOID_ELEMENTS = {"meta", "line", "rect", "stop"}


class Reader(html.parser.HTMLParser):
    """Collects text, elements and addresses; notes elements that are not closed in order."""

    def __init__(self) -> None:
        super().__init__()
        self.text = ""
        self.elements: set[str] = set()
        self.addresses: list[str] = []
        self.open: list[str] = []
        self.faults: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.add(tag)
        self.addresses += [str(value) for name, value in attrs if name in {"src", "href", "action"}]
        if tag not in _VOID_ELEMENTS:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if self.open.pop() != tag:
            self.faults.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.add(tag)

    def handle_data(self, data: str) -> None:
        if self.open[-1:] not in (["style"], ["title"]):
            self.text += data


def render(record: drill.DrillRecord) -> str:
    return page.render(record, sequence=7, evidence_name="000007-model-restore.json", evidence_sha256="9" * 64)


def read(record: drill.DrillRecord) -> Reader:
    reader = Reader()
    reader.feed(render(record))
    return reader


def test_the_page_says_what_the_record_says() -> None:
    text = re.sub(r"\s+", " ", read(drills.record()).text)
    for words in (
        "Passed",
        "On 24 November 2026 site lab had its service back after 1 min 35 s (objective: 10 min)",
        "with data that was 6 h 59 min old (objective: 1 d)",
        "objective met",
        "2 of 2 equal in every character",
        "one byte of model.safetensors was flipped",
        "they refused it: changed: model.safetensors",
        "sitewright evidence verify 000007-model-restore.json",
        "9" * 64,
        "tier B",
    ):
        assert words in text


def test_the_page_needs_nothing_from_elsewhere_and_no_script() -> None:
    reader = read(drills.record())
    assert reader.addresses == []
    assert not reader.elements & {"script", "link", "img", "iframe", "object"}
    assert "url(http" not in render(drills.record())
    assert reader.faults == []
    assert reader.open == []


def test_the_page_is_the_same_each_time() -> None:
    record = drills.record()
    assert render(record) == render(record)


def test_what_a_record_quotes_cannot_become_markup() -> None:
    evil = drills.record().model_copy(update={"fault": "<script>alert(1)</script> --> <!-- sitewright signature: {}"})
    reader = read(evil)
    assert "script" not in reader.elements
    assert "<script>alert(1)</script>" in reader.text


@pytest.mark.parametrize("verdict", Verdict)
def test_a_verdict_is_told_by_words_and_not_by_colour_alone(verdict: Verdict) -> None:
    record = drills.record().model_copy(update={"verdict": verdict, "reasons": ("because it was so",)})
    text = read(record).text
    assert {"pass": "Passed", "fail": "Failed", "void": "Void: nothing was proven"}[verdict] in text
    assert "because it was so" in text


def test_a_drill_that_ended_at_once_has_a_page() -> None:
    nothing = drill.Drill("nothing", "Nothing happens", safe=True, perform=lambda recorder: None)
    record = drill.run(nothing, site="lab", objective=drills.OBJECTIVE, environment={}, clock=drills.clock())
    text = re.sub(r"\s+", " ", read(record).text)
    for words in ("ended before the service of site lab gave a right answer", "Nothing was checked", "nobody knows"):
        assert words in text
