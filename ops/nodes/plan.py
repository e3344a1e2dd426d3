"""What a maintenance run would do, node by node, before anything is touched. Pure: facts in, plan or refusal out."""

from __future__ import annotations

import dataclasses
import statistics
from collections.abc import Iterable, Mapping, Sequence

from ops import errors
from ops.adapters.kubernetes_cluster import Node, Pod
from ops.adapters.packages import Packages
from ops.nodes import budget
from ops.nodes.acts import Act, Restart, Step
from ops.nodes.journal import Entry, Journal, Package, State
from ops.spec import model

_DRAIN_SECONDS = 25
_VERIFY_SECONDS = 25
_SPREAD_SECONDS = 30
"""What these steps take in the lab; a node that was done before says better."""
_SHOWN = 6
"""Packages that a line of the plan names."""


@dataclasses.dataclass(frozen=True)
class Planned:
    """One node's part."""

    entry: Entry
    moves: tuple[str, ...]
    """For people: which pod goes where."""
    seconds: int

    @property
    def nothing(self) -> bool:
        """Say whether the node is as wanted already."""
        return self.entry.state is State.DONE


def target(act: Act, site: model.Site, wanted: str) -> str:
    """Return the version that an act makes of its package: what was asked for, else what the spec says."""
    if not act.package or act.version is None:
        return ""
    if not wanted:
        return act.version(site)
    return wanted if "-" in wanted else f"{wanted}-1"


def refuse_version(act: Act, version: str, found: Mapping[str, Packages]) -> list[errors.NotFoundError]:
    """Return a refusal for each node whose repository lacks the version."""
    refused = []
    for node, packages in found.items():
        offered = packages.offered.get(act.package, ())
        if version and version not in offered:
            refused.append(
                errors.NotFoundError(
                    f"the site's repository has no {act.package} {version}",
                    where=f"apt on {node}",
                    mend=f"it has {', '.join(offered) or 'none'}; build a bundle with it and run sitewright site up",
                )
            )
    return refused


def entry(act: Act, version: str, node: str, packages: Packages, models: Iterable[str]) -> Entry:
    """Return a node's entry of the journal; done at once where the node is as wanted."""
    changes: tuple[Package, ...] = ()
    if act.package:
        before = packages.installed.get(act.package, "")
        changes = (Package(name=act.package, before=before, after=version),) if before != version else ()
    if act.upgrades:
        changes = tuple(Package(name=item.name, before=item.before, after=item.after) for item in packages.upgrades)
    idle = bool(act.package or act.upgrades) and not changes
    return Entry(
        node=node,
        packages=changes,
        boot=packages.boot,
        models=tuple(models),
        state=State.DONE if idle else State.WAITING,
    )


def models_on(site: model.Site, node: str, pods: Sequence[Pod]) -> tuple[str, ...]:
    """Return the models that a node must answer for: those it serves, else the site's first one that has no GPU."""
    found = []
    for card, service in zip(site.models, budget.services(site), strict=False):
        if any(budget.belongs(pod, service) and pod.node == node for pod in pods):
            found.append(card.name)
    return tuple(found) or tuple(card.name for card in site.models if card.accelerators == 0)[:1]


def planned(act: Act, made: Entry, nodes: Sequence[Node], pods: Sequence[Pod], history: Iterable[Journal]) -> Planned:
    """Return a node's part of the plan."""
    if made.state is State.DONE or Step.DRAIN not in act.steps:
        return Planned(made, (), 0 if made.state is State.DONE else _VERIFY_SECONDS)
    placed = budget.place(made.node, nodes, pods)
    moves = tuple(f"{key} -> {place or 'waits until the node is back'}" for key, place in sorted(placed.items()))
    return Planned(made, moves, _seconds(act, history))


def _seconds(act: Act, history: Iterable[Journal]) -> int:
    """Return what a node took before, in the middle, else the sum of what the steps take in the lab."""
    taken = [
        sum(record.seconds for record in entry.done)
        for journal in history
        if journal.act == act.name
        for entry in journal.entries
        if entry.state is State.DONE and entry.done
    ]
    if taken:
        return round(statistics.median(taken))
    return act.seconds + _DRAIN_SECONDS + (_VERIFY_SECONDS + _SPREAD_SECONDS if Step.VERIFY in act.steps else 0)


def render(act: Act, parts: Sequence[Planned]) -> str:
    """Return the plan for people."""
    busy = [part for part in parts if not part.nothing]
    lines = [f"plan: {act.name} {act.does}, {len(busy)} of {len(parts)} nodes, one at a time"]
    for part in parts:
        lines.append(f"  {part.entry.node}: {'matches already' if part.nothing else _changes(act, part.entry)}")
        lines += [f"    moves {move}" for move in part.moves]
        if not part.nothing:
            lines.append(f"    about {part.seconds} s")
    return "\n".join(lines)


def _changes(act: Act, made: Entry) -> str:
    names = [f"{item.name} {item.before or 'none'} => {item.after}" for item in made.packages]
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    what = f"{', '.join(names[:_SHOWN])}{more}" or act.does
    restarts = {Restart.NOTHING: "", Restart.SERVICE: f"; restarts {act.service}", Restart.MACHINE: "; reboots"}
    return what + restarts[act.restart]
