"""Take a node of a lab out of its cluster before its machine goes."""

from __future__ import annotations

import threading
from collections.abc import Callable

from ops import errors
from ops.actions import sites
from ops.adapters.kubernetes_cluster import Cluster
from ops.nodes import leave as nodes
from ops.spec import places

Say = Callable[[str], None]


def leave(site_path: str, name: str, say: Say, cancelled: threading.Event, *, control_plane: bool) -> None:
    """Given a node that goes, let its cluster go on without it; one that the spec still names stays in its cluster.

    Such a one is made anew, or the whole lab goes: then nothing is asked of the cluster. Raise PrerequisiteError for a
    control plane, UnreachableError, TimeoutExpiredError.
    """
    if not sites.locate(site_path).exists():
        say("the spec is gone, and the lab with it: nothing is asked of the cluster")
        return
    site = sites.load(site_path)
    if name in [node.name for node in site.nodes]:
        return
    if control_plane:
        raise errors.PrerequisiteError(
            f"{name} is a control plane: without its part of etcd the cluster could lose its majority",
            where=site_path,
            mend=f"put {name} back into the spec; fewer control planes take a new lab (sitewright site destroy)",
        )

    def pause(seconds: float) -> None:
        if cancelled.wait(seconds):
            raise errors.DeployError("stopped", where=name, mend=f"run again: {name} stays cordoned until then")

    nodes.leave(Cluster(places.state_directory(site.name) / "kubeconfig"), site, name, say, pause)
