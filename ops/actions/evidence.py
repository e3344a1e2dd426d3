"""Verify the signed record or page of a drill. It needs the root's public key and no service."""

from __future__ import annotations

from pathlib import Path

from ops import errors
from ops.recovery import evidence as library
from ops.recovery import signing
from ops.recovery.evidence import Verified
from ops.spec import places

_ROOT = Path("keys") / "recovery_root.pub"


def verify(path: Path, *, root: Path | None, site: str | None) -> Verified:
    """Return what a file is when every byte of it is as signed. Raise IntegrityError, NotFoundError, CredentialError.

    Without `root`, the key is looked for where evidence of a site lies on the operator's machine: beside the
    directory `evidence`, or in the state directory of the named site.
    """
    return library.verify(path, signing.load_root(root or _found(path, site)), site=site)


def _found(path: Path, site: str | None) -> Path:
    beside = path.absolute().parent.parent / _ROOT
    named = None if site is None else places.state_directory(site) / _ROOT
    found = next((key for key in (named, beside) if key is not None and key.exists()), None)
    if found is None:
        raise errors.CredentialError(
            "no root key to verify with",
            where=str(named or beside),
            mend="give it: --root FILE (keys/recovery_root.pub in the state directory of the site)",
        )
    return found
