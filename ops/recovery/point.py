"""A recovery point: one signed statement of what was backed up together, and how to know it again."""

from __future__ import annotations

import datetime
import enum
from collections.abc import Iterable
from typing import Literal

import pydantic
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from ops import errors
from ops.recovery import canonical, signing, timeline
from ops.recovery.golden import GoldenSet
from ops.recovery.hashing import File

_SHA256 = r"^[0-9a-f]{64}$"


class Kind(enum.StrEnum):
    """What a member of a recovery point is."""

    SPEC = "spec"
    """The site spec as it was in force."""
    PULUMI_STATE = "pulumi-state"
    """The stack's exported state."""
    ETCD = "etcd"
    """A snapshot of the cluster's etcd."""
    PKI = "pki"
    """The Kubernetes CA, the service account keys and the certificates of the control plane."""
    GATEWAY_KEYS = "gateway-keys"
    """The hashes of the API keys."""
    MODELS = "models"
    """The content of the site's model registry."""
    BUNDLE_LOCK = "bundle-lock"
    """The digests of all artifacts and images that the site is built from."""


REQUIRED = frozenset(Kind)
"""A recovery point without one of these cannot bring a lost site back."""


class EtcdState(canonical.Statement):
    """What the etcd snapshot is of."""

    revision: int = pydantic.Field(ge=0)
    hash: int = pydantic.Field(ge=0)
    """The hash that `etcdutl snapshot status` prints."""
    version: str
    objects: dict[str, int]
    """How many objects of each resource the API server listed: {'secrets': 14}."""
    digests: dict[str, str] = pydantic.Field(default_factory=dict)
    """SHA-256 over all objects of each resource, as the API server listed them at that revision."""


class Member(canonical.Statement):
    """One part of a recovery point: one restic snapshot, and the hash of every file in it."""

    kind: Kind
    snapshot: str = pydantic.Field(pattern=_SHA256)
    """restic's snapshot id."""
    folder: str
    """Where the files lie inside the snapshot."""
    taken: pydantic.AwareDatetime
    """When its backup started, or before that the snapshot that was backed up."""
    files: tuple[File, ...] = pydantic.Field(min_length=1)
    etcd: EtcdState | None = None

    @property
    def size(self) -> int:
        """Bytes of all files."""
        return sum(file.size for file in self.files)


class RecoveryPoint(canonical.Statement):
    """What a site can be brought back from. `id` sorts by time."""

    schema_version: Literal[1] = 1
    kind: Literal["recovery-point"] = "recovery-point"
    id: str = pydantic.Field(pattern=r"^\d{8}T\d{6}Z-[0-9a-f]{6}$")
    site: str
    spec_sha256: str = pydantic.Field(pattern=_SHA256)
    commit: str
    """The checkout that made it, with '+dirty' when it had changes."""
    repository: str = pydantic.Field(pattern=_SHA256)
    """The id of the restic repository that holds the members."""
    images: dict[str, str]
    """Digest of every image that ran: {'triton': 'sha256:…'}."""
    members: tuple[Member, ...] = pydantic.Field(min_length=1)
    golden: tuple[GoldenSet, ...]
    started: pydantic.AwareDatetime
    ended: pydantic.AwareDatetime
    skew_s: float = pydantic.Field(ge=0, allow_inf_nan=False)
    """Seconds between the first and the last member's backup."""

    @pydantic.model_validator(mode="after")
    def _consistent(self) -> RecoveryPoint:
        kinds = [member.kind for member in self.members]
        if len(set(kinds)) != len(kinds):
            raise ValueError("a kind of member is there twice")
        if self.skew_s != timeline.skew(member.taken for member in self.members):
            raise ValueError("the skew is not that of the members")
        if (Kind.ETCD in kinds) != any(member.etcd is not None for member in self.members):
            raise ValueError("the etcd member carries the state of etcd, and no other does")
        return self

    @property
    def missing(self) -> frozenset[Kind]:
        """The kinds of member that a lost site would need and that are not here."""
        return REQUIRED - {member.kind for member in self.members}

    @property
    def taken(self) -> tuple[datetime.datetime, ...]:
        """When the backup of each member started."""
        return tuple(member.taken for member in self.members)

    def member(self, kind: Kind) -> Member:
        """Return the member of a kind. Raise NotFoundError when there is none."""
        for member in self.members:
            if member.kind is kind:
                return member
        raise errors.NotFoundError(
            f"recovery point {self.id} has no {kind}", where=self.id, mend="choose another recovery point"
        )


def identifier(started: datetime.datetime, members: Iterable[Member]) -> str:
    """Return the id of a recovery point: its time, and six digits of the hash of its members."""
    content = canonical.digest([member.value() for member in members])
    return f"{started.astimezone(datetime.UTC):%Y%m%dT%H%M%SZ}-{content[:6]}"


def open_point(data: bytes, root: Ed25519PublicKey, *, site: str, where: str) -> RecoveryPoint:
    """Given the bytes of a manifest, return the recovery point when it is this site's and every byte is as signed.

    Raise IntegrityError with the reason otherwise.
    """
    sealed = signing.unseal(data, root, site=site, purpose=signing.Purpose.RECOVERY_POINT, where=where)
    try:
        point = RecoveryPoint.model_validate(sealed.payload)
    except pydantic.ValidationError as error:
        raise _refused(f"it is no recovery point: {error.errors()[0]['msg']}", where) from error
    if point.site != site:
        raise _refused(f"it is of site {point.site}, not of {site}", where)
    return point


def _refused(reason: str, where: str) -> errors.IntegrityError:
    return errors.IntegrityError(
        f"the manifest is refused: {reason}", where=where, mend="choose a recovery point that this site's backup made"
    )
