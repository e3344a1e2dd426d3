"""One machine that does everything, from a spec of at most twenty lines, answers; so does a model from a file."""

from __future__ import annotations

from typing import Any

import pytest

from ops.spec import locate
from tests.support import own_model
from tests.support import site as support

pytestmark = pytest.mark.e2e


def test_its_spec_has_at_most_twenty_lines() -> None:
    assert len(locate.resolve("lab-single").read_text().splitlines()) <= 20


@pytest.mark.parametrize("name", ["smollm2", own_model.NAME])
def test_both_models_answer_the_unmodified_client(site: support.TestSite, name: str) -> None:
    question: Any = {"role": "user", "content": "What is the capital of France? Answer in one sentence."}
    with site.client() as client:
        answer = client.chat.completions.create(model=name, messages=[question], temperature=0)
    assert "Paris" in str(answer.choices[0].message.content)


def test_the_same_command_again_changes_nothing_and_runs_no_playbook(site: support.TestSite) -> None:
    before = site.runs()
    said = site.up().stdout
    assert "unchanged" in said
    assert "Paris" in said
    assert site.runs() == before
