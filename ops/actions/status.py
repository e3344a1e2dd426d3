"""Ask a site how it is: machines, cluster nodes, models, and the last answer that was measured."""

from __future__ import annotations

import dataclasses
import datetime
import json
import os
from pathlib import Path

from ops import errors, spec
from ops.actions import prepare
from ops.adapters import gateway, kubernetes_nodes
from ops.lab import machine
from ops.plan import endpoints
from ops.spec import locate, model

_TIMEOUT_SECONDS = 3.0
"""A site that takes longer to say how it is, is not well."""


@dataclasses.dataclass(frozen=True)
class NodeStatus:
    """One node: `machine` is the state of a lab machine, `ready` what Kubernetes says; None: nobody to ask."""

    name: str
    roles: tuple[str, ...]
    machine: str | None
    ready: bool | None


@dataclasses.dataclass(frozen=True)
class ModelStatus:
    """One model of the spec: whether the gateway serves it; None: the gateway does not answer."""

    name: str
    is_served: bool | None


@dataclasses.dataclass(frozen=True)
class LastAnswer:
    """The last answer that was measured from outside."""

    model: str
    text: str
    time: str
    """UTC, as in ISO 8601."""
    seconds: float
    tokens_per_second: float


@dataclasses.dataclass(frozen=True)
class SiteStatus:
    """The whole site; without problems it is well."""

    site: str
    url: str
    nodes: tuple[NodeStatus, ...]
    models: tuple[ModelStatus, ...]
    last_answer: LastAnswer | None
    problems: tuple[errors.SitewrightError, ...]


def status(argument: str) -> SiteStatus:
    """Given a site's name or path, return how it is within seconds. Raise InvalidSpecError for a wrong spec."""
    site = spec.load(locate.resolve(argument))
    space = prepare.workspace(site)
    machines = {node.name: machine.status(site.name, node.name).value for node in site.nodes} if site.lab else {}
    problems = [_not_running(site, name, state) for name, state in machines.items() if state != "running"]
    ready: dict[str, bool] = {}
    served: frozenset[str] | None = None
    if not _exists(space, machines):
        problems = [_missing(site)]
    elif machines.get(_front(site), "running") == "running":
        ready, served = _ask(site, space, problems)
    return SiteStatus(
        site=site.name,
        url=endpoints.gateway_url(site),
        nodes=tuple(_node(node, machines, ready) for node in site.nodes),
        models=tuple(_model(card, served) for card in site.models),
        last_answer=_last_answer(space.state / "last_answer.json"),
        problems=tuple(problems),
    )


def _exists(space: prepare.Workspace, machines: dict[str, str]) -> bool:
    """Tell whether anything of the site was made."""
    return (space.state / "kubeconfig").exists() or any(state != "absent" for state in machines.values())


def _front(site: model.Site) -> str:
    """Return the name of the node that the load balancer runs on."""
    return site.nodes_with(model.Role.INFRA)[0].name


def _ask(
    site: model.Site, space: prepare.Workspace, problems: list[errors.SitewrightError]
) -> tuple[dict[str, bool], frozenset[str] | None]:
    """Ask cluster and gateway; what goes wrong is added to `problems`."""
    ready: dict[str, bool] = {}
    served = None
    try:
        ready = _ready_nodes(site, space.state / "kubeconfig", problems)
    except errors.SitewrightError as error:
        problems.append(error)
    try:
        key = space.api_key.read_text(encoding="utf-8").strip() if space.api_key.exists() else _own_key()
        served = gateway.served_models(endpoints.gateway_url(site), space.trust, key, timeout=_TIMEOUT_SECONDS)
        problems += [_not_served(site, card) for card in site.models if card.name not in served]
    except errors.SitewrightError as error:
        problems.append(error)
    return ready, served


def _ready_nodes(site: model.Site, kubeconfig: Path, problems: list[errors.SitewrightError]) -> dict[str, bool]:
    """Return the readiness of the cluster's nodes; those of the spec that are not ready are problems."""
    if not kubeconfig.exists():
        raise errors.NotFoundError("there is no cluster yet", where=str(kubeconfig), mend=_up(site))
    ready = kubernetes_nodes.readiness(kubeconfig, timeout=_TIMEOUT_SECONDS)
    for node in site.nodes:
        if _is_in_cluster(node) and not ready.get(node.name, False):
            state = "not ready" if node.name in ready else "not in the cluster"
            problems.append(errors.UnreachableError(f"node {node.name} is {state}", where=site.name, mend=_up(site)))
    return ready


def _own_key() -> str:
    """Return the operator's own API key of a real site. Raise CredentialError when it is not set."""
    key = os.environ.get("OPENAI_API_KEY")
    if not key:
        raise errors.CredentialError(
            "the gateway cannot be asked without an API key", where="OPENAI_API_KEY", mend="set it to a key of the site"
        )
    return key


def _is_in_cluster(node: model.Node) -> bool:
    return model.Role.CONTROL_PLANE in node.roles or model.Role.WORKER in node.roles


def _node(node: model.Node, machines: dict[str, str], ready: dict[str, bool]) -> NodeStatus:
    roles = tuple(role.value for role in node.roles)
    return NodeStatus(node.name, roles, machines.get(node.name), ready.get(node.name))


def _model(card: model.Model, served: frozenset[str] | None) -> ModelStatus:
    return ModelStatus(card.name, None if served is None else card.name in served)


def _last_answer(path: Path) -> LastAnswer | None:
    """Return the answer that `make site` or `sitewright ask` wrote down; None when there is none that can be read."""
    try:
        record = json.loads(path.read_text(encoding="utf-8"))
        time = datetime.datetime.fromtimestamp(record["time"], datetime.UTC).isoformat(timespec="seconds")
        return LastAnswer(
            model=str(record["model"]),
            text=str(record["text"]),
            time=time,
            seconds=float(record["total_seconds"]),
            tokens_per_second=float(record["tokens_per_second"]),
        )
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _missing(site: model.Site) -> errors.SitewrightError:
    return errors.NotFoundError(f"site {site.name} does not exist yet", where=f"site {site.name}", mend=_up(site))


def _not_running(site: model.Site, name: str, state: str) -> errors.SitewrightError:
    return errors.UnreachableError(f"lab machine {name} is {state}", where=f"site {site.name}", mend=_up(site))


def _not_served(site: model.Site, card: model.Model) -> errors.SitewrightError:
    return errors.UnreachableError(
        f"the gateway does not serve {card.name}", where=endpoints.gateway_url(site), mend=_up(site)
    )


def _up(site: model.Site) -> str:
    return f"run: sitewright site up {site.name}"
