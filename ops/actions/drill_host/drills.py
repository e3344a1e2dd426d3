"""Run a drill on the drill host: perform it, sign what it saw, tell Prometheus, whatever the verdict is."""

from __future__ import annotations

import datetime
import time
from collections.abc import Callable
from typing import IO

import pydantic

from ops import errors
from ops.adapters import restic_binary
from ops.recovery import drill, drills, evidence, metrics, setting, signing, vault
from ops.recovery.drill import Drill, DrillRecord, Recorder
from ops.recovery.home import Home
from ops.recovery.judgement import Objective, Verdict
from ops.recovery.metrics import Sample
from ops.recovery.setting import Scenario

Say = Callable[[str], None]

EXIT_CODES = {
    Verdict.PASS: 0,
    Verdict.FAIL: errors.DeployError.exit_code,
    Verdict.VOID: errors.ExpectationError.exit_code,
}
"""How `drill run` ends: 0 for a pass, 4 for a fail, 7 for a void drill, which proved nothing."""
_GAUGE = {Verdict.PASS: 1.0, Verdict.FAIL: 0.0, Verdict.VOID: 2.0}


def list_() -> dict[str, object]:
    """Return the drills that this host runs."""
    return {
        "drills": [{"scenario": item.scenario, "title": item.title, "safe": item.safe} for item in drills.SCENARIOS]
    }


def run(home: Home, name: str, say: Say, *, identifier: str | None = None, wait: float = 0.0) -> dict[str, object]:
    """Run a drill from a recovery point, the newest one by default, and return its report with an exit code.

    Whatever keeps the drill from its end is a failed drill with evidence. Raise NotFoundError for an unknown name or
    before the first deposit, LockedError while another run holds the host, CredentialError without a signing key.
    """
    scenario = _find(name)
    with home.hold(wait):
        return _run(home, scenario, say, identifier)


def run_all(home: Home, say: Say, *, wait: float = 0.0) -> dict[str, object]:
    """Run all drills of this host one after the other; the exit code is that of the first that did not pass."""
    reports = []
    with home.hold(wait):
        for scenario in drills.SCENARIOS:
            say(f"drill {scenario.scenario}")
            reports.append(_run(home, scenario, say, None))
    codes = [report.pop("exit_code") for report in reports]
    return {"drills": reports, "exit_code": next((code for code in codes if code), 0)}


def accept(home: Home, source: IO[bytes], *, wait: float = 0.0) -> dict[str, object]:
    """Sign the record of a drill that the operator's machine ran, and keep it in this host's chain.

    Raise IntegrityError when it is no record of this site, or one of a drill that this host runs itself.
    """
    try:
        record = DrillRecord.model_validate_json(source.read())
    except pydantic.ValidationError as error:
        raise _refused(f"it is none: {error.errors()[0]['msg']}") from error
    site = vault.site(home).name
    if record.site != site:
        raise _refused(f"it is of site {record.site}, not of {site}")
    if record.scenario in {item.scenario for item in drills.SCENARIOS}:
        raise _refused(f"this host runs {record.scenario} itself")
    with home.hold(wait):
        return _conclude(home, record)


def _run(home: Home, scenario: Scenario, say: Say, identifier: str | None) -> dict[str, object]:
    site, deposited = vault.site(home), vault.deposited(home)
    signing_key = vault.signer(home, signing.Purpose.EVIDENCE)
    started = Sample("sitewright_drill_last_run_timestamp_seconds", time.time(), {"scenario": scenario.scenario})
    metrics.write(home.metrics, f"drill-run-{scenario.scenario}", [started])

    def perform(recorder: Recorder) -> None:
        scenario.bind(setting.open_setting(home, say, identifier))(recorder)

    record = drill.run(
        Drill(scenario.scenario, scenario.title, scenario.safe, perform),
        site=site.name,
        objective=Objective.of(site),
        environment={"commit": deposited.commit, "restic": _restic()},
    )
    return _conclude(home, record, signing_key)


def _conclude(home: Home, record: DrillRecord, signer: signing.Signer | None = None) -> dict[str, object]:
    """Sign and keep a record, write its metrics, and return its report."""
    using = signer or vault.signer(home, signing.Purpose.EVIDENCE)
    written = evidence.append(home.evidence, record, using, now=datetime.datetime.now(datetime.UTC))
    _measure(home, record)
    report: dict[str, object] = dict(drill.report(record, str(written.record)))
    return report | {"evidence_page": str(written.page), "exit_code": EXIT_CODES[record.verdict]}


def _measure(home: Home, record: DrillRecord) -> None:
    """Write the series of a drill; that of its last success stays when this one is none."""
    label = {"scenario": record.scenario}
    numbers = {
        ("rto", "objective"): record.objective.rto_s,
        ("rpo", "objective"): record.objective.rpo_s,
        ("rto", "measured"): record.measured.rto_s,
        ("rpo", "measured"): record.measured.rpo_s,
    }
    samples = [Sample("sitewright_drill_verdict", _GAUGE[record.verdict], label)]
    samples += [
        Sample("sitewright_drill_seconds", value, {**label, "kind": kind, "of": of})
        for (kind, of), value in numbers.items()
        if value is not None
    ]
    metrics.write(home.metrics, f"drill-{record.scenario}", samples)
    ran = Sample("sitewright_drill_last_run_timestamp_seconds", record.started.timestamp(), label)
    metrics.write(home.metrics, f"drill-run-{record.scenario}", [ran])
    if record.verdict is Verdict.PASS:
        well = Sample("sitewright_drill_last_success_timestamp_seconds", record.ended.timestamp(), label)
        metrics.write(home.metrics, f"drill-success-{record.scenario}", [well])


def _find(name: str) -> Scenario:
    for scenario in drills.SCENARIOS:
        if scenario.scenario == name:
            return scenario
    names = ", ".join(item.scenario for item in drills.SCENARIOS)
    raise errors.NotFoundError(f"this host runs no drill '{name}'", where="drills of the drill host", mend=names)


def _restic() -> str:
    return ".".join(str(number) for number in restic_binary.find().version)


def _refused(what: str) -> errors.IntegrityError:
    return errors.IntegrityError(
        f"the drill's record is refused: {what}", where="standard input", mend="send what sitewright drill run made"
    )
