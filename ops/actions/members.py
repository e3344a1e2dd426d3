"""Members of a recovery point on the operator's machine: fetched through the drill host, believed only as signed."""

from __future__ import annotations

import shlex
import shutil
import tarfile
from collections.abc import Callable, Sequence
from pathlib import Path

from ops import errors
from ops.actions import depositing, prepare, sites, vault_remote
from ops.adapters import pipe, ssh
from ops.plan import recovery
from ops.recovery import catalogue, restore, signing
from ops.recovery.catalogue import Entry
from ops.recovery.point import Kind
from ops.spec import access, model

RESTORE_SECONDS = 12 * 3600.0
_WAIT_SECONDS = 900.0
"""How long a backup or a drill that is under way may go on first."""
_ARCHIVE = "/var/lib/sitewright/recovery/scratch/members.tar"

Say = Callable[[str], None]


def find(site: model.Site, identifier: str | None = None) -> Entry:
    """Return a recovery point by the operator's own copy of its manifest, the newest one by default.

    Raise NotFoundError when there is none, IntegrityError when the manifest is not as it was signed.
    """
    space = prepare.workspace(site)
    root = signing.load_root(space.recovery_root_public)
    return catalogue.find(space.points, root, site=site.name, identifier=identifier)


def fetch_named(argument: str, identifier: str, kinds: Sequence[str], into: Path, say: Say) -> None:
    """Write members to an archive as `fetch` does, and leave nothing else here. Raise SpecError for an unknown kind."""
    unknown = sorted(set(kinds) - set(Kind))
    if unknown:
        raise errors.SpecError(
            f"'{unknown[0]}' is no kind of member", where="--member", mend=f"one of: {', '.join(Kind)}"
        )
    _, site = depositing.load(argument)
    vault_remote.fetch(site)
    directory = fetch(site, find(site, identifier), [Kind(kind) for kind in kinds], into, say)
    shutil.rmtree(directory)


def fetch(site: model.Site, entry: Entry, kinds: Sequence[Kind], into: Path, say: Say) -> Path:
    """Restore members on the drill host and write them to an archive here, compared with the operator's manifest.

    Return the directory beside the archive in which they lie unpacked. Raise IntegrityError that names the files when
    what comes back is not what was signed.
    """
    into.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    words = ["restore", entry.point.id, f"--into={_ARCHIVE}", *(f"--member={kind}" for kind in kinds)]
    words.append(f"--wait={_WAIT_SECONDS:g}")
    vault_remote.call(site, words, timeout=RESTORE_SECONDS, say=say)
    try:
        _copy(site, into)
    finally:
        _on_drill_host(site, f"sudo rm -f {_ARCHIVE}")
    directory = into.with_suffix("")
    with tarfile.open(into, mode="r:") as tar:
        tar.extractall(directory, filter="data")
    verify(entry, kinds, directory)
    return directory


def verify(entry: Entry, kinds: Sequence[Kind], directory: Path) -> None:
    """Compare members that lie in a directory with the signed manifest. Raise IntegrityError that names the files."""
    for kind in kinds:
        restore.verify(entry.point.member(kind), directory / kind)


def _copy(site: model.Site, into: Path) -> None:
    with into.open("wb") as file:
        into.chmod(0o600)
        words = _ssh(site, f"sudo cat {shlex.quote(_ARCHIVE)}")
        ended = pipe.run(words, timeout=RESTORE_SECONDS, stdout=file)
    if ended.returncode != 0:
        raise errors.UnreachableError(
            f"the archive did not come from the drill host: {' '.join(ended.tail[-1:])}",
            where=recovery.drill_host(site).name,
            mend="run the same command again",
        )


def _on_drill_host(site: model.Site, command: str) -> None:
    pipe.run(_ssh(site, command), timeout=access.CONNECT_SECONDS * 2)


def _ssh(site: model.Site, command: str) -> list[str]:
    host = sites.node(site, recovery.drill_host(site).name)
    options = ssh.options(access.known_hosts(site), access.private_key(site))
    return ["ssh", "-T", *options, f"{site.access.user}@{host.address}", command]
