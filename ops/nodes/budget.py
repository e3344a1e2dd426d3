"""May this node leave now? By nodes, and by what the others can serve. Pure: facts in, refusals out."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterable, Mapping, Sequence

from ops import errors
from ops.adapters.kubernetes_cluster import Node, Pod
from ops.nodes.acts import Act
from ops.plan import endpoints
from ops.plan.serving import gateway, shared, triton
from ops.spec import model

SERVING_SHARE = 0.5
"""Share of a model's replicas that must go on serving while a node is away; never less than one."""
INSTANCE = "app.kubernetes.io/instance"


@dataclasses.dataclass(frozen=True)
class Service:
    """Something with replicas that clients need at any time."""

    name: str
    """Its Deployment, and the value of the label `instance` of its pods."""
    shown: str
    """For people."""
    replicas: int


def services(site: model.Site) -> tuple[Service, ...]:
    """Return what the site serves: each model, and the gateway."""
    models = [Service(triton.service_name(card), f"model {card.name}", card.replicas) for card in site.models]
    return (*models, Service(gateway.NAME, "the gateway", site.gateway.replicas))


def belongs(pod: Pod, service: Service) -> bool:
    """Say whether a pod is a replica of a service."""
    return pod.namespace == shared.NAMESPACE and pod.labels.get(INSTANCE) == service.name


def serves(pod: Pod) -> bool:
    """Say whether a pod answers and goes on doing so."""
    return pod.ready and not pod.leaving and not pod.finished


def refusals(
    act: Act, site: model.Site, name: str, nodes: Sequence[Node], pods: Sequence[Pod], *, most_away: int
) -> list[errors.BudgetError]:
    """Return why a node may not leave now; an empty list means that it may."""
    found = _by_nodes(name, nodes, most_away)
    found += _by_pods(name, pods)
    found += _by_capacity(site, name, nodes, pods)
    if act.breaks_connections:
        found += _by_connections(site, name, nodes)
    return found


def _by_nodes(name: str, nodes: Sequence[Node], most_away: int) -> list[errors.BudgetError]:
    away = [node.name for node in nodes if node.name != name and not (node.ready and node.schedulable)]
    if len(away) < most_away:
        return []
    return [
        errors.BudgetError(
            f"{name} may not leave: {', '.join(away)} is not in service, and at most {most_away} may be away",
            where=name,
            mend=f"bring {away[0]} back (kubectl get nodes), or allow more: -e maintenance_most_away={len(away) + 1}",
        )
    ]


def _by_pods(name: str, pods: Iterable[Pod]) -> list[errors.BudgetError]:
    lost = [pod.key for pod in pods if pod.node == name and not pod.owner and not pod.stays and not pod.leaving]
    return [
        errors.BudgetError(
            f"pod {key} has no controller that would make it again elsewhere",
            where=name,
            mend=f"delete it when it is not needed: kubectl delete pod --namespace {key.replace('/', ' ')}",
        )
        for key in lost
    ]


def _by_capacity(site: model.Site, name: str, nodes: Sequence[Node], pods: Sequence[Pod]) -> list[errors.BudgetError]:
    found = []
    placed = place(name, nodes, pods)
    for service in services(site):
        mine = [pod for pod in pods if belongs(pod, service) and not pod.leaving]
        here = [pod for pod in mine if pod.node == name]
        elsewhere = sum(serves(pod) for pod in mine if pod.node != name)
        if not here:
            continue
        moved = sum(placed[pod.key] != "" for pod in here)
        together = sum(serves(pod) for pod in here) > 1 and moved > 0
        needed = max(1, math.ceil(service.replicas * SERVING_SHARE))
        if not elsewhere and not together:
            found.append(_no_replica(name, service))
        elif elsewhere + moved < needed:
            found.append(_too_few(name, service, elsewhere + moved, needed))
    return found


def _no_replica(name: str, service: Service) -> errors.BudgetError:
    return errors.BudgetError(
        f"without {name} there would be no replica of {service.shown}",
        where=name,
        mend="let one on another node become ready, or raise `replicas` in the spec and run pulumi up; then run again",
    )


def _too_few(name: str, service: Service, kept: int, needed: int) -> errors.BudgetError:
    return errors.BudgetError(
        f"without {name} {kept} of {service.replicas} replicas of {service.shown} would serve; it takes {needed}",
        where=name,
        mend="make room on the other nodes or let their replicas become ready, then run the same command again",
    )


def _by_connections(site: model.Site, name: str, nodes: Sequence[Node]) -> list[errors.BudgetError]:
    node = site.node(name)
    found = []
    if model.Role.INFRA in node.roles:
        found.append(
            errors.BudgetError(
                f"{name} carries the load balancer: all requests end while it starts again",
                where=name,
                mend="leave it out with --limit; in an outage that is announced, restart it by hand",
            )
        )
    ready = {other.name for other in nodes if other.ready and other.name != name}
    entrances = endpoints.ingress_nodes(site)
    if node in entrances and not any(other.name in ready for other in entrances):
        found.append(
            errors.BudgetError(
                f"{name} is the only node by which requests come in",
                where=name,
                mend="give a second node the role `ingress` in the spec and run pulumi up, then run again",
            )
        )
    return found


def place(name: str, nodes: Sequence[Node], pods: Sequence[Pod]) -> Mapping[str, str]:
    """Return where each pod of a node that leaves would find room: pod -> node, empty where there is none.

    The largest pods choose first, each the node with most free memory. Only requests count, as for the scheduler.
    """
    room = {node.name: [node.memory, node.gpus] for node in nodes if _takes(node, name)}
    for pod in pods:
        if pod.node in room and not pod.finished:
            room[pod.node][0] -= pod.memory
            room[pod.node][1] -= pod.gpus
    placed = {}
    movers = [pod for pod in pods if pod.node == name and not pod.stays]
    for pod in sorted(movers, key=lambda pod: (-pod.gpus, -pod.memory)):
        fitting = [key for key, free in room.items() if free[0] >= pod.memory and free[1] >= pod.gpus]
        best = max(fitting, key=lambda key: room[key][0], default="")
        placed[pod.key] = best
        if best:
            room[best][0] -= pod.memory
            room[best][1] -= pod.gpus
    return placed


def _takes(node: Node, leaving: str) -> bool:
    return node.name != leaving and node.ready and node.schedulable and not node.tainted
