"""One site as maintenance reaches it: cluster, nodes over ssh, load balancers."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Sequence
from concurrent import futures

from ops import errors
from ops.adapters import haproxy, packages, ssh
from ops.adapters.kubernetes_cluster import Cluster, Node, Pod
from ops.nodes import verify
from ops.nodes.drain import Pause, Say
from ops.plan import endpoints
from ops.spec import access, model, places

_AT_ONCE = 8
_PAUSE_SECONDS = 0.5


@dataclasses.dataclass(frozen=True)
class Facts:
    """The cluster at one moment, without pods of our own that prove something."""

    nodes: tuple[Node, ...]
    pods: tuple[Pod, ...]


class SiteNodes:
    """The parts of one site that are talked to."""

    def __init__(self, site: model.Site) -> None:
        access.pin(site)
        self.site = site
        self.cluster = Cluster(places.state_directory(site.name) / "kubeconfig")
        self._options = ssh.options(access.known_hosts(site), access.private_key(site))

    def facts(self) -> Facts:
        """Return nodes and pods of the cluster."""
        pods = tuple(pod for pod in self.cluster.pods() if not verify.is_canary(pod))
        return Facts(self.cluster.nodes(), pods)

    def packages(self, names: Sequence[str], asked: Sequence[str]) -> dict[str, packages.Packages]:
        """Return what packages nodes have, and what their repository offers of those asked about."""
        with futures.ThreadPoolExecutor(_AT_ONCE) as pool:
            found = pool.map(lambda name: packages.look(self._target(name), self._options, asked), names)
            return dict(zip(names, found, strict=True))

    def divert(self, name: str, patience: float, say: Say, pause: Pause) -> None:
        """Let no request come in by a node any more, and return when the last one has ended.

        Raise TimeoutExpiredError when one lasts longer than `patience` seconds.
        """
        if self.site.node(name) not in endpoints.ingress_nodes(self.site):
            return
        for balancer in self._balancers():
            others = [item for item in haproxy.servers(balancer, self._options) if item.name != name]
            if not any(item.status.startswith("UP") for item in others):
                continue
            haproxy.set_state(balancer, self._options, name, "drain")
            self._wait_until_idle(balancer, name, patience, pause)
        say(f"no request comes in by {name}")

    def admit(self, name: str) -> None:
        """Let requests come in by a node again."""
        if self.site.node(name) in endpoints.ingress_nodes(self.site):
            for balancer in self._balancers():
                haproxy.set_state(balancer, self._options, name, "ready")

    def _wait_until_idle(self, balancer: str, name: str, patience: float, pause: Pause) -> None:
        deadline = time.monotonic() + patience
        while True:
            found = {item.name: item.sessions for item in haproxy.servers(balancer, self._options)}
            if not found.get(name, 0):
                return
            if time.monotonic() > deadline:
                raise errors.TimeoutExpiredError(
                    f"{found[name]} requests that came in by {name} have not ended",
                    where=balancer,
                    mend="wait until they end, then run the same command again",
                )
            pause(_PAUSE_SECONDS)

    def _balancers(self) -> list[str]:
        return [self._target(node.name) for node in self.site.nodes_with(model.Role.INFRA)]

    def _target(self, name: str) -> str:
        return f"{self.site.access.user}@{self.site.node(name).address}"
