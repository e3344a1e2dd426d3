"""What packages a Debian node has, what its repository offers, and which boot it is in: one ssh call."""

from __future__ import annotations

import dataclasses
import re
import shlex
from collections.abc import Mapping, Sequence

from ops import errors
from ops.adapters import ssh

_SECONDS = 180.0
_MARK = "== "
_SCRIPT = """
set -eu
export LC_ALL=C.UTF-8
apt-get update --quiet=2 >/dev/null
echo "== boot"; cat /proc/sys/kernel/random/boot_id
echo "== installed"; dpkg-query --show --showformat '${db:Status-Abbrev}${Package} ${Version}\\n'
echo "== offered"; for name in "$@"; do apt-cache madison "$name"; done
echo "== upgrades"; apt-get --simulate --quiet=2 upgrade
"""
_UPGRADE = re.compile(r"^Inst (\S+) \[([^\]]+)\] \((\S+)")


@dataclasses.dataclass(frozen=True)
class Upgrade:
    """One package that the repository has a newer version of."""

    name: str
    before: str
    after: str


@dataclasses.dataclass(frozen=True)
class Packages:
    """What a node said."""

    boot: str
    installed: Mapping[str, str]
    offered: Mapping[str, tuple[str, ...]]
    """Versions in the repository of the packages asked about."""
    upgrades: tuple[Upgrade, ...]


def look(target: str, options: Sequence[str], names: Sequence[str]) -> Packages:
    """Read a node's package lists anew and return what it has. Raise DeployError, UnreachableError."""
    command = shlex.join(["sudo", "--non-interactive", "sh", "-c", _SCRIPT, "look", *names])
    completed = ssh.run(target, options, command, timeout=_SECONDS)
    if completed.returncode != 0:
        raise errors.DeployError(
            f"the node cannot say what packages it has: {completed.stderr.strip()[-500:]}",
            where=target,
            mend="check that the bundle server answers it (apt-get update there), then run the same command again",
        )
    return read(completed.stdout)


def read(text: str) -> Packages:
    """Given the script's output, return what it says."""
    parts: dict[str, list[str]] = {}
    current: list[str] = []
    for line in text.splitlines():
        if line.startswith(_MARK):
            current = parts.setdefault(line.removeprefix(_MARK), [])
        else:
            current.append(line)
    offered: dict[str, tuple[str, ...]] = {}
    for line in parts["offered"]:
        name, version, _ = (word.strip() for word in line.split("|", 2))
        offered[name] = (*offered.get(name, ()), version)
    installed = dict(line[3:].strip().split(" ", 1) for line in parts["installed"] if line[1:2] == "i")
    upgrades = [match for match in map(_UPGRADE.match, parts["upgrades"]) if match]
    return Packages(
        boot="".join(parts["boot"]).strip(),
        installed=installed,
        offered=offered,
        upgrades=tuple(Upgrade(*match.groups()) for match in upgrades),
    )
