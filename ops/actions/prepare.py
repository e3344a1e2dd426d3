"""Make what a site needs on the operator's machine before its first machine is touched: keys and trust."""

from __future__ import annotations

import dataclasses
import secrets
from pathlib import Path

from ops import errors
from ops.adapters import certificates, ssh
from ops.recovery import signing
from ops.spec import access, model, places

SYSTEM_AUTHORITIES = Path("/etc/ssl/certs/ca-certificates.crt")
"""The system's CAs on Debian (package ca-certificates)."""
PUSH_NAME = "operator-push"
"""Common name of the client certificate that may write to the registry."""


@dataclasses.dataclass(frozen=True)
class Workspace:
    """Paths in the state directory of one site."""

    state: Path

    @property
    def keys(self) -> Path:
        """Directory of keys, mode 0700."""
        return self.state / "keys"

    @property
    def authority(self) -> Path:
        """Certificate of the site CA."""
        return self.keys / "ca.crt"

    @property
    def api_key(self) -> Path:
        """The lab's one gateway key."""
        return self.keys / "api_key"

    @property
    def passphrase(self) -> Path:
        """Pulumi's passphrase."""
        return self.keys / "passphrase"

    @property
    def ssh_key(self) -> Path:
        """The operator's generated ssh key."""
        return self.keys / "ssh_key"

    @property
    def recovery(self) -> Path:
        """Keys that the drill host is given."""
        return self.keys / "recovery"

    @property
    def custody(self) -> Path:
        """Copies of the secrets that the drill host has made: without them a backup opens for nobody."""
        return self.keys / "custody"

    @property
    def recovery_root(self) -> Path:
        """The offline root's private key, which certifies what the drill host signs with."""
        return self.keys / "recovery_root.pem"

    @property
    def recovery_root_public(self) -> Path:
        """What manifests and evidence are verified with."""
        return self.keys / "recovery_root.pub"

    @property
    def points(self) -> Path:
        """The operator's copies of the signed manifests of recovery points."""
        return self.state / "recovery-points"

    @property
    def evidence(self) -> Path:
        """The operator's copies of the drills' records and pages."""
        return self.state / "evidence"

    @property
    def trust(self) -> Path:
        """The site CA and the system's CAs in one file."""
        return self.state / "ca-bundle.crt"


def workspace(site: model.Site) -> Workspace:
    """Return the paths of a site's state directory."""
    return Workspace(places.state_directory(site.name))


def prepare(site: model.Site) -> Workspace:
    """Make the keys and certificates of a site unless they are there; nothing that exists is replaced."""
    space = workspace(site)
    space.state.mkdir(mode=0o700, parents=True, exist_ok=True)
    space.keys.mkdir(mode=0o700, exist_ok=True)
    authority_key = space.keys / "ca.key"
    certificates.make_authority(authority_key, space.authority, site.name)
    push = space.keys / "push"
    push.mkdir(mode=0o700, exist_ok=True)
    certificates.make_client(authority_key, space.authority, PUSH_NAME, push / "client.key", push / "client.cert")
    (push / "ca.crt").write_bytes(space.authority.read_bytes())
    _make_secret(space.passphrase)
    if site.lab is not None:
        _make_secret(space.api_key, prefix="sk-")
        ssh.make_key(space.ssh_key, f"sitewright {site.name}")
    _prepare_recovery(space, site)
    _write_trust(space)
    pin_host_keys(site)
    return space


def _prepare_recovery(space: Workspace, site: model.Site) -> None:
    """Make the offline root, and what the drill host comes to other nodes and to the gateway with."""
    if not space.recovery_root.exists():
        signing.make_key(space.recovery_root)
    public = signing.public_text(signing.load_key(space.recovery_root).public_key())
    if not space.recovery_root_public.exists() or space.recovery_root_public.read_bytes() != public:
        space.recovery_root_public.write_bytes(public)
    for directory in (space.recovery, space.custody):
        directory.mkdir(mode=0o700, exist_ok=True)
    ssh.make_key(space.recovery / "ssh_key", f"drill host of {site.name}")
    _make_secret(space.recovery / "api_key", prefix="sk-")


def pin_host_keys(site: model.Site) -> None:
    """Write known_hosts from the spec, and in a lab from the host keys of its machines."""
    if site.lab is None:
        access.pin(site)
        return
    keys: dict[str, str] = {}
    for node in site.nodes:
        made = workspace(site).state / "machines" / node.name / "host_key.pub"
        if made.exists():
            keys[str(node.address)] = " ".join(made.read_text(encoding="utf-8").split()[:2])
    ssh.write_known_hosts(access.known_hosts(site), keys)


def _make_secret(path: Path, prefix: str = "") -> None:
    if path.exists():
        if path.stat().st_mode & 0o077:
            raise errors.CredentialError(
                "others may read a secret", where=str(path), mend=f"run: chmod 600 {path}, and think of replacing it"
            )
        return
    certificates.write_private(path, f"{prefix}{secrets.token_urlsafe(32)}".encode())


def _write_trust(space: Workspace) -> None:
    content = space.authority.read_bytes()
    if SYSTEM_AUTHORITIES.exists():
        content += SYSTEM_AUTHORITIES.read_bytes()
    if not space.trust.exists() or space.trust.read_bytes() != content:
        space.trust.write_bytes(content)
