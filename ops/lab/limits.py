"""The one setting of the host that labs need changed: how many inotify instances one user may have.

All machines' root is the host's root, so that all machines of all labs share one account of these; a machine with
systemd and a kubelet uses dozens, and the kernel's default is 128 (fs.inotify.max_user_instances, inotify(7)).
"""

from __future__ import annotations

from pathlib import Path

WANTED = 8192
_SETTING = Path("/proc/sys/fs/inotify/max_user_instances")
_RECORD = Path("/run/sitewright/inotify-max-user-instances")
"""The value before; lost with the setting itself when the host restarts."""


def widen() -> None:
    """Raise the limit where it is lower, and record the value before."""
    found = int(_SETTING.read_text())
    if found >= WANTED:
        return
    _RECORD.parent.mkdir(mode=0o755, exist_ok=True)
    draft = _RECORD.with_suffix(".draft")
    draft.write_text(f"{found}\n")
    draft.rename(_RECORD)
    _SETTING.write_text(f"{WANTED}\n")


def restore() -> None:
    """Put the recorded value back, unless somebody else has changed the setting since."""
    if not _RECORD.exists():
        return
    if int(_SETTING.read_text()) == WANTED:
        _SETTING.write_text(_RECORD.read_text())
    _RECORD.unlink()
    _RECORD.parent.rmdir()
