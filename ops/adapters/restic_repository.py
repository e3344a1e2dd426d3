"""Where a repository is and how to open it: secrets travel by file and descriptor, never by argument."""

from __future__ import annotations

import base64
import contextlib
import dataclasses
import http.client
import os
import ssl
import stat
import urllib.parse
from collections.abc import Iterator, Sequence
from pathlib import Path

from ops import errors
from ops.adapters import restic_binary, restic_errors, restic_lines, restic_process

PROBE_SECONDS = 10.0
"""Seconds that a server may take to answer before restic is started; restic itself would retry for 15 minutes."""

_REST = "rest:"
_ALLOWED_FROM_CALLER = ("HOME", "PATH", "TMPDIR", "GOGC", "GOMAXPROCS", "GOMEMLIMIT")
"""What restic's environment keeps of ours: no RESTIC_* and no cloud credential that happens to lie around."""


@dataclasses.dataclass(frozen=True)
class Repository:
    """One repository and the files that open it.

    `location` is a directory or `rest:https://host:port/path/`, without a login. `credential` is a file with
    `user:password` for the server, `authority` the CA certificate that its certificate must come from. Without a
    `cache` directory every byte comes from the repository itself, as on a machine that has never seen it.
    `read_only` opens without taking a lock, for a credential that may only read.
    """

    location: str
    password: Path
    binary: restic_binary.Binary
    cache: Path | None = None
    credential: Path | None = None
    authority: Path | None = None
    read_only: bool = False

    @property
    def is_remote(self) -> bool:
        """Whether a server holds it."""
        return self.location.startswith(_REST)


@contextlib.contextmanager
def command(repository: Repository, words: Sequence[str]) -> Iterator[restic_process.Command]:
    """Give the command line for some words ('snapshots', '--json', …) with the environment that opens the repository.

    Raise CredentialError when a secret's file is missing or others may read it, SpecError on a login or plain HTTP in
    `location`.
    """
    _refuse_location(repository.location)
    check_secret(repository.password)
    with _location_descriptor(repository) as descriptor:
        environment = {name: os.environ[name] for name in _ALLOWED_FROM_CALLER if name in os.environ}
        environment |= {
            "RESTIC_REPOSITORY_FILE": f"/proc/self/fd/{descriptor}",
            "RESTIC_PASSWORD_FILE": str(repository.password),
            "RESTIC_PROGRESS_FPS": "1",
        }
        if repository.authority is not None:
            environment["RESTIC_CACERT"] = str(repository.authority)
        flags = ["--json"]
        flags += ["--no-lock"] if repository.read_only else []
        flags += ["--no-cache"] if repository.cache is None else [f"--cache-dir={repository.cache}"]
        argv = (str(repository.binary.path), *flags, *words)
        yield restic_process.Command(argv, environment, (descriptor,))


def probe(repository: Repository) -> None:
    """Ask the server of a remote repository for its config file; do nothing for a directory.

    Raise ServerUnreachableError, ServerUntrustedError or AccessDeniedError within PROBE_SECONDS.
    """
    if not repository.is_remote:
        return
    _refuse_location(repository.location)
    url = urllib.parse.urlsplit(repository.location.removeprefix(_REST))
    connection = _connection(url, repository.authority)
    headers = {}
    if repository.credential is not None:
        headers["Authorization"] = "Basic " + _basic(check_secret(repository.credential))
    try:
        connection.request("HEAD", url.path.rstrip("/") + "/config", headers=headers)
        status = connection.getresponse().status
    except ssl.SSLCertVerificationError as error:
        raise _refusal(
            restic_errors.ServerUntrustedError,
            f"the backup server's certificate is not good: {error.verify_message}",
            repository,
        ) from error
    except (OSError, http.client.HTTPException) as error:
        raise _refusal(
            restic_errors.ServerUnreachableError,
            f"the backup server does not answer: {str(error) or type(error).__name__}",
            repository,
        ) from error
    finally:
        connection.close()
    if status in (http.HTTPStatus.UNAUTHORIZED, http.HTTPStatus.FORBIDDEN):
        raise _refusal(
            restic_errors.AccessDeniedError,
            f"the backup server refuses this client's credential ({status})",
            repository,
        )


def check_secret(path: Path) -> str:
    """Return the first line of a secret's file. Raise CredentialError when it is missing, empty or open to others."""
    try:
        mode = path.stat().st_mode
        lines = path.read_text().splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise errors.CredentialError(
            f"cannot read the secret: {error}", where=str(path), mend="write it there as one line, mode 0600"
        ) from error
    if mode & (stat.S_IRWXG | stat.S_IRWXO):
        raise errors.CredentialError(
            f"others may read this secret (mode {stat.S_IMODE(mode):04o})",
            where=str(path),
            mend=f"chmod 0600 {path}, and change the secret if others use this machine",
        )
    if not lines or not lines[0]:
        raise errors.CredentialError("the secret is empty", where=str(path), mend="write it there as one line")
    return lines[0]


@contextlib.contextmanager
def _location_descriptor(repository: Repository) -> Iterator[int]:
    """Give a descriptor of a file in memory with the location, the login in it where the server wants one."""
    location = repository.location
    if repository.credential is not None:
        user, _, password = check_secret(repository.credential).partition(":")
        login = f"{urllib.parse.quote(user, safe='')}:{urllib.parse.quote(password, safe='')}"
        location = location.replace("://", f"://{login}@", 1)
    descriptor = os.memfd_create("restic-repository")
    try:
        os.write(descriptor, location.encode())
        yield descriptor
    finally:
        os.close(descriptor)


def _refuse_location(location: str) -> None:
    """Raise SpecError for an address that would show a login to other users or to the network."""
    if restic_lines.redact(location) != location:
        raise errors.SpecError(
            "the repository's address carries a login",
            where=restic_lines.redact(location),
            mend="write the address without it and name a file with `user:password`, mode 0600",
        )
    if location.startswith(_REST) and not location.startswith(f"{_REST}https://"):
        raise errors.SpecError(
            "the repository's server would be spoken to in clear text", where=location, mend="use rest:https://"
        )


def _connection(url: urllib.parse.SplitResult, authority: Path | None) -> http.client.HTTPSConnection:
    try:
        trust = ssl.create_default_context(cafile=None if authority is None else str(authority))
    except OSError as error:
        raise errors.CredentialError(
            f"cannot read the CA certificate: {error}", where=str(authority), mend="put the site CA's certificate there"
        ) from error
    return http.client.HTTPSConnection(url.hostname or "", url.port, timeout=PROBE_SECONDS, context=trust)


def _basic(login: str) -> str:
    return base64.b64encode(login.encode()).decode("ascii")


def _refusal(kind: type[errors.SitewrightError], what: str, repository: Repository) -> errors.SitewrightError:
    return kind(what, where=repository.location, mend=restic_errors.MENDS[kind])
