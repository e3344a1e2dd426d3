"""The page of a drill that a manager reads: self-contained HTML, drawn from the signed record alone."""

from __future__ import annotations

import datetime
from pathlib import Path

import jinja2

from ops.recovery import duration, picture
from ops.recovery.drill import DrillRecord
from ops.recovery.golden import Tier
from ops.recovery.judgement import Outcome, Verdict
from ops.recovery.timeline import Moment, Timeline

_TEMPLATES = Path(__file__).parent / "templates"

_HEADLINES = {
    Verdict.PASS: "Passed",
    Verdict.FAIL: "Failed",
    Verdict.VOID: "Void: nothing was proven",
}

_OUTCOMES = {Outcome.HELD: "as expected", Outcome.BROKEN: "NOT as expected", Outcome.UNPROVEN: "could not be told"}

_TONES = {Outcome.HELD: "met", Outcome.BROKEN: "missed", Outcome.UNPROVEN: "unknown"}

_MOMENTS = {
    Moment.FAULT: "The fault",
    Moment.DETECTED: "It was noticed",
    Moment.DECIDED: "Somebody or something decided to restore",
    Moment.RESTORE_STARTED: "The restore began",
    Moment.DATA: "All bytes were back, their hashes right",
    Moment.SERVING: "The first question got its right answer",
    Moment.REDUNDANT: "Everything was there twice again",
}

_TIERS = {
    Tier.WEIGHTS: "all files have their recorded hashes; equal answers were not proven (tier A)",
    Tier.ANSWERS: "all files have their recorded hashes and every answer is equal in every character (tier B)",
}

_RTO = "From the fault to the first right answer (recovery time, RTO)"
_RPO = "How old the restored data was at the fault (recovery point, RPO)"


def render(record: DrillRecord, *, sequence: int, evidence_name: str, evidence_sha256: str) -> str:
    """Return the page of a drill's record. The same record gives the same page; no clock and no network is used."""
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters |= {"stamp": stamp, "duration": duration.spoken}
    timeline = Timeline(marks=record.timeline)
    return environment.get_template("evidence.html.j2").render(
        record=record,
        headline=_HEADLINES[record.verdict],
        summary=summary(record),
        outcomes=_OUTCOMES,
        tones=_TONES,
        moments=_MOMENTS,
        tiers=_TIERS,
        gauges=(
            picture.gauge("Recovery time", _RTO, record.objective.rto_s, record.measured.rto_s),
            picture.gauge("Age of the data", _RPO, record.objective.rpo_s, record.measured.rpo_s),
        ),
        picture=picture.timeline_picture(timeline, record.objective.rto_s),
        width=picture.WIDTH,
        axis=picture.AXIS,
        sequence=sequence,
        evidence_name=evidence_name,
        evidence_sha256=evidence_sha256,
    )


def summary(record: DrillRecord) -> str:
    """Return the drill in one sentence for a reader who reads one sentence."""
    day = f"{record.started:%-d %B %Y}"
    if record.measured.rto_s is None:
        return f"The drill of {day} ended before the service of site {record.site} gave a right answer."
    sentence = f"On {day} site {record.site} had its service back after {duration.spoken(record.measured.rto_s)}"
    sentence += f" (objective: {duration.spoken(record.objective.rto_s)})"
    if record.measured.rpo_s is not None:
        sentence += f", with data that was {duration.spoken(record.measured.rpo_s)} old"
        sentence += f" (objective: {duration.spoken(record.objective.rpo_s)})"
    return sentence + "."


def stamp(moment: datetime.datetime) -> str:
    """Return a moment as people and machines read it alike: '2026-11-24 06:23:49 UTC'."""
    return f"{moment.astimezone(datetime.UTC):%Y-%m-%d %H:%M:%S} UTC"
