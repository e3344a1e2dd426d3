from __future__ import annotations

import re

from ops.provider.kubernetes import naming
from ops.provider.wire import Properties

SEED = b"a seed"


def metadata(inputs: Properties) -> dict[str, object]:
    found = inputs["metadata"]
    assert isinstance(found, dict)
    return dict(found)


def test_a_name_of_the_programs_own_stays() -> None:
    inputs: Properties = {"metadata": {"name": "mine"}}
    assert naming.fill("logical", SEED, {}, inputs) == inputs
    assert not naming.is_autonamed(inputs)


def test_a_generated_name_is_the_logical_name_and_eight_digits() -> None:
    found = naming.fill("settings", SEED, {}, {"metadata": {"labels": {"a": "b"}}})
    assert re.fullmatch(r"settings-[0-9a-f]{8}", str(metadata(found)["name"]))
    assert metadata(found)["labels"] == {"a": "b"}
    assert naming.is_autonamed(found)


def test_preview_and_update_generate_the_same_name() -> None:
    assert naming.fill("settings", SEED, {}, {}) == naming.fill("settings", SEED, {}, {})
    assert naming.fill("settings", SEED, {}, {}) != naming.fill("settings", b"another", {}, {})


def test_a_generated_name_is_kept() -> None:
    old = naming.fill("settings", SEED, {}, {})
    assert naming.fill("settings", b"another", old, {"data": {"a": "b"}})["metadata"] == old["metadata"]


def test_a_name_that_the_program_gave_up_is_not_taken_for_a_generated_one() -> None:
    found = naming.fill("settings", SEED, {"metadata": {"name": "mine"}}, {})
    assert metadata(found)["name"] != "mine"


def test_a_long_logical_name_leaves_room_for_the_digits() -> None:
    assert len(str(metadata(naming.fill("x" * 300, SEED, {}, {}))["name"])) == 253
