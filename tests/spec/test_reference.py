from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import pytest
import yaml

from ops.spec import places, reference

_SITES = sorted(places.PROJECT_ROOT.glob("inventory/*/site.yml"))


@pytest.mark.parametrize("name", reference.PAGES)
def test_a_committed_page_says_what_the_code_says(name: str) -> None:
    committed = places.PROJECT_ROOT / "docs" / "reference" / name
    assert committed.read_text() == reference.PAGES[name](), "renew it: python -m ops.spec.reference"


def test_all_pages_are_written(tmp_path: Path) -> None:
    reference.write(tmp_path / "reference")
    assert {path.name for path in (tmp_path / "reference").iterdir()} == set(reference.PAGES)


@pytest.mark.parametrize("path", _SITES, ids=lambda path: path.parent.name)
def test_the_schema_accepts_every_site_of_the_inventory(path: Path) -> None:
    jsonschema.validate(yaml.safe_load(path.read_text()), json.loads(reference.site_schema()))


@pytest.mark.parametrize("change", [{"nodes": []}, {"extra": 1}, {"schema_version": 2}, {"name": "A"}])
def test_the_schema_refuses_what_the_model_refuses(change: dict[str, object]) -> None:
    spec = yaml.safe_load(_SITES[0].read_text()) | change
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(spec, json.loads(reference.site_schema()))


@pytest.mark.parametrize(("key", "shown"), [("keep", "30d"), ("rpo", "26h"), ("rto", "10m"), ("drills_every", "8d")])
def test_a_time_is_shown_as_a_time(key: str, shown: str) -> None:
    (row,) = [line for line in reference.site_page().splitlines() if line.startswith(f"| `{key}` |")]
    assert "a time, such as" in row
    assert f"| `{shown}` |" in row
