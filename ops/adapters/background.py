"""A program that runs beside the caller for the time of a block, and never longer than the caller's own process."""

from __future__ import annotations

import contextlib
import dataclasses
import signal
import socket
import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path

from ops import errors

_GRACE_SECONDS = 5.0
"""Seconds between SIGTERM and SIGKILL at the end of the block."""
_TAIL = 1_500
"""Characters of the log that an error repeats."""


@dataclasses.dataclass(frozen=True)
class Running:
    """A program that was started; its output goes to a file."""

    name: str
    log: Path
    process: subprocess.Popen[bytes]

    def check(self) -> None:
        """Raise DeployError with its last words when the program has ended."""
        code = self.process.poll()
        if code is not None:
            said = self.log.read_text(encoding="utf-8", errors="replace").strip()[-_TAIL:]
            raise errors.DeployError(
                f"{self.name} ended with {code}: {said}", where=str(self.log), mend="read its own words above"
            )


@contextlib.contextmanager
def running(argv: Sequence[str | Path], *, log: Path) -> Iterator[Running]:
    """Run a program until the block ends; the kernel kills it when this process dies, by `kill -9` too.

    Raise PrerequisiteError when there is no such program.
    """
    command = ["setpriv", "--pdeathsig", "KILL", "--", *(str(word) for word in argv)]
    if not Path(argv[0]).exists():
        raise errors.PrerequisiteError(
            f"no program {argv[0]} to run", where=str(argv[0]), mend="install the package that has it, by the role"
        )
    with log.open("ab") as output:
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=output, stderr=output, cwd=log.parent, start_new_session=True
        )
    try:
        yield Running(Path(argv[0]).name, log, process)
    finally:
        _end(process)


def free_ports(count: int) -> list[int]:
    """Return ports of the loopback address that nothing listens on now."""
    with contextlib.ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for item in sockets:
            item.bind(("127.0.0.1", 0))
        return [item.getsockname()[1] for item in sockets]


def _end(process: subprocess.Popen[bytes]) -> None:
    for number in (signal.SIGTERM, signal.SIGKILL):
        process.send_signal(number)
        try:
            process.wait(_GRACE_SECONDS)
        except subprocess.TimeoutExpired:
            continue
        return
    process.wait()
