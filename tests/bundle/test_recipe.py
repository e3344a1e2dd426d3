from __future__ import annotations

import pytest

from ops import errors
from ops.bundle import recipe
from tests.bundle import recipes


def test_a_need_that_changes_changes_all_that_is_made_of_it_and_nothing_else() -> None:
    def keys(text: str) -> dict[str, str]:
        return recipe.keys(
            [
                recipes.writing("base", text),
                recipes.writing("other"),
                recipes.writing("middle", needs=("base",)),
                recipes.writing("top", needs=("middle", "other")),
            ]
        )

    before, after = keys("one"), keys("two")
    assert {name for name in before if before[name] != after[name]} == {"base", "middle", "top"}


def test_a_need_without_a_recipe_is_a_defect() -> None:
    with pytest.raises(ValueError, match="top needs base"):
        recipe.keys([recipes.writing("top", needs=("base",)), recipes.writing("base")])


def test_an_unknown_name_is_answered_with_the_known_ones() -> None:
    with pytest.raises(errors.NotFoundError, match="no artifact 'aptt'") as caught:
        recipe.by_name([recipes.writing("apt"), recipes.writing("index")], "aptt")
    assert "apt, index" in caught.value.mend
