"""Drills and what they measured, as text and as JSON."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ops.actions.drill import Known
from ops.report import json_document, table

_SAFE = {True: "yes", False: "no: destroys a lab's control plane"}


def list_text(drills: Sequence[Known]) -> str:
    """Return a table of the drills, and below it why one of them may not run on the site that was named."""
    shown = table.render([(one.scenario, _SAFE[one.safe], one.title) for one in drills], ("drill", "safe", "what"))
    return shown + "".join(f"{one.scenario} is refused here: {one.refused}\n" for one in drills if one.refused)


def list_json(drills: Sequence[Known]) -> str:
    """Return the same as a document; with the site's objective and `refused`, a text or null, where one was named."""
    return json_document.render({"drills": [_listed(one) for one in drills]})


def _listed(one: Known) -> dict[str, object]:
    document: dict[str, object] = {"scenario": one.scenario, "title": one.title, "safe": one.safe}
    if one.objective is not None:
        document |= {"objective": one.objective.model_dump(), "refused": one.refused or None}
    return document


def report_text(drills: Sequence[Known]) -> str:
    """Return a table of the last run of each drill."""
    rows = [_row(one) for one in drills]
    return table.render(rows, ("drill", "verdict", "when", "RTO", "objective", "RPO", "objective", "evidence"))


def report_json(drills: Sequence[Known]) -> str:
    """Return the same as a document; a drill that never ran has no `last`."""
    return json_document.render({"drills": [_document(one) for one in drills]})


def run_text(made: Mapping[str, Any]) -> str:
    """Return what one drill saw, for people."""
    measured, objective = made["measured"], made["objective"]
    lines = [
        f"{made['scenario']}: {made['verdict']}",
        f"  RTO {_seconds(measured['rto_s'])} (objective {_seconds(objective['rto_s'])}), "
        f"RPO {_seconds(measured['rpo_s'])} (objective {_seconds(objective['rpo_s'])})",
        *(f"  {reason}" for reason in made["reasons"]),
        *(f"  {name}: {made['environment'][name]}" for name in _COUNTED if name in made["environment"]),
        f"  evidence {made['evidence_file']}",
        f"  page     {made['evidence_page']}",
    ]
    return "".join(f"{line}\n" for line in lines)


_COUNTED = ("requests_sent", "requests_served", "requests_failed", "longest_time_without_an_answer")


def run_json(made: Mapping[str, object]) -> str:
    """Return the drill's report as a document."""
    return json_document.render({name: value for name, value in made.items() if name not in {"exit_code", "ok"}})


def _row(one: Known) -> tuple[str, ...]:
    last = one.last
    if last is None:
        return (one.scenario, "never ran", "-", "-", "-", "-", "-", "-")
    return (
        one.scenario,
        last.verdict.value,
        f"{last.started:%Y-%m-%d %H:%M}Z",
        _seconds(last.measured.rto_s),
        _seconds(last.objective.rto_s),
        _seconds(last.measured.rpo_s),
        _seconds(last.objective.rpo_s),
        str(one.evidence_file),
    )


def _document(one: Known) -> dict[str, object]:
    content: dict[str, object] = {"scenario": one.scenario, "title": one.title, "safe": one.safe}
    if one.last is not None:
        last = one.last.model_dump(mode="json")
        kept = ("verdict", "reasons", "started", "objective", "measured", "proven")
        content["last"] = {name: last[name] for name in kept} | {"evidence_file": str(one.evidence_file)}
    return content


def _seconds(value: float | None) -> str:
    return "-" if value is None else f"{value:.0f} s"
