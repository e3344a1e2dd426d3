from __future__ import annotations

from pathlib import Path

import pytest

from ops import errors
from ops.spec import places
from stacks import configuration
from tests.stacks import recorder
from tests.stacks.conftest import write_release


def use_stack(name: str) -> None:
    recorder.use(name, recorder.Recorder())


def test_the_stacks_name_finds_its_spec_and_its_release() -> None:
    use_stack("lab")
    write_release(places.state_directory("lab"), ["smollm2"])
    settings = configuration.load()
    assert settings.site.name == "lab"
    assert settings.path == "inventory/lab/site.yml"
    assert settings.releases["infra"] == "release-1"


def test_a_stack_is_not_made_from_another_sites_spec(monkeypatch: pytest.MonkeyPatch) -> None:
    use_stack("other")
    monkeypatch.setenv("SITEWRIGHT_SITE", str(places.PROJECT_ROOT / "inventory" / "lab" / "site.yml"))
    with pytest.raises(errors.SpecError, match="stack other would be made from the spec of site lab"):
        configuration.load()


def test_a_stack_without_a_spec_says_so() -> None:
    use_stack("nowhere")
    with pytest.raises(errors.SitewrightError, match="nowhere"):
        configuration.load()


def test_a_stack_without_a_release_says_what_to_run() -> None:
    use_stack("lab")
    with pytest.raises(errors.NotFoundError) as caught:
        configuration.load()
    assert "sitewright site prepare lab" in caught.value.mend


def test_a_release_without_the_weights_of_a_card_says_what_to_run() -> None:
    use_stack("lab")
    write_release(places.state_directory("lab"), ["another"])
    with pytest.raises(errors.NotFoundError, match="no weights of smollm2") as caught:
        configuration.load()
    assert "sitewright site prepare lab" in caught.value.mend


def test_a_spec_outside_the_checkout_is_recorded_whole(tmp_path: Path) -> None:
    assert configuration.record(tmp_path / "site.yml") == str(tmp_path / "site.yml")
    assert configuration.record(places.PROJECT_ROOT / "inventory" / "a" / ".." / "b.yml") == "inventory/b.yml"
