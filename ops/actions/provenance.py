"""Which commit of this checkout runs as root on a real site."""

from __future__ import annotations

from ops import errors
from ops.adapters import process
from ops.spec import places


def clean_commit() -> str:
    """Return the commit of the checkout. Raise PrerequisiteError when it holds changes that are not committed."""
    status = process.run(["git", "-C", places.PROJECT_ROOT, "status", "--porcelain"], timeout=30, expect=(0, 128))
    if status.returncode != 0 or status.stdout.strip():
        raise errors.PrerequisiteError(
            "this checkout holds changes that are not committed, and its code runs as root on a real site",
            where=str(places.PROJECT_ROOT),
            mend="commit them or set them aside (git stash), then run again",
        )
    return process.run(["git", "-C", places.PROJECT_ROOT, "rev-parse", "HEAD"], timeout=30).stdout.strip()


def commit() -> str:
    """Return the commit of the checkout, with '+dirty' when it holds changes; 'unknown' where there is no git."""
    status = process.run(["git", "-C", places.PROJECT_ROOT, "status", "--porcelain"], timeout=30, expect=(0, 128))
    if status.returncode != 0:
        return "unknown"
    head = process.run(["git", "-C", places.PROJECT_ROOT, "rev-parse", "HEAD"], timeout=30).stdout.strip()
    return f"{head}+dirty" if status.stdout.strip() else head
