"""Ask the recovery agent of another node, from the drill host: a few verbs behind a forced ssh command, no shell."""

from __future__ import annotations

import dataclasses
import shlex
import tarfile
import tempfile
from pathlib import Path
from typing import IO

from ops import errors
from ops.adapters import pipe, ssh


@dataclasses.dataclass(frozen=True)
class Agent:
    """One node's agent: where it is, and the files by which the drill host reaches it."""

    node: str
    address: str
    user: str
    key: Path
    known_hosts: Path


class AgentError(errors.DeployError):
    """An agent could not do what it was asked for."""

    code = "E-AGENT"


def ask(agent: Agent, verb: str, *words: str, timeout: float, stdin: IO[bytes] | None = None) -> bytes:
    """Return what a verb prints; for small answers. `timeout` is in seconds.

    Raise AgentError when the agent refuses or fails, UnreachableError, HostKeyError or CredentialError when ssh does.
    """
    with tempfile.TemporaryFile() as answer:
        _run(agent, (verb, *words), timeout=timeout, stdin=stdin, stdout=answer)
        answer.seek(0)
        return answer.read()


def fetch_tar(agent: Agent, verb: str, *words: str, into: Path, timeout: float) -> None:
    """Unpack the archive that a verb prints into a directory. Raise as `ask`, IntegrityError on a broken archive."""
    with tempfile.TemporaryFile(dir=into) as archive:
        _run(agent, (verb, *words), timeout=timeout, stdin=None, stdout=archive)
        archive.seek(0)
        try:
            with tarfile.open(fileobj=archive, mode="r:") as tar:
                tar.extractall(into, filter="data")
        except tarfile.TarError as error:
            raise errors.IntegrityError(
                f"the agent of {agent.node} sent no whole archive: {error}",
                where=f"{agent.node}: {verb}",
                mend="run the same command again; then look at the agent on that node",
            ) from error


def send(agent: Agent, verb: str, *words: str, source: IO[bytes], timeout: float) -> bytes:
    """Hand an open file or pipe to a verb, and return what the verb prints. Raise as `ask`."""
    return ask(agent, verb, *words, timeout=timeout, stdin=source)


def _run(
    agent: Agent, words: tuple[str, ...], *, timeout: float, stdin: IO[bytes] | None, stdout: IO[bytes] | None
) -> None:
    argv = ["ssh", "-T", *ssh.options(agent.known_hosts, agent.key), f"{agent.user}@{agent.address}"]
    ended = pipe.run([*argv, shlex.join(words)], timeout=timeout, stdin=stdin, stdout=stdout)
    if ended.returncode == ssh.FAILED:
        raise ssh.explain("\n".join(ended.tail), agent.address)
    if ended.returncode != 0:
        said = next((line for line in reversed(ended.tail) if line.strip()), "it said nothing")
        raise AgentError(
            f"the recovery agent of {agent.node} could not {words[0]}: {said}",
            where=f"{agent.node}: {shlex.join(words)}",
            mend="look at that node, put it right and run the same command again; role: recovery_agent",
        )
