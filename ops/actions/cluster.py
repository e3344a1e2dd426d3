"""Wait until the cluster that the roles have made answers through the load balancer."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from ops import errors
from ops.actions import sites
from ops.adapters import kubernetes
from ops.spec import places

Say = Callable[[str], None]
"""Takes one line about what is going on."""

WAIT_SECONDS = 300.0
_PAUSE_SECONDS = 0.5


def kubeconfig(site_path: str) -> str | None:
    """Return the kubeconfig that the roles left in the state directory, None before there is one."""
    path = places.state_directory(sites.load(site_path).name) / "kubeconfig"
    return path.read_text(encoding="utf-8") if path.exists() else None


def reach(site_path: str) -> str:
    """Return the kubeconfig of a cluster that answers. Raise UnreachableError when it does not."""
    text = kubeconfig(site_path)
    if text is None:
        raise errors.UnreachableError(
            "the site has no kubeconfig yet",
            where=str(places.state_directory(sites.load(site_path).name) / "kubeconfig"),
            mend="run the first control plane's node again: its roles write the file",
        )
    kubernetes.ready(text)
    return text


def wait(site_path: str, say: Say, cancelled: threading.Event) -> str:
    """Return the kubeconfig once the API answers. Raise TimeoutExpiredError when it does not in five minutes."""
    deadline = time.monotonic() + WAIT_SECONDS
    while True:
        try:
            return reach(site_path)
        except errors.UnreachableError as error:
            say(f"waiting for the Kubernetes API: {error.what}")
            if cancelled.wait(_PAUSE_SECONDS):
                raise
            if time.monotonic() > deadline:
                raise errors.TimeoutExpiredError(
                    f"the Kubernetes API did not answer within {WAIT_SECONDS:g} s: {error.what}",
                    where=error.where,
                    mend="look at the control plane and the load balancer (sitewright ssh), then run again",
                ) from error
