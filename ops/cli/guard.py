"""The outermost frame of the command line: every way to fail ends in three lines, one JSON document and a code."""

from __future__ import annotations

import errno
import os
import shutil
import sys
import tempfile
import time
import traceback
from collections.abc import Callable, Sequence
from pathlib import Path

import typer

from ops import errors
from ops.report import failure
from ops.spec import places

_DEFECT = 70
"""EX_SOFTWARE of sysexits.h: a defect in this program."""
_INTERRUPTED = 130
"""128 + SIGINT, as shells count."""


class UsageError(errors.SitewrightError):
    """The command line itself is wrong."""

    exit_code = 2
    code = "E-USAGE"


class DefectError(errors.SitewrightError):
    """Something that should not happen happened."""

    exit_code = _DEFECT
    code = "E-DEFECT"


def run(program: Callable[[], object], words: Sequence[str]) -> int:
    """Run the command line's program and return the exit code; `words` are its arguments."""
    try:
        code = program()
        sys.stdout.flush()
    except (KeyboardInterrupt, typer.Abort):
        return _INTERRUPTED
    except BrokenPipeError:
        # Whoever read the output has seen enough; Python would complain again at its end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except Exception as error:  # noqa: BLE001 - the one place that may: nothing below it shows a trace to people
        return _tell(_translate(error, words), words)
    return code if isinstance(code, int) else 0


def _tell(error: errors.SitewrightError, words: Sequence[str]) -> int:
    """Write an error for people to stderr, and with --json one document to stdout; return its exit code."""
    own = words[: words.index("--")] if "--" in words else words
    if "--json" in own:
        sys.stdout.write(failure.document(error))
    sys.stderr.write(f"{error}\n")
    return error.exit_code


def _translate(error: Exception, words: Sequence[str]) -> errors.SitewrightError:
    """Return an error for people; a defect leaves its trace in a file."""
    if isinstance(error, errors.SitewrightError):
        return error
    # Debian 13 has typer 0.15, which knows no such class: the drill host's entry does not use typer's parser.
    if isinstance(error, getattr(typer, "TyperException", ())):
        message = getattr(error, "format_message", error.__str__)()
        command = getattr(getattr(error, "ctx", None), "command_path", "sitewright")
        return UsageError(message, where=command, mend=f"see: {command} --help")
    if isinstance(error, OSError) and (translated := _of_system(error)) is not None:
        return translated
    return DefectError(
        f"sitewright met a defect of its own: {type(error).__name__}: {error}",
        where=_leave_trace(error, words),
        mend="run the command again; if it happens again, report it with that file",
    )


def _of_system(error: OSError) -> errors.SitewrightError | None:
    """Return an error for people where the system's reason says all; None for the rest."""
    where = str(error.filename or "this machine")
    match error.errno:
        case errno.ENOSPC | errno.EDQUOT:
            full = str(error.filename or _fullest())
            return errors.DiskFullError("no space is left", where=full, mend="free some space, then run again")
        case errno.EACCES | errno.EPERM | errno.EROFS:
            return errors.PrerequisiteError(
                f"not permitted: {error.strerror}", where=where, mend="run as a user who may, such as root"
            )
        case errno.EADDRINUSE:
            return errors.PortInUseError("the port is taken", where=where, mend="end the program that listens there")
        case _:
            return None


def _fullest() -> str:
    """Return the place of ours with the least free space: a failed write does not say where it was."""
    ours = [places.state_root(), places.cache_directory(), Path(tempfile.gettempdir())]
    standing = [next(path for path in (place, *place.parents) if path.exists()) for place in ours]
    return str(min(standing, key=lambda path: shutil.disk_usage(path).free))


def _leave_trace(error: Exception, words: Sequence[str]) -> str:
    """Write the trace to a file that only this user may read, and return its path."""
    directory = places.cache_directory() / "debug"
    path = directory / f"{time.strftime('%Y%m%dT%H%M%SZ', time.gmtime())}-{os.getpid()}.txt"
    verb = next((word for word in words if not word.startswith("-")), "")
    text = f"sitewright {verb}\nPython {sys.version}\n\n{''.join(traceback.format_exception(error))}"
    try:
        _write_private(path, text)
    except OSError as refusal:
        return f"no file: {refusal.strerror} ({path})"
    return str(path)


def _write_private(path: Path, text: str) -> None:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
        file.write(text)
