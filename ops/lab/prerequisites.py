"""What this host must have before a lab can be made."""

from __future__ import annotations

import os
import shutil

from ops import errors

PROGRAMS = {
    "systemd-nspawn": "systemd-container",
    "ip": "iproute2",
    "nft": "nftables",
    "sysctl": "procps",
    "ssh-keygen": "openssh-client",
    "tar": "tar",
}
"""Program -> Debian package that holds it."""


def check() -> None:
    """Raise PrerequisiteError, naming all that is missing, unless this process can make lab machines here."""
    if os.geteuid() != 0:
        raise errors.PrerequisiteError(
            "a lab needs root: its machines are system containers", where="this process", mend="run it through sudo"
        )
    missing = sorted({package for program, package in PROGRAMS.items() if shutil.which(program) is None})
    if missing:
        raise errors.PrerequisiteError(
            f"this host lacks Debian packages that a lab needs: {', '.join(missing)}",
            where="PATH",
            mend=f"apt-get install {' '.join(missing)}",
        )
