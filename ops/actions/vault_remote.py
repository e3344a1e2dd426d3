"""The operator's way to the drill host: run a verb of `sitewright-recovery` there, and fetch what must lie outside."""

from __future__ import annotations

import dataclasses
import json
import shlex
import shutil
import tarfile
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import IO

from ops import errors
from ops.actions import depositing, prepare
from ops.adapters import files, pipe, ssh
from ops.plan import recovery
from ops.recovery import catalogue, evidence, signing
from ops.spec import access, model

COMMAND = "/usr/lib/sitewright/bin/sitewright-recovery"
SHORT_SECONDS = 300.0
LONG_SECONDS = 24 * 3600.0
_PROGRESS = "sitewright: "

Say = Callable[[str], None]


class RemoteError(errors.SitewrightError):
    """A verb on the drill host failed; code and exit code are those that it ended with there."""


@dataclasses.dataclass(frozen=True)
class Fetched:
    """What lies on this machine now, all of it verified with the root's public key."""

    points: tuple[str, ...]
    evidence: tuple[str, ...]
    refused: tuple[str, ...]
    """Why a file that the drill host gave out was not taken."""


def call(
    site: model.Site,
    words: Sequence[str],
    *,
    say: Say,
    stdin: IO[bytes] | bytes | None = None,
    timeout: float = LONG_SECONDS,
) -> dict[str, object]:
    """Run a verb on the drill host and return its JSON document; its progress goes to `say`.

    `timeout` is in seconds; `stdin` is what the verb reads. Raise RemoteError with the code of the error there,
    UnreachableError, HostKeyError or CredentialError of ssh.
    """
    if isinstance(stdin, bytes):
        with tempfile.TemporaryFile() as given:
            given.write(stdin)
            given.seek(0)
            return call(site, words, say=say, stdin=given, timeout=timeout)
    with tempfile.TemporaryFile() as answer:
        ended = _run(site, [*words, "--json"], say, stdin=stdin, stdout=answer, timeout=timeout)
        answer.seek(0)
        text = answer.read().decode("utf-8", errors="replace")
    try:
        document: dict[str, object] = json.loads(text)
    except ValueError as error:
        raise _unread(site, words, ended) from error
    if document.get("errors"):
        raise _raised(site, document, ended.returncode)
    document["exit_code"] = ended.returncode
    return document


def push_deposit(path: Path, site: model.Site, say: Say) -> dict[str, object]:
    """Hand the drill host what only this machine has of the site. Raise as `call`."""
    with depositing.packed(path, site) as archive:
        say(f"depositing spec and state on {recovery.drill_host(site).name}")
        words = ["deposit", f"--wait={SHORT_SECONDS:g}"]
        return call(site, words, say=say, stdin=archive, timeout=2 * SHORT_SECONDS)


def fetch(site: model.Site) -> Fetched:
    """Copy manifests and evidence from the drill host; a file that is not as signed is not taken, and told.

    What lies here stays: a copy that differs from the drill host's is kept, and the difference is told.
    """
    space = prepare.workspace(site)
    with tempfile.TemporaryDirectory(prefix="sitewright-fetch-") as name:
        place = Path(name)
        with (place / "archive.tar").open("w+b") as archive:
            ended = _run(site, ["export"], _ignore, stdin=None, stdout=archive, timeout=SHORT_SECONDS)
            if ended.returncode != 0:
                raise _unread(site, ["export"], ended)
            archive.seek(0)
            _unpack(archive, place)
        root = signing.load_root(space.recovery_root_public)
        taken = catalogue.read(place / "points", root, site=site.name)
        refused = [str(error.what) for error in taken.refused]
        refused += _keep([entry.path for entry in taken.entries], space.points)
        good = []
        for path in sorted((place / "evidence").glob("*.*")):
            try:
                evidence.verify(path, root, site=site.name)
                good.append(path)
            except errors.IntegrityError as error:
                refused.append(f"{path.name}: {error.what}")
        refused += _keep(good, space.evidence)
    return Fetched(tuple(entry.point.id for entry in taken.entries), tuple(path.name for path in good), tuple(refused))


def _ignore(_line: str) -> None:
    """Take a line of progress that nobody needs."""


def _keep(found: Sequence[Path], target: Path) -> list[str]:
    """Copy files that are not there yet; return what differs from the copy that is there."""
    target.mkdir(mode=0o700, parents=True, exist_ok=True)
    differing = []
    for path in found:
        kept = target / path.name
        if not kept.exists():
            files.write_whole(kept, path.read_bytes())
        elif kept.read_bytes() != path.read_bytes():
            differing.append(f"{path.name}: the drill host has another one than {kept}")
    return differing


def _unpack(archive: IO[bytes], place: Path) -> None:
    for name in ("points", "evidence"):
        (place / name).mkdir()
    try:
        with tarfile.open(fileobj=archive, mode="r:") as tar:
            for entry in tar:
                source = tar.extractfile(entry)
                folder, _, name = entry.name.partition("/")
                if source is not None and folder in {"points", "evidence"} and "/" not in name:
                    with (place / folder / name).open("wb") as file:
                        shutil.copyfileobj(source, file)
    except tarfile.TarError as error:
        raise errors.IntegrityError(
            f"the drill host sent no whole archive: {error}", where="export", mend="run the same command again"
        ) from error


def _run(
    site: model.Site,
    words: Sequence[str],
    say: Say,
    *,
    stdin: IO[bytes] | None,
    stdout: IO[bytes],
    timeout: float,
) -> pipe.Ended:
    keys = prepare.workspace(site).keys
    if not keys.is_dir():
        raise depositing.not_made(site, keys)
    address = str(recovery.drill_host(site).address)
    options = ssh.options(access.known_hosts(site), access.private_key(site))
    remote = shlex.join(["sudo", "-n", "--", COMMAND, *words])
    argv = ["ssh", "-T", *options, f"{site.access.user}@{address}", remote]

    def listen(line: str) -> None:
        if line.startswith(_PROGRESS):
            say(line.removeprefix(_PROGRESS))

    ended = pipe.run(argv, timeout=timeout, stdin=stdin, stdout=stdout, listen=listen)
    if ended.returncode == ssh.FAILED:
        own = [line for line in ended.tail if line.strip() and not line.startswith(_PROGRESS)]
        raise ssh.explain("\n".join(own) or "the connection ended before the command did", address)
    return ended


def _raised(site: model.Site, document: dict[str, object], code: int) -> errors.SitewrightError:
    """Return the error that a verb on the drill host ended with, as the same error here."""
    listed = document["errors"]
    first = listed[0] if isinstance(listed, list) else {}
    error = RemoteError(
        str(first.get("what")),
        where=f"{recovery.drill_host(site).name}: {first.get('where')}",
        mend=str(first.get("mend")),
    )
    # Code and exit code are attributes of a class; this one error takes over those of the machine where it happened.
    error.code = str(first.get("code"))
    error.exit_code = code
    return error


def _unread(site: model.Site, words: Sequence[str], ended: pipe.Ended) -> errors.SitewrightError:
    name = recovery.drill_host(site).name
    said = next((line for line in reversed(ended.tail) if line.strip()), "it said nothing")
    return errors.DeployError(
        f"`sitewright-recovery {words[0]}` on {name} ended with {ended.returncode} and no result: {said}",
        where=f"{name}: {COMMAND}",
        mend=f"run: ansible-playbook -i inventory/{site.name}/site.yml playbooks/site.yml --limit {name}; then again",
    )
