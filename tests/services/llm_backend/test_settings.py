from __future__ import annotations

from pathlib import Path

import pytest

from ops.plan.serving import model_repository
from ops.services.llm_backend import settings
from tests.support import triton

_GOOD = {
    "engine": "llama",
    "weights": "/weights/model.gguf",
    "context_tokens": "2048",
    "max_output_tokens": "512",
    "slots": "2",
    "queue": "0",
    "threads": "1",
    "accelerators": "0",
}


def test_parameters_become_settings() -> None:
    expected = settings.Settings("llama", Path("/weights/model.gguf"), 2048, 512, 2, 0, 1, 0)
    assert settings.parse(_GOOD) == expected


def test_all_faults_are_told_at_once() -> None:
    wrong = {**_GOOD, "slots": "0", "context_tokens": "2k", "threads": "²", "colour": "red", "engine": "abacus"}
    del wrong["queue"]
    with pytest.raises(settings.SettingsError) as caught:
        settings.parse(wrong)
    for name in ("slots", "context_tokens", "threads", "colour", "queue", "abacus"):
        assert name in str(caught.value)


def test_the_plan_renders_every_parameter_and_no_other() -> None:
    text = model_repository.files(triton.CARD)["config.pbtxt"]
    assert {name for name in _GOOD if f'key: "{name}"' in text} == _GOOD.keys()
    assert text.count("key: ") == len(_GOOD)
