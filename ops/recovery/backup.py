"""Make a recovery point: collect, back up member by member, sign. A killed run leaves nothing that the next minds."""

from __future__ import annotations

import dataclasses
import datetime
from collections.abc import Callable, Mapping
from pathlib import Path

from ops import errors
from ops.adapters.restic_repository import Repository
from ops.recovery import capture, catalogue, collect, deposit, home, point, signing, timeline, vault
from ops.recovery.deposit import Deposit
from ops.recovery.golden import GoldenSet
from ops.recovery.home import Home
from ops.recovery.point import EtcdState, Kind, Member, RecoveryPoint
from ops.spec import model

MEMBER_SECONDS = 12 * 3600.0
"""Longest time that the backup of one member may take; 140 GB of weights take 22 minutes at 107 MB/s."""

Say = Callable[[str], None]


@dataclasses.dataclass(frozen=True)
class Collected:
    """The directories to back up, in their order, and what is known of them."""

    directories: Mapping[Kind, Path]
    etcd: EtcdState
    etcd_taken: datetime.datetime
    """When the control plane was asked: what happened there later is not in its members."""
    golden: tuple[GoldenSet, ...]
    notes: tuple[str, ...]
    """What a person should know of this point."""


@dataclasses.dataclass(frozen=True)
class Made:
    """A recovery point and its signed manifest."""

    point: RecoveryPoint
    manifest: Path
    notes: tuple[str, ...]


def make(place: Home, say: Say) -> Made:
    """Make a recovery point of the site as it is now; the caller holds the lock.

    Raise NotFoundError before the first deposit, and what the parts raise: nothing of older points is ever touched.
    """
    site, deposited = vault.site(place), vault.deposited(place)
    signer = vault.signer(place, signing.Purpose.RECOVERY_POINT)
    repository = vault.for_backup(place, site)
    record = vault.confirm(place, repository)
    home.wipe(place.staging)
    place.staging.mkdir(mode=0o700, parents=True)
    try:
        started = datetime.datetime.now(datetime.UTC)
        collected = gather(place, site, deposited, say)
        members = back_up(repository, site.name, collected, say)
        made = assemble(site, deposited, record.id, collected, members, started)
        manifest = catalogue.add(place.points, made, signer, now=datetime.datetime.now(datetime.UTC))
    finally:
        home.wipe(place.staging)
    say(f"recovery point {made.id} is signed")
    return Made(made, manifest, collected.notes)


def gather(place: Home, site: model.Site, deposited: Deposit, say: Say) -> Collected:
    """Collect everything that the recovery point is made of; without answers when the gateway gives none."""
    weights = collect.models(place, site, deposited.images, say)
    notes = []
    sets: tuple[GoldenSet, ...] = ()
    try:
        sets = collect.golden_sets(place, site, deposited.images, say)
    except errors.SitewrightError as error:
        # A site that does not answer needs its backup most.
        notes.append(f"no golden answers: {error.what}")
        say(notes[-1])
    # Last, so that little time passes between what the cluster was and the backup of it.
    plane = collect.control_plane(place, site, say)
    directories = {Kind.ETCD: plane.etcd, Kind.PKI: plane.pki}
    directories |= {kind: place.deposit / kind for kind in deposit.MEMBERS}
    directories |= {Kind.MODELS: weights}
    return Collected(directories, plane.state, plane.taken, sets, tuple(notes))


def back_up(repository: Repository, host: str, collected: Collected, say: Say) -> tuple[Member, ...]:
    """Back up each directory as one member."""
    members = []
    for kind, directory in collected.directories.items():
        etcd = collected.etcd if kind is Kind.ETCD else None
        member = capture.capture(repository, kind, directory, host=host, timeout=MEMBER_SECONDS, etcd=etcd)
        if kind in {Kind.ETCD, Kind.PKI}:
            member = member.model_copy(update={"taken": collected.etcd_taken})
        say(f"backed up {kind}: {len(member.files)} files, {member.size} bytes")
        members.append(member)
    return tuple(members)


def assemble(
    site: model.Site,
    deposited: Deposit,
    repository: str,
    collected: Collected,
    members: tuple[Member, ...],
    started: datetime.datetime,
) -> RecoveryPoint:
    """Return the recovery point of some members. Raise IntegrityError when one that a lost site needs is not there."""
    spec = next(
        file for member in members if member.kind is Kind.SPEC for file in member.files if file.path == deposit.SPEC
    )
    made = RecoveryPoint(
        id=point.identifier(started, members),
        site=site.name,
        spec_sha256=spec.sha256,
        commit=deposited.commit,
        repository=repository,
        images=deposited.images,
        members=members,
        golden=collected.golden,
        started=started,
        ended=datetime.datetime.now(datetime.UTC),
        skew_s=timeline.skew(member.taken for member in members),
    )
    if made.missing:
        raise errors.IntegrityError(
            f"the recovery point lacks {', '.join(sorted(made.missing))}", where=made.id, mend="run the backup again"
        )
    return made
