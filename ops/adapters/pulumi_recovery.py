"""Put a stack right after a run that was killed: dead locks, half-done operations, a salt of another stack."""

from __future__ import annotations

import json
import socket
from pathlib import Path
from urllib.parse import urlsplit

import yaml

from ops.adapters import pulumi

_PROJECT = "sitewright"


def settle(stack: pulumi.Stack, project: str = _PROJECT) -> tuple[str, ...]:
    """Mend what a killed run left of a stack and return one line for each thing that was mended.

    A lock is broken only when its holder ran on this host and is dead. Interrupted creates are forgotten, for creating
    again adopts what is there. Raise CredentialError for a wrong passphrase.
    """
    done = [f"broke the lock of process {pid}, which is dead" for pid in break_dead_locks(stack, project)]
    state = pulumi.export(stack)
    if drop_foreign_salt(stack, None if state is None else _salt(state)):
        done.append("dropped the salt of another stack from the stack's file")
    if state is None:
        return tuple(done)
    pending = state["deployment"].get("pending_operations") or []
    if pending:
        kept = {key: value for key, value in state["deployment"].items() if key != "pending_operations"}
        pulumi.restore(stack, state | {"deployment": kept})
        done += [
            f"forgot the interrupted {item['type']} of {item['resource']['urn'].split('::')[-1]}" for item in pending
        ]
    return tuple(done)


def break_dead_locks(stack: pulumi.Stack, project: str = _PROJECT) -> tuple[int, ...]:
    """Remove the locks of a file backend whose holders ran on this host and are dead; return their process ids."""
    backend = urlsplit(stack.environment.get("PULUMI_BACKEND_URL", ""))
    if backend.scheme != "file":
        return ()
    broken = []
    # Layout and content of pkg/backend/diy/lock.go, v3.259.0.
    directory = Path(backend.path, ".pulumi", "locks", "organization", project, stack.name)
    for file in sorted(directory.glob("*.json")):
        holder = json.loads(file.read_text(encoding="utf-8"))
        if holder["hostname"] == socket.gethostname() and not _is_pulumi(holder["pid"]):
            file.unlink(missing_ok=True)
            file.with_name(f"{file.name}.attrs").unlink(missing_ok=True)
            broken.append(int(holder["pid"]))
    return tuple(broken)


def drop_foreign_salt(stack: pulumi.Stack, salt: str | None) -> bool:
    """Take the salt out of the stack's file in this checkout when it is not the stack's own; say whether it was.

    Such a file is left where another checkout destroyed the stack and made it anew. Pulumi reads the right salt from
    the state again (PULUMI_FALLBACK_TO_STATE_SECRETS_MANAGER).
    """
    file = stack.directory / f"Pulumi.{stack.name}.yaml"
    if not file.exists():
        return False
    content = yaml.safe_load(file.read_text(encoding="utf-8")) or {}
    if content.get("encryptionsalt") in (None, salt):
        return False
    del content["encryptionsalt"]
    file.write_text(yaml.safe_dump(content) if content else "", encoding="utf-8")
    return True


def _salt(state: dict[str, object]) -> str | None:
    deployment = state["deployment"]
    if not isinstance(deployment, dict):
        return None
    secrets = deployment.get("secrets_providers") or {}
    salt = (secrets.get("state") or {}).get("salt")
    return None if salt is None else str(salt)


def _is_pulumi(pid: int) -> bool:
    """Say whether a process lives and is Pulumi; another program may have got the number since."""
    try:
        words = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
    except (FileNotFoundError, ProcessLookupError):
        return False
    return Path(words[0].decode(errors="replace")).name == "pulumi"
