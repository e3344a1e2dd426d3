"""What the operator deposits on the drill host: the parts of a recovery point that no machine of the site has.

A deposit is a directory: `deposit.json` says what it is, `known_hosts` pins the nodes' host keys, and each of the
other directories is the content of one member. It is replaced whole or not at all.
"""

from __future__ import annotations

import datetime
import json
import tarfile
from pathlib import Path
from typing import IO, Literal, TypeVar

import pydantic

from ops import errors
from ops.recovery import canonical, home
from ops.recovery.home import Home
from ops.recovery.point import Kind
from ops.spec import model

MEMBERS = (Kind.SPEC, Kind.PULUMI_STATE, Kind.GATEWAY_KEYS, Kind.BUNDLE_LOCK)
"""The members that come from the operator; each is a directory named after its kind."""
ABOUT = "deposit.json"
KNOWN_HOSTS = "known_hosts"
SPEC = "spec.json"
_Parsed = TypeVar("_Parsed", bound=pydantic.BaseModel)


class Deposit(canonical.Statement):
    """What a deposit is of."""

    schema_version: Literal[1] = 1
    site: str
    commit: str
    """The checkout that made it, with '+dirty' when it had changes."""
    images: dict[str, str]
    """Digest of every image of the site by its name in the registry."""
    deposited: pydantic.AwareDatetime


def accept(place: Home, archive: IO[bytes]) -> Deposit:
    """Replace the deposit by the one in a tar archive, and return what it is of.

    Raise IntegrityError when the archive is broken or lacks a part; the deposit that was there then stays.
    """
    draft = place.root / "deposit.new"
    home.wipe(draft)
    draft.mkdir(mode=0o700, parents=True)
    try:
        with tarfile.open(fileobj=archive, mode="r|") as tar:
            tar.extractall(draft, filter="data")
    except tarfile.TarError as error:
        raise _refused(f"it is no whole archive: {error}", draft) from error
    made = about(draft)
    site(draft)
    for kind in MEMBERS:
        if not any((draft / kind).glob("*")):
            raise _refused(f"it has no {kind}", draft)
    _exchange(draft, place.deposit)
    return made


def about(directory: Path) -> Deposit:
    """Return what a deposit is of. Raise NotFoundError when there is none, IntegrityError when it cannot be read."""
    return _read(directory, ABOUT, Deposit)


def site(directory: Path) -> model.Site:
    """Return the site that a deposit describes. Raise as `about`."""
    return _read(directory, f"{Kind.SPEC}/{SPEC}", model.Site)


def write_about(directory: Path, made: Deposit) -> None:
    """Write what a deposit is of into it."""
    (directory / ABOUT).write_bytes(canonical.encode(made.value()))


def new(site_name: str, commit: str, images: dict[str, str]) -> Deposit:
    """Return what a deposit made now is of."""
    return Deposit(site=site_name, commit=commit, images=images, deposited=datetime.datetime.now(datetime.UTC))


def _read(directory: Path, name: str, kind: type[_Parsed]) -> _Parsed:
    path = directory / name
    try:
        return kind.model_validate(json.loads(path.read_bytes()))
    except FileNotFoundError as error:
        raise errors.NotFoundError(
            "the operator has deposited nothing here yet",
            where=str(path),
            mend="run on the operator's machine: sitewright backup SITE",
        ) from error
    except (ValueError, pydantic.ValidationError) as error:
        raise _refused(f"{name} cannot be read: {str(error).splitlines()[0]}", directory) from error


def _exchange(draft: Path, target: Path) -> None:
    """Put a directory where another one is. A kill between the two renames is made good by the next deposit."""
    old = target.with_name("deposit.old")
    home.wipe(old)
    if target.exists():
        target.rename(old)
    draft.rename(target)
    home.wipe(old)


def _refused(reason: str, where: Path) -> errors.IntegrityError:
    return errors.IntegrityError(
        f"the deposit is refused: {reason}",
        where=str(where),
        mend="run on the operator's machine: sitewright backup SITE",
    )
