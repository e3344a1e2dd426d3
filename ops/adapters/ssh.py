"""The OpenSSH client: keys, pinned host keys, and one command on a node. Host key checking is never off."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from ops import errors
from ops.adapters import process
from ops.spec import access

FAILED = 255
"""Exit code of ssh when the connection, not the command, failed (ssh(1))."""


def make_key(path: Path, comment: str) -> None:
    """Make an Ed25519 key pair at `path` and `path`.pub unless it is there."""
    if path.exists() and path.with_suffix(".pub").exists():
        return
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    process.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", comment, "-f", path], timeout=30)


def write_known_hosts(path: Path, keys: Mapping[str, str]) -> None:
    """Given address -> public host key, pin them in a known_hosts file."""
    lines = [f"{address} {key}\n" for address, key in sorted(keys.items())]
    temporary = path.with_name(path.name + ".new")
    temporary.write_text("".join(lines), encoding="utf-8")
    temporary.rename(path)


def options(known_hosts: Path, private_key: Path | None) -> list[str]:
    """Return the options of every connection: pinned keys, no questions, no agent surprises."""
    arguments = [*access.pinned(known_hosts), "-o", "BatchMode=yes"]
    if private_key is not None:
        arguments += ["-o", "IdentitiesOnly=yes", "-i", str(private_key)]
    return arguments


def explain(stderr: str, address: str) -> errors.SitewrightError:
    """Given ssh's own complaint, return the error that says what to do."""
    if "HOST IDENTIFICATION HAS CHANGED" in stderr or "Host key verification failed" in stderr:
        return errors.HostKeyError(
            f"{address} answers with another host key than the pinned one",
            where=f"ssh to {address}",
            mend="find out why the key changed; then put the new key in the spec (host_key) and run again",
        )
    if "Permission denied" in stderr:
        return errors.CredentialError(
            f"{address} refuses the operator's key",
            where=f"ssh to {address}",
            mend="check access.user and access.private_key in the spec and the node's authorized_keys",
        )
    last = stderr.strip().splitlines()[-1:] or ["no answer"]
    return errors.UnreachableError(
        f"{address} does not answer: {last[0]}",
        where=f"ssh to {address}",
        mend="check that the machine is up and the address in the spec is right, then run again",
    )


def run(target: str, arguments: Sequence[str], command: str, *, timeout: float) -> process.Completed:
    """Run one shell command on `user@address`; exit codes are the command's own.

    Raise UnreachableError, HostKeyError or CredentialError when ssh itself fails (exit code 255, ssh(1)).
    """
    completed = process.run(["ssh", *arguments, target, command], timeout=timeout, expect=range(256))
    if completed.returncode == FAILED:
        raise explain(completed.stderr, target.rpartition("@")[2])
    return completed
