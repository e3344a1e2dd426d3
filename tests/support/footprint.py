"""What labs could leave on this host, as lines of text to compare before and after."""

from __future__ import annotations

import os
from pathlib import Path

from ops.adapters import process
from ops.lab import groups, namespaces

_COMMANDS = (
    ("rule", ("ip", "rule")),
    ("rule", ("ip", "-6", "rule")),
    ("route", ("ip", "route", "show", "table", "all")),
    ("route", ("ip", "-6", "route", "show", "table", "all")),
    ("link", ("ip", "-oneline", "-brief", "link")),
    ("filter", ("nft", "list", "ruleset")),
)
_NET = Path("/proc/sys/net")
_SETTINGS = (
    "ipv4/ip_forward",
    "ipv4/conf/all/forwarding",
    "ipv4/conf/all/proxy_arp",
    "ipv4/conf/all/rp_filter",
    "ipv4/conf/default/forwarding",
    "ipv6/conf/all/disable_ipv6",
    "ipv6/conf/all/forwarding",
    "ipv6/conf/default/accept_ra",
    "ipv6/conf/default/disable_ipv6",
)


def take(lab: str) -> frozenset[str]:
    """Return a line for each thing that a lab could have made or changed on this host, without those of other labs."""
    lines = set(_network())
    lines.update(f"namespace {name}" for name in namespaces.listed())
    lines.update(f"mount {line.split()[4]}" for line in Path("/proc/self/mountinfo").read_text().splitlines())
    for root in groups.hierarchies().roots:
        lines.update(f"cgroup {path}" for path in root.glob("sitewright*"))
    for directory in (Path("/run/systemd/nspawn"), Path("/run/sitewright")):
        lines.update(f"file {path}" for path in directory.rglob("*") if "locks" not in path.parts)
    lines.update(_processes(lab))
    return frozenset(line for line in lines if lab in line or not _of_a_lab(line))


def _network() -> list[str]:
    """Return links, routes, rules and settings of the host's network namespace."""
    lines: list[str] = []
    for kind, argv in _COMMANDS:
        lines.extend(f"{kind} {line}" for line in process.run(argv, timeout=20).stdout.splitlines())
    lines.extend(f"setting {name} {(_NET / name).read_text().strip()}" for name in _SETTINGS)
    return lines


def _processes(lab: str) -> list[str]:
    """Return the processes that name the lab in their arguments."""
    lines = []
    for entry in Path("/proc").iterdir():
        if not entry.name.isdecimal() or int(entry.name) == os.getpid():
            continue
        try:
            words = (entry / "cmdline").read_bytes().decode(errors="replace").split("\0")
        except (FileNotFoundError, ProcessLookupError):
            continue
        if any(lab in word for word in words):
            lines.append(f"process {entry.name} {' '.join(words)}")
    return lines


def _of_a_lab(line: str) -> bool:
    """Return whether a line is about some lab."""
    return "sw-" in line or "sitewright-" in line
