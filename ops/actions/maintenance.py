"""Maintenance as the playbooks call it: plan, then for each node the steps, with a journal on disk between them."""

from __future__ import annotations

import dataclasses
import datetime
from collections.abc import Callable, Mapping, Sequence

from ops import errors
from ops.actions import sites
from ops.nodes import acts, plan, steps
from ops.nodes.acts import Act, Step
from ops.nodes.journal import Journal, State, Store
from ops.nodes.site_nodes import SiteNodes
from ops.nodes.work import Work
from ops.spec import model, places

Say = Callable[[str], None]
Pause = Callable[[float], None]


@dataclasses.dataclass(frozen=True)
class Request:
    """What a playbook asks for."""

    site: str
    """Path of the spec."""
    act: str
    nodes: Sequence[str]
    version: str
    """Version to move to; empty means the spec's."""
    command: str
    """What the operator typed."""
    most_away: int
    """Nodes that may be out of service at a time, this one among them."""


@dataclasses.dataclass(frozen=True)
class Turn:
    """What is to be done to one node."""

    left: tuple[str, ...]
    versions: Mapping[str, str]
    """Package -> version to install."""
    previous: Mapping[str, str]
    restart: str
    service: str
    boot: str


def make_plan(request: Request, say: Say, *, check: bool) -> None:
    """Say what would be done and write the journal, or go on with the one there is.

    In check mode nothing is written. Raise BudgetError, NotFoundError, DeployError: then nothing was touched.
    """
    site, act = sites.load(request.site), acts.find(request.act)
    store = _store(site)
    version = plan.target(act, site, request.version)
    before = store.load()
    if before is not None and _goes_on(before, act, version, request):
        journal = steps.resume(before)
        say(f"going on: {_where(journal)}")
        if not check:
            store.save(journal)
        return
    nodes = SiteNodes(site)
    parts = _parts(nodes, act, version, request, store)
    say(plan.render(act, parts))
    busy = [part.entry.node for part in parts if not part.nothing]
    work = Work(nodes, act, say, _no_pause)
    _refuse([error for name in busy for error in work.refusals(name, request.most_away)], say)
    if check or not busy:
        return
    if before is not None:
        store.finish(before)
    now = _now()
    entries = tuple(part.entry for part in parts)
    store.save(
        Journal(site=site.name, act=act.name, target=version, command=request.command, started=now, entries=entries)
    )


def begin(site_path: str, node: str, most_away: int, say: Say) -> Turn | None:
    """Open a node's turn; None when there is nothing to do on it. Raise BudgetError when it may not leave now."""
    site = sites.load(site_path)
    store = _store(site)
    journal = store.load()
    if journal is None or node not in [entry.node for entry in journal.entries]:
        return None
    act, entry = acts.find(journal.act), journal.entry(node)
    left = steps.left(entry, act)
    if not left:
        return None
    _refuse(Work(SiteNodes(site), act, say, _no_pause).refusals(node, most_away), say)
    store.save(journal.with_entry(steps.begin(entry, _now())))
    return Turn(
        left=tuple(step.value for step in left),
        versions={item.name: item.after for item in entry.packages},
        previous={item.name: item.before for item in entry.packages},
        restart=act.restart.value,
        service=act.service,
        boot=entry.boot,
    )


def do_step(site_path: str, node: str, step: str, say: Say, pause: Pause) -> None:
    """Do a step and note that it ended well. Raise SitewrightError when it does not."""
    site, journal, act = _open(site_path)
    steps.check_order(journal.entry(node), act, Step(step))
    found = Work(SiteNodes(site), act, say, pause).do(Step(step), journal.entry(node))
    _note(site, journal.with_entry(found), act, node, Step(step), say)


def note_step(site_path: str, node: str, step: str, say: Say) -> None:
    """Note that a step that Ansible did ended well."""
    site, journal, act = _open(site_path)
    steps.check_order(journal.entry(node), act, Step(step))
    _note(site, journal, act, node, Step(step), say)


@dataclasses.dataclass(frozen=True)
class Failure:
    """What is to be done about a node on which a step failed."""

    undo: bool
    """Put the previous versions on it."""
    put_back: bool
    """Then take it back into service: nothing says that it is broken."""


def fail(site_path: str, node: str, message: str) -> Failure:
    """Note that the step in progress failed, and say what is to be done."""
    site, journal, act = _open(site_path)
    mend = f"look at the node (sitewright ssh {node}), then run again: {journal.command}"
    entry = steps.fail(journal.entry(node), act, message, mend)
    _store(site).save(journal.with_entry(entry))
    undo = steps.must_undo(entry)
    return Failure(undo=undo, put_back=undo or entry.failed_at in {Step.CORDON, Step.DRAIN})


def put_back(site_path: str, node: str, say: Say, pause: Pause) -> None:
    """Take a failed node back into service as it was before. Raise SitewrightError when it does not work."""
    site, journal, act = _open(site_path)
    entry = Work(SiteNodes(site), act, say, pause).put_back(journal.entry(node))
    _store(site).save(journal.with_entry(steps.restored(entry)))


def stop(site_path: str, node: str) -> errors.DeployError:
    """Return the error that ends the run after a node failed."""
    site, journal, _ = _open(site_path)
    entry = journal.entry(node)
    state = {
        State.RESTORED: f"{node} runs as before and is in service",
        State.FAILED: f"{node} stays cordoned",
    }.get(entry.state, f"{node} is {entry.state}")
    return errors.DeployError(
        f"{journal.act} stopped at {node}, step {entry.failed_at}: {entry.error}\n  now: {state}",
        where=f"{_store(site).path}",
        mend=entry.mend,
    )


def last_words(site_name: str) -> str:
    """Return what stays as it is after a run that did not finish, and how to go on; empty after one that did."""
    journal = Store(places.state_directory(site_name)).load()
    return "" if journal is None else f"not finished: {_where(journal)}\n  go on with: {journal.command}"


def _where(journal: Journal) -> str:
    """Return where a journal is, in words."""
    done = sum(entry.state is State.DONE for entry in journal.entries)
    text = f"{journal.act}, {done} of {len(journal.entries)} nodes done"
    act = acts.find(journal.act)
    for entry in steps.unfinished(journal):
        if entry.state in {State.OPEN, State.FAILED} and not entry.has(Step.UNCORDON):
            missing = [step.value for step in act.steps if not entry.has(step)]
            return f"{text}; {entry.node} is at step {missing[0]} and may be cordoned"
        if entry.state is State.OPEN:
            return f"{text}; {entry.node} is in service again"
    return text


def _goes_on(before: Journal, act: Act, version: str, request: Request) -> bool:
    """Say whether a request is the one of an unfinished journal. Raise DeployError where it gets in its way."""
    waiting = [entry.node for entry in steps.unfinished(before)]
    if before.act == act.name and before.target == version and set(waiting) <= set(request.nodes):
        return True
    touched = [entry.node for entry in steps.unfinished(before) if entry.state is not State.WAITING]
    gives_up = act is acts.UNCORDON and set(touched) <= set(request.nodes)
    if gives_up or not touched:
        return False
    raise errors.DeployError(
        f"another maintenance is not finished: {_where(before)}",
        where=request.site,
        mend=f"finish it: {before.command}\n  or give it up: playbooks/uncordon.yml --limit {','.join(touched)}",
    )


def _parts(nodes: SiteNodes, act: Act, version: str, request: Request, store: Store) -> list[plan.Planned]:
    facts = nodes.facts()
    found = nodes.packages(request.nodes, [act.package] if act.package else [])
    refused = plan.refuse_version(act, version, found)
    if refused:
        raise refused[0]
    parts = []
    for name in request.nodes:
        models = plan.models_on(nodes.site, name, facts.pods)
        entry = plan.entry(act, version, name, found[name], models)
        parts.append(plan.planned(act, entry, facts.nodes, facts.pods, store.finished()))
    return parts


def _note(site: model.Site, journal: Journal, act: Act, node: str, step: Step, say: Say) -> None:
    """Write down that a step ended well, and finish the journal after the last one."""
    entry = steps.settle(steps.complete(journal.entry(node), step, _now()), act)
    new, store = journal.with_entry(entry), _store(site)
    if not steps.unfinished(new):
        store.finish(new.model_copy(update={"ended": _now()}))
        say(f"{act.name}: all nodes done")
        return
    store.save(new)


def _refuse(refusals: Sequence[errors.BudgetError], say: Say) -> None:
    """Raise the first refusal after saying the others."""
    for error in refusals[1:]:
        say(str(error))
    if refusals:
        raise refusals[0]


def _open(site_path: str) -> tuple[model.Site, Journal, Act]:
    site = sites.load(site_path)
    journal = _store(site).load()
    if journal is None:
        raise errors.NotFoundError(
            "no maintenance is in progress", where=str(_store(site).path), mend="start a playbook of playbooks/"
        )
    return site, journal, acts.find(journal.act)


def _store(site: model.Site) -> Store:
    return Store(places.state_directory(site.name))


def _now() -> datetime.datetime:
    return datetime.datetime.now(datetime.UTC)


def _no_pause(_seconds: float) -> None:
    """Nothing is waited for."""
