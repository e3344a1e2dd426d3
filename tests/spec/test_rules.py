from __future__ import annotations

from pathlib import Path

import pytest

from ops.spec import findings, loader, rules
from ops.spec.rules.fault import Rule
from tests.spec import overlay

_FAILING = sorted(overlay.CASES.glob("*/fails*.yml"))
_PASSING = sorted(overlay.CASES.glob("*/passes*.yml"))


def _name(path: Path) -> str:
    return f"{path.parent.name}-{path.stem}"


@pytest.mark.parametrize("path", _FAILING, ids=_name)
def test_a_failing_case_is_refused_by_its_rule_alone(path: Path, tmp_path: Path) -> None:
    case = overlay.read(path)
    with pytest.raises(findings.InvalidSpecError) as caught:
        loader.load(overlay.write(case.spec, tmp_path))
    found = [(finding.rule, finding.path) for finding in caught.value.findings]
    assert found == [(case.rule, place) for place in case.findings]


@pytest.mark.parametrize("path", _PASSING, ids=_name)
def test_the_nearest_passing_case_is_accepted(path: Path, tmp_path: Path) -> None:
    loader.load(overlay.write(overlay.read(path).spec, tmp_path))


@pytest.mark.parametrize("rule", rules.RULES, ids=lambda rule: rule.__name__)
def test_deleting_a_rule_lets_its_failing_cases_pass(
    rule: Rule, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rules, "RULES", tuple(other for other in rules.RULES if other is not rule))
    cases = [path for path in _FAILING if path.parent.name == rule.__name__]
    assert cases
    for path in cases:
        loader.load(overlay.write(overlay.read(path).spec, tmp_path))


def test_every_rule_has_a_failing_and_a_passing_case_and_no_case_lacks_its_rule() -> None:
    names = sorted(rule.__name__ for rule in rules.RULES)
    assert sorted({path.parent.name for path in _FAILING}) == names
    assert sorted({path.parent.name for path in _PASSING}) == names


def test_every_rule_gives_its_reason() -> None:
    for rule in rules.RULES:
        assert rule.__doc__, rule.__name__
