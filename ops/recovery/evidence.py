"""Evidence of drills: signed records in a row, each naming the hash of the one before, and a page for each.

A record is the file `000007-model-restore.json`, its page the `.html` beside it. The record is the commit point: it is
written whole or not at all, and a page that a killed run did not get to is drawn when the next record is written.
Files that an outsider cut off at the end of the row are seen only by who keeps a copy elsewhere; all other changes
are seen from the files alone.
"""

from __future__ import annotations

import contextlib
import dataclasses
import datetime
import fcntl
import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Literal, TypeVar

import pydantic
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from ops import errors
from ops.adapters import files
from ops.recovery import canonical, page, signing
from ops.recovery.drill import DrillRecord

_HASH = r"^[0-9a-f]{64}$"
_SEAL = b"\n<!-- sitewright signature: "
_SEAL_END = b" -->\n"
_DIGITS = 6
_Parsed = TypeVar("_Parsed", bound=canonical.Statement)


class Evidence(canonical.Statement):
    """One link of the chain."""

    kind: Literal["evidence"] = "evidence"
    sequence: int = pydantic.Field(ge=1)
    previous: str | None = pydantic.Field(pattern=_HASH, default=None)
    """SHA-256 of the file before; absent in the first."""
    record: DrillRecord


class PageSeal(canonical.Statement):
    """What is signed of a page."""

    kind: Literal["page"] = "page"
    evidence: str = pydantic.Field(pattern=_HASH)
    """SHA-256 of the record's file that the page is drawn from."""
    page: str = pydantic.Field(pattern=_HASH)
    """SHA-256 of the page up to its signature."""


@dataclasses.dataclass(frozen=True)
class Written:
    """The two files of one drill."""

    record: Path
    page: Path


@dataclasses.dataclass(frozen=True)
class Verified:
    """A file that is exactly as it was signed. `linked` says whether the file before it lies beside it, unchanged."""

    path: Path
    sha256: str
    site: str
    signed: datetime.datetime
    evidence: Evidence | None
    """What a record says; None for a page."""
    linked: bool


def append(directory: Path, record: DrillRecord, signer: signing.Signer, *, now: datetime.datetime) -> Written:
    """Write a record and its page as the next link of the chain in a directory, and return both files."""
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    with _locked(directory):
        before = _records(directory)
        for path in before:
            _draw(path, signer, now)
        sequence = _sequence(before[-1]) + 1 if before else 1
        previous = _sha256(before[-1].read_bytes()) if before else None
        evidence = Evidence(sequence=sequence, previous=previous, record=record)
        path = directory / f"{sequence:0{_DIGITS}d}-{record.scenario}.json"
        files.write_whole(path, signer.seal(evidence, now))
        return Written(path, _draw(path, signer, now))


def verify(path: Path, root: Ed25519PublicKey, *, site: str | None = None) -> Verified:
    """Given a record or a page, return what it is when every byte of it is as signed.

    Needs the root's public key and no service. Raise IntegrityError with the reason otherwise, NotFoundError when
    there is no such file.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise errors.NotFoundError(
            f"cannot read the evidence: {error.strerror}", where=str(path), mend="name a record or a page of a drill"
        ) from error
    if path.suffix == ".html":
        return _verify_page(path, data, root, site)
    sealed = signing.unseal(data, root, site=site, purpose=signing.Purpose.EVIDENCE, where=str(path))
    evidence = _parse(Evidence, sealed, path)
    owner = sealed.certificate.grant.site
    if evidence.record.site != owner:
        raise _refused(f"a key of site {owner} signed it for site {evidence.record.site}", path)
    return Verified(path, _sha256(data), owner, sealed.signed, evidence, linked=_is_linked(path, evidence))


def verify_chain(directory: Path, root: Ed25519PublicKey, *, site: str | None = None) -> tuple[Verified, ...]:
    """Return all records of a directory, verified, when none is missing between the first and the last."""
    verified = []
    for number, path in enumerate(_records(directory), start=1):
        item = verify(path, root, site=site)
        if item.evidence is None or item.evidence.sequence != number or _sequence(path) != number:
            raise _refused(f"record {number} of the chain is not there", path)
        if not item.linked:
            raise _refused("it does not follow on the record before it", path)
        verified.append(item)
    return tuple(verified)


def _verify_page(path: Path, data: bytes, root: Ed25519PublicKey, site: str | None) -> Verified:
    body, marker, rest = data.rpartition(_SEAL)
    if not marker or not rest.endswith(_SEAL_END):
        raise _refused("it carries no signature", path)
    line = rest.removesuffix(_SEAL_END) + b"\n"
    sealed = signing.unseal(line, root, site=site, purpose=signing.Purpose.EVIDENCE, where=str(path))
    seal = _parse(PageSeal, sealed, path)
    if seal.page != _sha256(body):
        raise _refused("it was changed after it was signed", path)
    record = path.with_suffix(".json")
    linked = record.exists()
    if linked and _sha256(record.read_bytes()) != seal.evidence:
        raise _refused(f"it was drawn from another record than {record.name}", path)
    return Verified(path, _sha256(data), sealed.certificate.grant.site, sealed.signed, None, linked=linked)


def _is_linked(path: Path, evidence: Evidence) -> bool:
    """Return whether the file before is there and unchanged; the first record needs none."""
    if evidence.sequence == 1:
        if evidence.previous is not None:
            raise _refused("the first record names one before it", path)
        return True
    before = [other for other in _records(path.parent) if _sequence(other) == evidence.sequence - 1]
    if not before:
        return False
    if [_sha256(other.read_bytes()) for other in before] != [evidence.previous]:
        raise _refused(f"the record before it, {before[0].name}, is not the one that it names", path)
    return True


def _draw(path: Path, signer: signing.Signer, now: datetime.datetime) -> Path:
    """Write the page of a record that this signer signed, where it is not there yet, and return its path."""
    target = path.with_suffix(".html")
    data = path.read_bytes()
    sealed = signer.own(data)
    if target.exists() or sealed is None:
        return target
    evidence = _parse(Evidence, sealed, path)
    digest = _sha256(data)
    text = page.render(evidence.record, sequence=evidence.sequence, evidence_name=path.name, evidence_sha256=digest)
    body = text.encode()
    seal = signer.seal(PageSeal(evidence=digest, page=_sha256(body)), now).removesuffix(b"\n")
    files.write_whole(target, body + _SEAL + seal + _SEAL_END)
    return target


def _parse(kind: type[_Parsed], sealed: signing.Sealed, path: Path) -> _Parsed:
    try:
        return kind.model_validate(sealed.payload)
    except pydantic.ValidationError as error:
        raise _refused("it is a signed statement of another kind", path) from error


def _records(directory: Path) -> list[Path]:
    """Return the records of a directory in the order of their numbers."""
    return sorted(path for path in directory.glob("*-*.json") if path.name[:_DIGITS].isdigit())


def _sequence(path: Path) -> int:
    return int(path.name[:_DIGITS])


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


@contextlib.contextmanager
def _locked(directory: Path) -> Iterator[None]:
    """Let one writer at a time see the end of the chain."""
    with (directory / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _refused(reason: str, path: Path) -> errors.IntegrityError:
    return errors.IntegrityError(
        f"the evidence is refused: {reason}", where=str(path), mend="compare it with the copy that is kept elsewhere"
    )
