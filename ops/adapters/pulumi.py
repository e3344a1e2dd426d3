"""Pulumi's command line on one stack: select, preview, up, destroy, export; live output goes to the terminal."""

from __future__ import annotations

import dataclasses
import json
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ops import errors
from ops.adapters import process
from ops.spec import places

_SHORT_SECONDS = 120.0
"""Time limit of commands that only read or write state."""

_ERRORS: dict[int, type[errors.SitewrightError]] = {
    2: errors.SpecError,
    3: errors.CredentialError,
    4: errors.DeployError,
    6: errors.NotFoundError,
    7: errors.ExpectationError,
    9: errors.TimeoutExpiredError,
}
"""Exit codes of the Pulumi CLI since v3.226.1 (its documentation: Exit codes)."""
_UNNAMED = 1
"""The code of failures that have none of their own."""
_NO_STACK = 6

_PHRASES: dict[str, type[errors.SitewrightError]] = {
    "incorrect passphrase": errors.CredentialError,
    "passphrase must be set": errors.CredentialError,
    "the stack is currently locked": errors.LockedError,
}
"""What the CLI says where its exit code is only 1."""


@dataclasses.dataclass(frozen=True)
class Stack:
    """One stack, and the environment that `sitewright env` prints for it."""

    name: str
    environment: Mapping[str, str]
    directory: Path = places.PROJECT_ROOT


@dataclasses.dataclass(frozen=True)
class Change:
    """One resource that a preview would touch."""

    operation: str
    """'create', 'update', 'replace', 'delete' …"""
    type: str
    name: str
    fields: tuple[str, ...]
    """Paths of the inputs that differ."""


def select(stack: Stack) -> None:
    """Make the stack unless it exists. Raise CredentialError for a wrong passphrase."""
    if export(stack) is None:
        _quiet(stack, ["stack", "init", stack.name, "--no-select"])


def export(stack: Stack) -> dict[str, Any] | None:
    """Return the stack's state with its secrets encrypted, None when there is no such stack."""
    completed = _quiet(stack, ["stack", "export", "--stack", stack.name], expect=(0, _NO_STACK))
    if completed.returncode == _NO_STACK:
        return None
    state: dict[str, Any] = json.loads(completed.stdout)
    return state


def restore(stack: Stack, state: Mapping[str, Any]) -> None:
    """Replace the stack's state by one that `export` returned."""
    _quiet(stack, ["stack", "import", "--stack", stack.name], stdin=json.dumps(state))


def outputs(stack: Stack) -> dict[str, Any]:
    """Return the stack's exports."""
    completed = _quiet(stack, ["stack", "output", "--json", "--stack", stack.name])
    values: dict[str, Any] = json.loads(completed.stdout)
    return values


def preview(stack: Stack) -> tuple[Change, ...]:
    """Return what an update would do; nothing is what an unchanged site gives. Raise as `up`."""
    completed = _quiet(stack, ["preview", "--json", "--stack", stack.name], timeout=900)
    steps = json.loads(completed.stdout).get("steps") or []
    return tuple(_change(step) for step in steps if step["op"] != "same")


def up(stack: Stack, *arguments: str) -> None:
    """Update the stack, with Pulumi's display on this terminal. Raise DeployError, LockedError or CredentialError."""
    _live(stack, ["up", "--yes", "--stack", stack.name, *arguments])


def destroy(stack: Stack, *arguments: str) -> None:
    """Delete the stack's resources, with Pulumi's display on this terminal. Raise as `up`."""
    _live(stack, ["destroy", "--yes", "--stack", stack.name, *arguments])


def remove(stack: Stack, *, force: bool = False) -> None:
    """Forget an empty stack and its configuration file; with `force` one that still has resources in its state."""
    words = ["stack", "rm", stack.name, "--yes", *(["--force"] if force else [])]
    _quiet(stack, words, expect=(0, _NO_STACK))


def _change(step: Mapping[str, Any]) -> Change:
    urn = str(step["urn"])
    fields = tuple(sorted(step.get("detailedDiff") or ()))
    return Change(str(step["op"]), urn.split("::")[2].rpartition("$")[2], urn.rpartition("::")[2], fields)


def _quiet(
    stack: Stack,
    words: Sequence[str],
    *,
    expect: Sequence[int] = (0,),
    stdin: str | None = None,
    timeout: float = _SHORT_SECONDS,
) -> process.Completed:
    """Run a command that asks nothing, and return what it printed."""
    completed = process.run(
        ["pulumi", "--non-interactive", *words],
        timeout=timeout,
        expect=range(256),
        environment=dict(stack.environment),
        stdin=stdin,
        directory=stack.directory,
    )
    if completed.returncode not in expect:
        raise _failure(stack, words, completed.returncode, completed.stderr.strip() or completed.stdout.strip())
    return completed


def _live(stack: Stack, words: Sequence[str]) -> None:
    """Run a command whose output people watch; it dies with this process, and its plugins with it."""
    command = ["setpriv", "--pdeathsig", "KILL", "--", "pulumi", *words]
    with subprocess.Popen(command, cwd=stack.directory, env=dict(stack.environment)) as running:
        try:
            code = running.wait()
        except KeyboardInterrupt:
            # Ctrl-C has reached Pulumi too: it finishes what is under way and writes its state.
            code = running.wait()
    if code == _UNNAMED:
        _try_passphrase(stack)
    if code != 0:
        raise _failure(stack, words, code, "Pulumi's messages stand above")


def _try_passphrase(stack: Stack) -> None:
    """Read the stack's secrets. Raise CredentialError for a wrong passphrase, which the CLI tells in words only."""
    completed = _quiet(stack, ["stack", "--show-secrets", "--stack", stack.name], expect=range(256))
    if any(phrase in completed.stderr for phrase, kind in _PHRASES.items() if kind is errors.CredentialError):
        raise _failure(stack, ["stack"], completed.returncode, completed.stderr.strip().splitlines()[-1])


def _failure(stack: Stack, words: Sequence[str], code: int, text: str) -> errors.SitewrightError:
    kind = next((kind for phrase, kind in _PHRASES.items() if phrase in text), _ERRORS.get(code, errors.DeployError))
    return kind(
        f"pulumi {words[0]} ended with {code}: {text}",
        where=f"stack {stack.name} in {stack.directory}",
        mend=_MEND.get(kind, "put right what the message names and run the same command again"),
    )


_MEND: dict[type[errors.SitewrightError], str] = {
    errors.CredentialError: "put the passphrase of this stack back into its file (PULUMI_CONFIG_PASSPHRASE_FILE)",
    errors.LockedError: "wait until the other run ends; pulumi cancel breaks a lock that nobody holds",
}
