"""Drills as the operator runs them: the safe ones on the drill host, the destructive one from here; their report."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Callable, Mapping
from pathlib import Path

from ops import errors, spec
from ops.actions import control_plane_loss, members, prepare, provenance, vault_remote
from ops.adapters import site_lock
from ops.recovery import drill, drills, evidence, signing
from ops.recovery.drill import Drill, DrillRecord
from ops.recovery.drills import control_plane_lost
from ops.recovery.judgement import Objective, Verdict
from ops.spec import locate, model

RUN_SECONDS = 24 * 3600.0

Say = Callable[[str], None]
"""Takes one line of progress."""


@dataclasses.dataclass(frozen=True)
class Known:
    """A drill that there is, and what is known of it where a site was named."""

    scenario: str
    title: str
    safe: bool
    objective: Objective | None = None
    """What the site wants of it."""
    refused: str = ""
    """Why it may not run on the site; empty where it may."""
    last: DrillRecord | None = None
    evidence_file: Path | None = None


def known() -> tuple[Known, ...]:
    """Return all drills."""
    safe = [Known(item.scenario, item.title, item.safe) for item in drills.SCENARIOS]
    return (*safe, Known(control_plane_lost.SCENARIO, control_plane_lost.TITLE, safe=False))


def known_at(argument: str) -> tuple[Known, ...]:
    """Return all drills with what a site wants of them, and why one of them may not run there."""
    site = spec.load(locate.resolve(argument))
    found = (dataclasses.replace(one, objective=Objective.of(site)) for one in known())
    return tuple(one if one.safe else dataclasses.replace(one, refused=_refusal(site)) for one in found)


def _refusal(site: model.Site) -> str:
    try:
        control_plane_loss.check(site, destroys=True)
    except errors.PrerequisiteError as error:
        return error.what
    return ""


def report(argument: str, say: Say) -> tuple[Known, ...]:
    """Return all drills with the last record of each, from the operator's own verified copies.

    The drill host is asked for newer ones first; when it does not answer, what lies here is told.
    Raise IntegrityError when a record is not as it was signed.
    """
    site = spec.load(locate.resolve(argument))
    space = prepare.workspace(site)
    try:
        vault_remote.fetch(site)
    except errors.UnreachableError as error:
        say(f"the drill host does not answer ({error.what}): these are the records kept here")
    last: dict[str, tuple[DrillRecord, Path]] = {}
    if space.evidence.is_dir():
        root = signing.load_root(space.recovery_root_public)
        for item in evidence.verify_chain(space.evidence, root, site=site.name):
            if item.evidence is not None:
                last[item.evidence.record.scenario] = (item.evidence.record, item.path)
    return tuple(
        dataclasses.replace(one, last=last[one.scenario][0], evidence_file=last[one.scenario][1])
        if one.scenario in last
        else one
        for one in known()
    )


def run(argument: str, name: str, say: Say, *, point: str | None = None, destroys: bool = False) -> dict[str, object]:
    """Run a drill and return its report, with the paths of its evidence on this machine and an `exit_code`.

    Raise NotFoundError for an unknown drill, PrerequisiteError where a destructive one may not run.
    """
    path = locate.resolve(argument)
    site = spec.load(path)
    if name not in {one.scenario for one in known()}:
        raise errors.NotFoundError(
            f"there is no drill '{name}'", where="drills", mend=f"one of: {', '.join(one.scenario for one in known())}"
        )
    if name == control_plane_lost.SCENARIO:
        control_plane_loss.check(site, destroys=destroys)
        with site_lock.hold(prepare.workspace(site).state):
            made = _lose(path, site, say, point)
    else:
        vault_remote.push_deposit(path, site, say)
        words = ["drill", name, *([f"--point={point}"] if point else [])]
        made = vault_remote.call(site, words, timeout=RUN_SECONDS, say=say)
    vault_remote.fetch(site)
    return _located(site, made)


def exit_code(made: Mapping[str, object]) -> int:
    """Return how `drill run` ends: 0 for a pass, 4 for a fail, 7 for a void drill, which proved nothing."""
    codes = {
        Verdict.PASS: 0,
        Verdict.FAIL: errors.DeployError.exit_code,
        Verdict.VOID: errors.ExpectationError.exit_code,
    }
    return codes[Verdict(str(made["verdict"]))]


def _lose(path: Path, site: model.Site, say: Say, point: str | None) -> dict[str, object]:
    """Run the destructive drill here, and have the drill host sign what was seen."""
    vault_remote.fetch(site)
    entry = members.find(site, point)
    means = control_plane_loss.means(path, site, entry, say)
    record = drill.run(
        Drill(
            control_plane_lost.SCENARIO,
            control_plane_lost.TITLE,
            False,
            functools.partial(control_plane_lost.perform, means),
        ),
        site=site.name,
        objective=Objective.of(site),
        environment={"commit": provenance.commit(), "kubernetes": site.versions.kubernetes},
    )
    vault_remote.push_deposit(path, site, say)
    return vault_remote.call(site, ["evidence"], stdin=record.model_dump_json().encode(), timeout=RUN_SECONDS, say=say)


def _located(site: model.Site, made: dict[str, object]) -> dict[str, object]:
    """Return a report whose evidence is the operator's copy."""
    here = prepare.workspace(site).evidence
    files = {key: str(here / Path(str(made[key])).name) for key in ("evidence_file", "evidence_page") if key in made}
    return made | files
