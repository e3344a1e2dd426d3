"""Prove that a recovery point of this host can be had back."""

from __future__ import annotations

from collections.abc import Callable

from ops import errors
from ops.recovery import vault, verification
from ops.recovery.home import Home


def verify(
    home: Home, say: Callable[[str], None], *, identifier: str | None, sha256: str | None = None, wait: float = 0.0
) -> dict[str, object]:
    """Restore and compare every member of a recovery point, the newest one by default, and return what came back.

    `sha256` is what the manifest's file must have, as its copy elsewhere has. Raise IntegrityError otherwise.
    """
    with home.hold(wait):
        entry = vault.find(home, vault.site(home), identifier)
        if sha256 is not None and entry.sha256 != sha256:
            raise errors.IntegrityError(
                f"the manifest of {entry.point.id} here is another one than its copy outside",
                where=str(entry.path),
                mend="find out which of them is older and where the other comes from; both verify",
            )
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
