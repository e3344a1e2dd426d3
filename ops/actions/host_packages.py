"""Install the Debian packages that making bundle and labs needs on this machine; each is named before it comes."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable

from ops import errors
from ops.adapters import process
from ops.bundle import lock
from ops.lab import prerequisites
from ops.spec import model

Say = Callable[[str], None]
"""Takes one line of progress."""

_SECONDS = 900.0


def wanted(site: model.Site) -> list[str]:
    """Return the packages that this machine must have for a site."""
    names = set(lock.load().host_packages)
    if site.lab is not None:
        names |= set(prerequisites.PROGRAMS.values())
    return sorted(names)


def install(site: model.Site, say: Say) -> None:
    """Install what is missing. Raise PrerequisiteError when apt cannot."""
    missing = _missing(wanted(site))
    if not missing:
        return
    say(f"installing Debian packages on this machine: {' '.join(missing)}")
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    try:
        process.run(["apt-get", "-qq", "update"], timeout=_SECONDS, environment=environment)
        command = ["apt-get", "-qq", "--yes", "--no-install-recommends", "install", *missing]
        process.run(command, timeout=_SECONDS, environment=environment)
    except process.ProcessError as error:
        raise errors.PrerequisiteError(
            f"apt cannot install {' '.join(missing)}: {error.completed.stderr.strip()[-400:]}",
            where="apt-get",
            mend="make the Debian mirror of this machine reachable, or install them by hand, then run again",
        ) from error


def _missing(names: Iterable[str]) -> list[str]:
    """Return those packages that dpkg does not have installed."""
    listed = process.run(["dpkg-query", "--show", "--showformat=${Package} ${Status}\n"], timeout=60).stdout
    installed = {line.split(" ", 1)[0] for line in listed.splitlines() if line.endswith(" ok installed")}
    return [name for name in names if name not in installed]
