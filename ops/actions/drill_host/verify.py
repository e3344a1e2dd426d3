"""Prove that a recovery point of this host can be had back."""

from __future__ import annotations

from collections.abc import Callable

from ops.recovery import vault, verification
from ops.recovery.home import Home


def verify(home: Home, say: Callable[[str], None], *, identifier: str | None, wait: float = 0.0) -> dict[str, object]:
    """Restore and compare every member of a recovery point, the newest one by default, and return what came back."""
    with home.hold(wait):
        entry = vault.find(home, vault.site(home), identifier)
        restored = verification.verify(home, entry, say)
    return {
        "recovery_point": entry.point.id,
        "manifest_sha256": entry.sha256,
        "members": {
            kind: {
                "files": item.files,
                "bytes": item.size,
                "restore_s": round(item.restore_seconds, 3),
                "hash_s": round(item.hash_seconds, 3),
            }
            for kind, item in restored.items()
        },
    }
