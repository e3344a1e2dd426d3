"""Named network namespaces, as `ip netns` keeps them: files that the kernel binds namespaces to."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from ops.adapters import process
from ops.lab import processes

DIRECTORY = Path("/run/netns")
"""Where `ip netns` binds namespaces (ip-netns(8))."""

_SECONDS = 20.0


def present(name: str) -> bool:
    """Return whether a namespace is bound to that name; a file that a killed `ip netns add` left is none."""
    try:
        return (DIRECTORY / name).stat().st_dev == Path("/proc/self/ns/net").stat().st_dev
    except FileNotFoundError:
        return False


def listed() -> frozenset[str]:
    """Return the names in use, with and without a namespace behind them."""
    return frozenset(entry.name for entry in DIRECTORY.iterdir()) if DIRECTORY.is_dir() else frozenset()


def add(name: str) -> None:
    """Make a namespace with its loopback up, unless it is there."""
    if present(name):
        return
    (DIRECTORY / name).unlink(missing_ok=True)
    process.run(["ip", "netns", "add", name], timeout=_SECONDS)
    configure(name, "link set lo up")


def delete(name: str) -> None:
    """Kill the processes in a namespace and remove it with its links; a name that is not in use is no error."""
    if present(name):
        processes.kill(processes.in_namespace(DIRECTORY / name))
        process.run(["ip", "netns", "delete", name], timeout=_SECONDS)
    (DIRECTORY / name).unlink(missing_ok=True)


def configure(name: str | None, *commands: str) -> None:
    """Run `ip` commands in a namespace, or in the host's for None; the first that fails raises ProcessError."""
    where = [] if name is None else ["-n", name]
    process.run(["ip", *where, "-batch", "-"], stdin="\n".join((*commands, "")), timeout=_SECONDS)


def links(name: str | None) -> Mapping[str, list[tuple[str, int]]]:
    """Return the links in a namespace, or in the host's for None, each with its IPv4 addresses and prefix lengths."""
    where = [] if name is None else ["-n", name]
    text = process.run(["ip", *where, "-json", "address", "show"], timeout=_SECONDS).stdout
    found = {}
    for entry in json.loads(text):
        addresses = [item for item in entry["addr_info"] if item["family"] == "inet"]
        found[entry["ifname"]] = [(item["local"], item["prefixlen"]) for item in addresses]
    return found


def write_settings(name: str, settings: Mapping[str, str]) -> None:
    """Write kernel settings (net.…) of a namespace."""
    words = [f"{key}={value}" for key, value in settings.items()]
    process.run(["ip", "netns", "exec", name, "sysctl", "--quiet", "--write", *words], timeout=_SECONDS)
