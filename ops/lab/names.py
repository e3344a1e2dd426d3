"""Names and numbers of everything that a lab puts into the kernel, derived from the lab's and the node's name alone.

A dot parts lab and node because neither name may hold one: `sw-a.b-c` is node b-c of lab a and nothing else.
"""

from __future__ import annotations

import hashlib
import re

from ops import errors

LONGEST_LAB_NAME = 12
"""Characters: the link `sw-<lab>` must fit the kernel's 15 (IFNAMSIZ - 1, linux/if.h)."""

BRIDGE = "lab"
"""The bridge inside the lab's namespace; all machines are ports of it."""

LEG = "leg"
"""The lab namespace's end of the link to the host."""

UPLINK = "eth0"
"""The network interface that a machine sees."""

_PREFIX = "sw-"
_GROUP_PREFIX = "sitewright-"
_NAME = re.compile(r"[a-z][a-z0-9-]*[a-z0-9]")


def check(lab: str, node: str | None = None) -> None:
    """Raise SpecError unless the names can be part of kernel names."""
    for name in (lab, *(() if node is None else (node,))):
        if not _NAME.fullmatch(name):
            raise errors.SpecError(
                f"'{name}' cannot name a lab or a lab machine",
                where=f"lab {lab}",
                mend="use lower-case letters, digits and inner hyphens, and begin with a letter",
            )
    if len(lab) > LONGEST_LAB_NAME:
        raise errors.SpecError(
            f"the lab name '{lab}' has {len(lab)} characters and its network link has room for {LONGEST_LAB_NAME}",
            where=f"lab {lab}",
            mend="give the site a shorter name",
        )


def link(lab: str) -> str:
    """Return the name of the host's end of the link into a lab."""
    return f"{_PREFIX}{lab}"


def namespace(lab: str, node: str | None = None) -> str:
    """Return the name of a lab's network namespace, or of one machine's; also the machine's name for nspawn."""
    return f"{_PREFIX}{lab}" if node is None else f"{_PREFIX}{lab}.{node}"


def parse_namespace(name: str) -> tuple[str, str | None] | None:
    """Given the name of a namespace, return the lab and node it belongs to, or None where it is not ours."""
    lab, dot, node = name.removeprefix(_PREFIX).partition(".")
    ours = name.startswith(_PREFIX) and _NAME.fullmatch(lab) and (not dot or _NAME.fullmatch(node))
    return (lab, node or None) if ours else None


def group(lab: str) -> str:
    """Return the name of the cgroup that holds a lab's machines."""
    return f"{_GROUP_PREFIX}{lab}"


def parse_group(name: str) -> str | None:
    """Given the name of a cgroup, return the lab it belongs to, or None where it is not ours."""
    lab = name.removeprefix(_GROUP_PREFIX)
    return lab if name.startswith(_GROUP_PREFIX) and _NAME.fullmatch(lab) else None


def port(node: str) -> str:
    """Return the name of a machine's bridge port: the same at each start, and short enough for any node name."""
    return f"m{hashlib.sha256(node.encode()).hexdigest()[:12]}"


def hardware_address(lab: str, node: str | None = None) -> str:
    """Return a fixed, locally administered MAC address of a machine, or of the lab's side towards the host.

    A random one leaves stale ARP entries in the neighbours for about 20 s after a restart.
    """
    digest = hashlib.sha256(namespace(lab, node).encode()).hexdigest()
    return ":".join(["02", *(digest[start : start + 2] for start in range(0, 10, 2))])
