from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from ops.services.gateway import config

_MODEL = {"url": "http://triton-smollm2:8000", "context_tokens": 2048, "max_output_tokens": 512}
_LEAST: dict[str, Any] = {"keys_file": "keys.json", "models": {"smollm2": _MODEL}}


def _write(directory: Path, content: object) -> Path:
    file = directory / "gateway.json"
    file.write_text(json.dumps(content))
    return file


def test_a_file_with_the_least_in_it_gets_safe_defaults(tmp_path: Path) -> None:
    loaded = config.load(_write(tmp_path, _LEAST))
    assert loaded.keys_file == tmp_path / "keys.json"
    assert loaded.models == {"smollm2": config.Model("smollm2", "http://triton-smollm2:8000", 2048, 512, 0)}
    assert (loaded.api_port, loaded.operations_port, loaded.max_body_bytes) == (8080, 9090, 2**20)


def test_requests_in_flight_get_as_long_as_a_request_may_take_unless_told_otherwise(tmp_path: Path) -> None:
    assert config.load(_write(tmp_path, {**_LEAST, "request_timeout_seconds": 7})).grace_seconds == 7


def test_all_faults_are_told_at_once(tmp_path: Path) -> None:
    wrong = {
        "models": {"smollm2": {**_MODEL, "url": "triton", "context_tokens": 0, "colour": "red"}},
        "max_in_flight": True,
        "stall_timeout_seconds": -1,
        "max_bodies": 5,
    }
    with pytest.raises(config.ConfigError) as caught:
        config.load(_write(tmp_path, wrong))
    lines = str(caught.value).splitlines()
    names = ["keys_file", "url", "context_tokens", "colour", "max_in_flight", "stall_timeout_seconds", "max_bodies"]
    assert len(lines) == len(names)
    for name in names:
        assert any(f" {name} " in line for line in lines), name


@pytest.mark.parametrize("models", [{}, [], "smollm2", {"smollm2": "http://triton"}])
def test_models_must_be_an_object_of_objects_with_at_least_one(tmp_path: Path, models: object) -> None:
    with pytest.raises(config.ConfigError, match="models"):
        config.load(_write(tmp_path, {**_LEAST, "models": models}))


@pytest.mark.parametrize("text", ["", "{", "[]", "\ufffe"])
def test_a_file_that_holds_no_json_object_is_refused_by_name(tmp_path: Path, text: str) -> None:
    file = tmp_path / "gateway.json"
    file.write_text(text)
    with pytest.raises(config.ConfigError, match=r"gateway\.json"):
        config.load(file)


def test_a_file_that_is_not_there_is_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(config.ConfigError, match=r"nowhere\.json"):
        config.load(tmp_path / "nowhere.json")
