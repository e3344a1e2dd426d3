"""Debian's restic and rest-server for the tests, and a rest-server to talk to.

The packages come from the mirror that this machine's own apt uses, checked by apt's signatures, into the cache.
"""

from __future__ import annotations

import base64
import contextlib
import dataclasses
import fcntl
import hashlib
import os
import platform
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from ops.adapters import process
from ops.spec import places
from tests.support import certificates

_KEYRING = "/usr/share/keyrings/debian-archive-keyring.gpg"
DEFAULT_SUITE = "trixie"
_START_SECONDS = 20.0


@dataclasses.dataclass(frozen=True)
class Programs:
    """The two programs, unpacked."""

    restic: Path
    rest_server: Path


@dataclasses.dataclass(frozen=True)
class Server:
    """A running rest-server: where it answers, whom it believes, where its data lie."""

    location: str
    authority: Path
    credential: Path
    data: Path


def programs(suite: str = DEFAULT_SUITE) -> Programs:
    """Return a Debian suite's programs from the cache; fetch and unpack them first when they are not there."""
    place = places.cache_directory() / "tests" / f"restic-{suite}"
    place.parent.mkdir(parents=True, exist_ok=True)
    with (place.parent / f"restic-{suite}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not place.exists():
            with tempfile.TemporaryDirectory(dir=place.parent) as work:
                _fetch(suite, Path(work))
                (Path(work) / "unpacked").rename(place)
    return Programs(place / "usr/bin/restic", place / "usr/bin/restic-rest-server")


def sha256(path: Path) -> str:
    """Return the SHA-256 of a file in hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@contextlib.contextmanager
def rest_server(
    directory: Path, *, append_only: bool = True, quota: int | None = None, login: str = "site:s3cret/with@signs"
) -> Iterator[Server]:
    """Run a rest-server on loopback with TLS, one user and private repositories; `quota` is in bytes."""
    directory.mkdir(parents=True, exist_ok=True)
    authority = certificates.authority(directory)
    certificate, key = certificates.server(directory, authority, "127.0.0.1")
    credential = directory / "credential"
    credential.write_text(login)
    credential.chmod(0o600)
    user, _, password = login.partition(":")
    digest = base64.b64encode(hashlib.sha1(password.encode(), usedforsecurity=False).digest()).decode()
    (directory / "htpasswd").write_text(f"{user}:{{SHA}}{digest}\n")
    data = directory / "data"
    data.mkdir(exist_ok=True)
    port = free_port()
    argv = [programs().rest_server, "--listen", f"127.0.0.1:{port}", "--path", data, "--private-repos", "--tls"]
    argv += ["--tls-cert", certificate, "--tls-key", key, "--htpasswd-file", directory / "htpasswd"]
    argv += ["--append-only"] if append_only else []
    argv += ["--max-size", str(quota)] if quota is not None else []
    with (directory / "server.log").open("ab") as log:
        server = subprocess.Popen([str(word) for word in argv], stdout=log, stderr=log)
    try:
        _wait_until_it_listens(port, server, directory / "server.log")
        yield Server(f"rest:https://127.0.0.1:{port}/{user}/", authority.certificate, credential, data / user)
    finally:
        server.terminate()
        server.wait()


def free_port() -> int:
    """Return a loopback port that nothing listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _fetch(suite: str, work: Path) -> None:
    """Download the two packages through a temporary apt root and unpack them into `unpacked`."""
    for folder in ("lists/partial", "cache/archives/partial", "downloads"):
        (work / folder).mkdir(parents=True)
    source = work / "sources.list"
    source.write_text(f"deb [signed-by={_KEYRING}] {_mirror()} {suite} main\n")
    options = {
        "Dir::Etc::SourceList": source,
        "Dir::Etc::SourceParts": "-",
        "Dir::State::Lists": work / "lists",
        "Dir::State::Status": "/dev/null",
        "Dir::Cache": work / "cache",
        "Acquire::Languages": "none",
        "Acquire::IndexTargets::deb::DEP-11::DefaultEnabled": "false",
        # apt's own user may not write into a private directory; root's apt then downloads as root.
        "APT::Sandbox::User": "root",
    }
    apt = ["apt-get", *(f"-o{name}={value}" for name, value in options.items())]
    process.run([*apt, "update"], timeout=300)
    packages = ["restic", "restic-rest-server"]
    process.run([*apt, "download", *packages], timeout=300, directory=work / "downloads")
    for package in (work / "downloads").glob("*.deb"):
        process.run(["dpkg-deb", "--extract", package, work / "unpacked"], timeout=60)


def _mirror() -> str:
    """Return the mirror that this machine's apt has its own release from."""
    release = platform.freedesktop_os_release()["VERSION_CODENAME"]
    listed = process.run(["apt-get", "indextargets", "--format", "$(RELEASE) $(COMPONENT) $(REPO_URI)"], timeout=60)
    for line in listed.stdout.splitlines():
        words = line.split()
        if words[:2] == [release, "main"] and len(words) == 3:
            return words[2]
    raise LookupError(f"no apt source for {release} main on this machine")


def _wait_until_it_listens(port: int, server: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while time.monotonic() < deadline:
        with contextlib.suppress(ConnectionRefusedError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return
        if server.poll() is not None:
            break
        time.sleep(0.05)
    raise RuntimeError(f"rest-server did not start: {log.read_text()}")


def environment(**variables: str) -> dict[str, str]:
    """Return the environment for a bare restic in a test: PATH, HOME and what is named."""
    return {"PATH": os.environ["PATH"], "HOME": os.environ.get("HOME", "/"), **variables}
