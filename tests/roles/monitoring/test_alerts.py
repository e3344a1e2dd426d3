"""Every alert has a severity, a summary, a runbook with one command, and series that make it fire or just not."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from ops.adapters import process
from ops.spec import places
from tests.support import alerts, prometheus

ALERTS = alerts.alerts()
CASES: dict[str, Any] = yaml.safe_load(Path(__file__).with_name("alerts.yml").read_text(encoding="utf-8"))
IDS = [alert.name for alert in ALERTS]


def test_every_alert_has_its_cases_and_every_case_its_alert() -> None:
    assert len(set(IDS)) == len(IDS)
    assert sorted(CASES) == sorted(IDS)
    assert all({"fires", "near_miss"} <= case.keys() <= {"fires", "near_miss", "every"} for case in CASES.values())


@pytest.mark.parametrize("alert", ALERTS, ids=IDS)
def test_an_alert_says_what_is_wrong_how_bad_it_is_and_where_to_read_on(alert: alerts.Alert) -> None:
    assert alert.severity in {"critical", "warning"}
    assert alert.annotations.keys() == {"summary", "description", "runbook"}
    assert all(text.strip() for text in alert.annotations.values())


@pytest.mark.parametrize("alert", ALERTS, ids=IDS)
def test_the_runbook_begins_with_one_command(alert: alerts.Alert) -> None:
    text = (places.PROJECT_ROOT / alert.annotations["runbook"]).read_text(encoding="utf-8")
    assert text.startswith(f"# {alert.name}\n")
    commands = re.findall(r"^```\n(.+?)\n```$", text, re.MULTILINE | re.DOTALL)
    assert len(commands) == 1
    assert "\n" not in commands[0]
    for heading in ("## What it means", "## Look", "## Mend"):
        assert heading in text


def test_every_runbook_belongs_to_an_alert() -> None:
    named = {alert.annotations["runbook"] for alert in ALERTS}
    found = {str(path.relative_to(places.PROJECT_ROOT)) for path in (places.PROJECT_ROOT / "docs/runbooks").glob("*")}
    assert found == named


@pytest.mark.bundle
def test_every_alert_fires_on_its_case_and_not_on_the_near_miss(tmp_path: Path) -> None:
    files = [_write(tmp_path, alert, CASES[alert.name]) for alert in ALERTS]
    argv: list[str | Path] = [prometheus.program("promtool"), "test", "rules", *files]
    ended = process.run(argv, timeout=600, expect=(0, 1))
    assert ended.returncode == 0, ended.stdout + ended.stderr


@pytest.mark.bundle
def test_promtool_takes_the_rules() -> None:
    argv: list[str | Path] = [prometheus.program("promtool"), "check", "rules", *sorted(prometheus.RULES.glob("*.yml"))]
    process.run(argv, timeout=60)


def _write(directory: Path, alert: alerts.Alert, case: dict[str, Any]) -> Path:
    """Write promtool's form of an alert's cases beside a file with that alert alone; return its path."""
    rule = directory / f"{alert.name}.rules.yml"
    rule.write_text(yaml.safe_dump({"groups": [{"name": "one", "rules": [alert.rule]}]}))
    every = case.get("every", "15s")
    tests = [_unit(alert.name, kind, case[kind], every) for kind in ("fires", "near_miss")]
    file = directory / f"{alert.name}.yml"
    file.write_text(yaml.safe_dump({"rule_files": [str(rule)], "evaluation_interval": every, "tests": tests}))
    return file


def _unit(name: str, kind: str, case: dict[str, Any], every: str) -> dict[str, Any]:
    """Return one case: how many alerts of that name, with those labels, fire at that time."""
    labels = "".join(f',{key}="{value}"' for key, value in case.get("labels", {}).items())
    expression = f'count(ALERTS{{alertname="{name}",alertstate="firing"{labels}}}) or vector(0)'
    samples = [{"labels": "{}", "value": 1 if kind == "fires" else 0}]
    return {
        "name": f"{name} {kind}",
        "interval": every,
        "input_series": [{"series": item["s"], "values": item["v"]} for item in case["series"]],
        "promql_expr_test": [{"expr": expression, "eval_time": case["at"], "exp_samples": samples}],
    }
