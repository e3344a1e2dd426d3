"""One machine that does everything, from a spec of at most twenty lines; and a second model, from a file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import openai
import pytest

from ops.spec import locate
from tests.e2e import conftest
from tests.support import own_model
from tests.support import site as support

pytestmark = pytest.mark.e2e


def test_one_machine_does_everything_and_answers(tmp_path: Path) -> None:
    assert len(locate.resolve("lab-single").read_text().splitlines()) <= 20
    single = support.derive(tmp_path, "lab-single", "test-one", models=[own_model.card(tmp_path)])
    conftest.destroy(single)
    try:
        assert "Paris" in single.up().stdout
        assert "Paris" in asked(single, own_model.NAME)
    finally:
        conftest.destroy(single)


def asked(site: support.TestSite, model: str) -> str:
    """Return what a model says of the capital of France to the unmodified client."""
    question: Any = {"role": "user", "content": "What is the capital of France? Answer in one sentence."}
    exported = site.environment()
    with pytest.MonkeyPatch.context() as patch:
        for name in ("OPENAI_BASE_URL", "OPENAI_API_KEY", "SSL_CERT_FILE"):
            patch.setenv(name, exported[name])
        answer = openai.OpenAI(timeout=120).chat.completions.create(model=model, messages=[question], temperature=0)
    return str(answer.choices[0].message.content)
