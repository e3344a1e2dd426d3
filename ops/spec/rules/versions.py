"""Rules about versions: what the bundle has, and what was seen to work together."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator

from ops.spec.model import Site, Versions
from ops.spec.rules.fault import Fault


@dataclasses.dataclass(frozen=True)
class _Set:
    """Versions that fit each other; all of them are in the bundle."""

    kubernetes: str
    containerd: tuple[str, ...]
    cilium: tuple[str, ...]


_SETS = (
    # The kubelet of 1.36 warns of containerd 1.x, and 1.37 drops it; 2.2 finds the cgroup driver by itself.
    # Cilium 1.19.0 ran on both in the lab machines of this suite.
    _Set(kubernetes="1.36.3", containerd=("2.2.0", "2.2.1"), cilium=("1.19.0",)),
)


def unfit_versions(site: Site) -> Iterator[Fault]:
    """The bundle holds sets of versions that fit each other; others cannot be installed without the internet."""
    versions = site.versions
    kubernetes = tuple(item.kubernetes for item in _SETS)
    if versions.kubernetes not in kubernetes:
        yield _unfit("kubernetes", versions.kubernetes, kubernetes, "in the bundle")
        return
    fitting = next(item for item in _SETS if item.kubernetes == versions.kubernetes)
    for key, allowed in (("containerd", fitting.containerd), ("cilium", fitting.cilium)):
        version = getattr(versions, key)
        if version not in allowed:
            yield _unfit(key, version, allowed, f"with Kubernetes {versions.kubernetes}")


def _unfit(key: str, version: str, allowed: tuple[str, ...], condition: str) -> Fault:
    default = Versions.model_fields[key].default
    return Fault(
        ("versions", key), version, f"{' or '.join(allowed)} {condition}", f"take {default}, or remove the key"
    )
