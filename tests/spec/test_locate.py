from __future__ import annotations

from pathlib import Path

import pytest

from ops import errors
from ops.spec import locate, places


def test_a_name_means_the_inventory_from_wherever_it_is_asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "lab").mkdir()
    assert locate.resolve("lab") == places.PROJECT_ROOT / "inventory" / "lab" / "site.yml"


def test_a_path_means_a_file_or_the_spec_in_a_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "mine").mkdir()
    path = tmp_path / "mine" / "site.yml"
    path.touch()
    monkeypatch.chdir(tmp_path)
    assert locate.resolve(str(path)) == path
    assert locate.resolve(str(path.parent)) == path
    assert locate.resolve("mine").resolve() == path.resolve()
    assert locate.resolve("./mine/site.yml").resolve() == path.resolve()


@pytest.mark.parametrize("argument", ["", "labb", "../nowhere", "/", "x" * 5000, "inventory/nowhere/site.yml", "a\nb"])
def test_what_is_no_site_is_not_found(argument: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(errors.NotFoundError):
        locate.resolve(argument)


def test_a_misspelt_name_gets_a_hint() -> None:
    with pytest.raises(errors.NotFoundError) as caught:
        locate.resolve("lab-singel")
    assert "did you mean 'lab-single'?" in caught.value.mend
