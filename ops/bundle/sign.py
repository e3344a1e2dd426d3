"""Signs an apt repository for one site: dates, expiry and InRelease, with a key that stays with the operator.

The repository in the bundle stays as it is, shared by all sites. What is signed is written to a directory of the
site, to be laid over the repository's `dists/` on the site's bundle server.
"""

from __future__ import annotations

import contextlib
import datetime
import email.utils
from collections.abc import Iterator
from pathlib import Path

from ops import errors
from ops.adapters import process

KEYRING = "sitewright.gpg"
"""The exported public key, in the binary form that apt's Signed-By takes."""

VALID_DAYS = 90
"""How long a signature is good for; a site whose operator is away longer than this installs nothing."""

_RENEW_DAYS = VALID_DAYS // 2
_OWNER = "sitewright bundle"
_SECONDS = 60.0


def make_key(gnupg_home: Path) -> None:
    """Make the signing key in a GnuPG home of mode 0700, unless it is there."""
    gnupg_home.mkdir(parents=True, exist_ok=True, mode=0o700)
    gnupg_home.chmod(0o700)
    if not _has_key(gnupg_home):
        _gpg(gnupg_home, "--passphrase", "", "--quick-generate-key", _OWNER, "ed25519", "sign", "never")


def sign(repository: Path, gnupg_home: Path, destination: Path, *, now: datetime.datetime | None = None) -> bool:
    """Given an unsigned repository, write `dists/<suite>/{Release,InRelease}` and the public key to a directory.

    Return False, and change nothing, where what lies there is the signature of the same content and has half of
    its time left. The date never goes back, so that apt on the nodes refuses an older state of the repository.
    Raise CredentialError when there is no key, IntegrityError when the clock is behind the last signature.
    """
    moment = now or datetime.datetime.now(datetime.UTC)
    if not _has_key(gnupg_home):
        raise errors.CredentialError(
            "there is no key to sign the apt repository with",
            where=str(gnupg_home),
            mend="restore the directory from a backup, or make a new key and let every node learn it",
        )
    changed = _export(gnupg_home, destination / KEYRING)
    for unsigned in sorted(repository.glob("dists/*/Release")):
        target = destination / unsigned.relative_to(repository)
        changed = _sign_suite(unsigned.read_text(), target, gnupg_home, moment) or changed
    return changed


def _sign_suite(text: str, target: Path, gnupg_home: Path, moment: datetime.datetime) -> bool:
    """Write the dated Release of one suite and its InRelease. Return whether anything was written."""
    signed = target.with_name("InRelease")
    last = _date_of(target)
    if last and moment < last:
        raise errors.IntegrityError(
            f"this machine's clock ({moment:%F %T}) is behind the last signature ({last:%F %T})",
            where=str(target),
            mend="set the clock right; nodes refuse a repository that goes back in time",
        )
    if last and signed.exists() and target.read_text() == _dated(text, last) and _fresh(last, moment):
        return False
    target.parent.mkdir(parents=True, exist_ok=True)
    draft = target.with_name("InRelease.draft")
    draft.unlink(missing_ok=True)
    target.write_text(_dated(text, moment))
    _gpg(gnupg_home, "--clearsign", "--digest-algo", "SHA256", "--output", str(draft), str(target))
    draft.replace(signed)
    return True


def _dated(text: str, moment: datetime.datetime) -> str:
    """Return a Release text with its date, expiry and version; the version is the date in seconds."""
    until = moment + datetime.timedelta(days=VALID_DAYS)
    head = (
        f"Date: {email.utils.format_datetime(moment, usegmt=True)}\n"
        f"Valid-Until: {email.utils.format_datetime(until, usegmt=True)}\n"
        f"Version: {int(moment.timestamp())}\n"
    )
    fields, marker, sums = text.partition("SHA256:\n")
    return fields + head + marker + sums


def _date_of(release: Path) -> datetime.datetime | None:
    """Return the date of a Release file; None when there is none."""
    if not release.exists():
        return None
    for line in release.read_text().splitlines():
        if line.startswith("Date: "):
            return email.utils.parsedate_to_datetime(line.removeprefix("Date: "))
    return None


def _fresh(last: datetime.datetime, moment: datetime.datetime) -> bool:
    return moment - last < datetime.timedelta(days=_RENEW_DAYS)


def _has_key(gnupg_home: Path) -> bool:
    if not gnupg_home.is_dir():
        return False
    return "sec:" in _gpg(gnupg_home, "--with-colons", "--list-secret-keys")


def _export(gnupg_home: Path, target: Path) -> bool:
    """Write the public key. Return whether it is new there."""
    draft = target.with_name(f"{target.name}.draft")
    target.parent.mkdir(parents=True, exist_ok=True)
    draft.unlink(missing_ok=True)
    _gpg(gnupg_home, "--output", str(draft), "--export", _OWNER)
    if target.exists() and target.read_bytes() == draft.read_bytes():
        draft.unlink()
        return False
    draft.replace(target)
    return True


def _gpg(gnupg_home: Path, *arguments: str) -> str:
    """Run gpg in a home of its own and end the agent that it starts. Return its output."""
    with _agent_ended(gnupg_home):
        return process.run(
            ["gpg", "--homedir", gnupg_home, "--batch", "--yes", "--no-tty", "--quiet", *arguments], timeout=_SECONDS
        ).stdout


@contextlib.contextmanager
def _agent_ended(gnupg_home: Path) -> Iterator[None]:
    """Leave no gpg-agent behind: it would outlive us by hours."""
    try:
        yield
    finally:
        process.run(["gpgconf", "--homedir", gnupg_home, "--kill", "gpg-agent"], timeout=_SECONDS)
        process.run(["gpgconf", "--homedir", gnupg_home, "--remove-socketdir"], timeout=_SECONDS, expect=(0, 1, 2))
