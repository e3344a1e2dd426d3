from __future__ import annotations

import json
from pathlib import Path

import pytest

from ops.services.gateway import keys
from ops.services.gateway.config import ConfigError
from ops.services.gateway.errors import UnauthorizedError


def test_a_new_key_opens_and_its_hash_does_not() -> None:
    key, sha256 = keys.make()
    known = [keys.Key("other", keys.make()[1]), keys.Key("mine", sha256)]
    assert keys.authenticate(known, f"Bearer {key}").name == "mine"
    with pytest.raises(UnauthorizedError):
        keys.authenticate(known, f"Bearer {sha256}")


def test_new_keys_are_long_and_differ() -> None:
    first, second = keys.make(), keys.make()
    assert first[0] != second[0]
    assert len(first[0]) >= 43


def test_the_scheme_may_be_in_any_case_as_http_says() -> None:
    key, sha256 = keys.make()
    assert keys.authenticate([keys.Key("mine", sha256)], f"bearer {key}").name == "mine"


@pytest.mark.parametrize(
    "header", [None, "", "Bearer", "Bearer ", "Basic c2VjcmV0", "secret", "Bearer ÿ", "Bearer x y"]
)
def test_a_header_without_a_known_key_is_refused(header: str | None) -> None:
    with pytest.raises(UnauthorizedError) as caught:
        keys.authenticate([keys.Key("mine", keys.make()[1])], header)
    assert caught.value.body()["error"] == {
        "message": str(caught.value),
        "type": "invalid_request_error",
        "param": None,
        "code": "invalid_api_key",
    }


def test_keys_are_read_by_name(tmp_path: Path) -> None:
    file = tmp_path / "keys.json"
    file.write_text(json.dumps({"lab": "0" * 64, "team-b": "f" * 64}))
    assert keys.load(file) == (keys.Key("lab", "0" * 64), keys.Key("team-b", "f" * 64))


@pytest.mark.parametrize("value", ["secret", "sha256:" + "0" * 64, "0" * 63, "F" * 64, 5, None])
def test_what_is_no_sha256_is_refused_and_so_a_plain_key_too(tmp_path: Path, value: object) -> None:
    file = tmp_path / "keys.json"
    file.write_text(json.dumps({"lab": value}))
    with pytest.raises(ConfigError, match="lab"):
        keys.load(file)
