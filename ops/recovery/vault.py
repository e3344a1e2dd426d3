"""Open the site's backups on the drill host: its repository, its points, its keys."""

from __future__ import annotations

import dataclasses
import json
import secrets
from pathlib import Path

import pydantic
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from ops import errors
from ops.adapters import certificates, files, restic, restic_binary
from ops.adapters.agent import Agent
from ops.adapters.restic_repository import Repository, check_secret
from ops.plan import recovery
from ops.recovery import canonical, catalogue, deposit, signing
from ops.recovery.catalogue import Entry
from ops.recovery.deposit import Deposit
from ops.recovery.home import Home
from ops.spec import model

PASSWORD = "restic-password"  # noqa: S105 - the name of a file
CREDENTIAL = "server-credential"
SIGNING_KEY = "signing.pem"
SIGNING_PUBLIC = "signing.pub"
CERTIFICATES = "certificates.json"
ROOT = "root.pub"
AUTHORITY = "ca.crt"
SSH_KEY = "ssh_key"
API_KEY = "api_key"
_RECORD = "repository.json"
_SECRET_BYTES = 32


class Record(canonical.Statement):
    """The repository that backups go to, as the first of them found or made it."""

    id: str
    keys: tuple[str, ...]
    """The ids of the keys that opened it then."""


def make_keys(home: Home) -> bool:
    """Make the password, the server's credential and the signing key where they are missing; tell whether any was."""
    home.keys.mkdir(mode=0o700, parents=True, exist_ok=True)
    made = [
        _make_secret(home.keys / PASSWORD, ""),
        _make_secret(home.keys / CREDENTIAL, f"{recovery.CLIENT}:"),
    ]
    key = home.keys / SIGNING_KEY
    if not key.exists():
        signing.make_key(key)
        made.append(True)
    public = signing.public_text(signing.load_key(key).public_key())
    shown = home.keys / SIGNING_PUBLIC
    if not shown.exists() or shown.read_bytes() != public:
        files.write_whole(shown, public)
        made.append(True)
    return any(made)


def secret(path: Path) -> str:
    """Return the secret in a file. Raise CredentialError when it is missing, empty or open to others."""
    return check_secret(path)


def site(home: Home) -> model.Site:
    """Return the site as the operator last deposited it. Raise NotFoundError when nothing was."""
    return deposit.site(home.deposit)


def deposited(home: Home) -> Deposit:
    """Return what the last deposit is of. Raise NotFoundError when there is none."""
    return deposit.about(home.deposit)


def for_backup(home: Home, of: model.Site) -> Repository:
    """Return the site's repository for backups: through the append-only server, with a cache."""
    return _repository(home, of, cache=home.cache)


def for_drill(home: Home, of: model.Site) -> Repository:
    """Return the site's repository for restores: read-only, every byte from the server itself."""
    return _repository(home, of, read_only=True)


def for_administration(home: Home, of: model.Site) -> Repository:
    """Return the site's repository as it lies on this host's disk, past the server that lets nothing be removed."""
    location = str(home.repositories / recovery.CLIENT)
    return dataclasses.replace(_repository(home, of), location=location, credential=None, authority=None)


def record(home: Home) -> Record | None:
    """Return the repository that backups go to, None before the first one."""
    path = home.state / _RECORD
    if not path.exists():
        return None
    try:
        return Record.model_validate(json.loads(path.read_bytes()))
    except (ValueError, pydantic.ValidationError) as error:
        raise errors.IntegrityError(
            "the record of the repository cannot be read",
            where=str(path),
            mend="compare the repository's id with a manifest's in points/, then remove this file",
        ) from error


def confirm(home: Home, repository: Repository) -> Record:
    """Return the repository's record when it is the recorded one; the first call makes the repository and the record.

    A recorded repository that is gone is never made anew: that would hide that all backups are lost. Raise
    RepositoryMissingError or WrongRepositoryError then.
    """
    known = record(home)
    if known is not None:
        restic.identity(repository, expected=known.id)
        return known
    found = restic.initialise(repository)
    made = Record(id=found, keys=tuple(key.id for key in restic.keys(repository)))
    home.state.mkdir(mode=0o700, parents=True, exist_ok=True)
    files.write_whole(home.state / _RECORD, canonical.encode(made.value()))
    return made


def root(home: Home) -> Ed25519PublicKey:
    """Return the public key of the offline root that certified this host's signing key."""
    return signing.load_root(home.keys / ROOT)


def signer(home: Home, purpose: signing.Purpose) -> signing.Signer:
    """Return this host's signer for a purpose. Raise CredentialError when it was not certified for that."""
    path = home.keys / CERTIFICATES
    try:
        granted = json.loads(path.read_bytes())
        certificate = signing.Certificate.model_validate(granted[purpose])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise errors.CredentialError(
            f"the root key has not certified this host for {purpose}",
            where=str(path),
            mend="run on the operator's machine: ansible-playbook -i inventory/SITE/site.yml playbooks/site.yml",
        ) from error
    return signing.Signer(signing.load_key(home.keys / SIGNING_KEY), certificate)


def find(home: Home, of: model.Site, identifier: str | None = None) -> Entry:
    """Return a verified recovery point of the site, the newest one by default. Raise as `catalogue.find`."""
    return catalogue.find(home.points, root(home), site=of.name, identifier=identifier)


def agents(home: Home, of: model.Site, role: model.Role) -> tuple[Agent, ...]:
    """Return the recovery agents of all nodes with a role."""
    hosts = home.deposit / deposit.KNOWN_HOSTS
    return tuple(
        Agent(node.name, str(node.address), of.access.user, home.keys / SSH_KEY, hosts) for node in of.nodes_with(role)
    )


def _repository(home: Home, of: model.Site, *, cache: Path | None = None, read_only: bool = False) -> Repository:
    return Repository(
        recovery.repository_location(of),
        home.keys / PASSWORD,
        restic_binary.find(),
        cache=cache,
        credential=home.keys / CREDENTIAL,
        authority=home.keys / AUTHORITY,
        read_only=read_only,
    )


def _make_secret(path: Path, prefix: str) -> bool:
    if path.exists():
        return False
    certificates.write_private(path, f"{prefix}{secrets.token_urlsafe(_SECRET_BYTES)}\n".encode())
    return True
