"""A restored control plane beside the real one: etcd and API server on loopback, for the time of a drill."""

from __future__ import annotations

import contextlib
import dataclasses
import json
import time
from collections.abc import Iterator
from pathlib import Path

from ops import errors
from ops.adapters import background, certificates, kubernetes_objects, process
from ops.adapters.background import Running
from ops.adapters.kubernetes_objects import ApiServer
from ops.recovery import restore
from ops.recovery.point import EtcdState, Member
from ops.spec import model

ETCD_VERSION = "3.6.8"
"""Of the package sitewright-etcd-tools, which has etcd and etcdutl of one build."""
START_SECONDS = 120.0
SETTLE_SECONDS = 60.0
"""How long the API server may take to serve custom resources after it is ready."""
_TOOL_SECONDS = 300.0
_PAUSE_SECONDS = 0.5
_SHOWN = 3


@dataclasses.dataclass(frozen=True)
class Programs:
    """The programs that a scratch control plane consists of."""

    etcd: Path
    etcdutl: Path
    kube: Path
    """One program that is the API server when it is called so."""


@dataclasses.dataclass(frozen=True)
class Restored:
    """Where a snapshot and the keys of its cluster lie."""

    snapshot: Path
    pki: Path


def programs(kubernetes_version: str) -> Programs:
    """Return the installed programs. Raise PrerequisiteError when one is missing."""
    base = Path("/usr/lib/sitewright")
    found = Programs(
        base / "etcd" / ETCD_VERSION / "etcd",
        Path("/usr/bin/etcdutl"),
        base / "kubernetes" / kubernetes_version / "kube",
    )
    for path in dataclasses.astuple(found):
        if not path.exists():
            raise errors.PrerequisiteError(
                f"the drill host has no {path.name}", where=str(path), mend="run playbooks/site.yml on the drill host"
            )
    return found


def state_of(member: Member) -> EtcdState:
    """Return what the manifest says of the snapshot. Raise IntegrityError when it says nothing."""
    if member.etcd is None:
        raise _differs(Path(member.folder), "the manifest does not say what the snapshot is of")
    return member.etcd


def verify_snapshot(member: Member, directory: Path, using: Programs) -> str:
    """Compare a restored snapshot with the manifest: file by file, then as etcd itself reads it.

    Return revision and hash as etcd reads them. Raise IntegrityError that names what differs.
    """
    restore.verify(member, directory)
    snapshot, state = directory / "snapshot.db", state_of(member)
    argv: list[str | Path] = [using.etcdutl, "snapshot", "status", snapshot, "--write-out=json"]
    seen = json.loads(process.run(argv, timeout=_TOOL_SECONDS).stdout)
    for name, expected in (("revision", state.revision), ("hash", state.hash)):
        if seen[name] != expected:
            raise _differs(snapshot, f"its {name} is {seen[name]}, recorded was {expected}")
    return f"{seen['revision']}, {seen['hash']}"


def verify_objects(server: ApiServer, state: EtcdState, revision: int, *, only: str | None = None) -> None:
    """Compare every object that an API server stores at a revision with the manifest; `only` names one resource.

    Raise IntegrityError that names what differs.
    """
    found = server.objects(revision)
    counts = {name: listed.count for name, listed in found.items()}
    names = sorted(name for name in counts.keys() | state.objects.keys() if only in {None, name})
    wrong = [
        f"{name}: {counts.get(name, 'none')}, recorded {state.objects.get(name, 'none')}"
        for name in names
        if counts.get(name) != state.objects.get(name)
    ]
    wrong += [
        f"{name}: the content changed"
        for name in names
        if name in found and found[name].digest != state.digests.get(name, found[name].digest)
    ]
    if wrong:
        more = f" and {len(wrong) - _SHOWN} more" if len(wrong) > _SHOWN else ""
        shown = "; ".join(wrong[:_SHOWN]) + more
        raise _differs(Path("/registry"), f"the objects are not those of the manifest: {shown}")


def settle(server: ApiServer, state: EtcdState) -> None:
    """Wait until the API server serves every resource of the manifest, or the time for that is over."""
    deadline = time.monotonic() + SETTLE_SECONDS
    while time.monotonic() < deadline:
        if state.objects.keys() <= {name for name, _ in server.resources()}:
            return
        time.sleep(_PAUSE_SECONDS)


@contextlib.contextmanager
def running(site: model.Site, restored: Restored, place: Path, using: Programs) -> Iterator[ApiServer]:
    """Run etcd and API server from restored data, with restored keys, in a directory, until the block ends.

    The snapshot's revision stays as it is, so that objects can be listed as they were. Nothing of it is reachable from
    another machine, and nothing of it acts: there are no controllers, no kubelets and no webhooks.
    """
    client, peer, port = background.free_ports(3)
    data = place / "etcd-data"
    member = f"drill=https://127.0.0.1:{peer}"
    argv: list[str | Path] = [
        using.etcdutl,
        "snapshot",
        "restore",
        restored.snapshot,
        f"--data-dir={data}",
        "--name=drill",
    ]
    argv += [
        f"--data-dir={data}",
        f"--initial-cluster={member}",
        f"--initial-advertise-peer-urls=https://127.0.0.1:{peer}",
    ]
    process.run(argv, timeout=_TOOL_SECONDS)
    api_server = place / "kube-apiserver"
    api_server.symlink_to(using.kube)
    pki = restored.pki
    _make_administrator(pki, place)
    with (
        background.running(_etcd(using, pki, data, client, peer), log=place / "etcd.log") as etcd,
        background.running(_api_server(site, api_server, pki, client, port), log=place / "api.log") as api,
        kubernetes_objects.connect(
            port,
            authority=pki / "ca.crt",
            certificate=place / "administrator.crt",
            key=place / "administrator.key",
        ) as server,
    ):
        _wait(server, (etcd, api))
        yield server


def _make_administrator(pki: Path, place: Path) -> None:
    """Make a way in with the restored CA: its key must be that of the certificate that the API server trusts."""
    try:
        certificates.make_administrator(
            pki / "ca.key", pki / "ca.crt", place / "administrator.key", place / "administrator.crt"
        )
    except ValueError as error:
        raise _differs(pki, f"the restored CA is of no use: {error}") from error


def _wait(server: ApiServer, parts: tuple[Running, ...]) -> None:
    deadline = time.monotonic() + START_SECONDS
    while True:
        for part in parts:
            part.check()
        try:
            server.get("/api/v1/namespaces/kube-system")
        except errors.UnreachableError:
            if time.monotonic() > deadline:
                raise
            time.sleep(_PAUSE_SECONDS)
        else:
            return


def _etcd(using: Programs, pki: Path, data: Path, client: int, peer: int) -> list[str | Path]:
    keys = pki / "etcd"
    here, there = f"https://127.0.0.1:{client}", f"https://127.0.0.1:{peer}"
    return [
        using.etcd,
        "--name=drill",
        f"--data-dir={data}",
        f"--listen-client-urls={here}",
        f"--advertise-client-urls={here}",
        f"--listen-peer-urls={there}",
        f"--initial-advertise-peer-urls={there}",
        f"--initial-cluster=drill={there}",
        f"--cert-file={keys / 'server.crt'}",
        f"--key-file={keys / 'server.key'}",
        "--client-cert-auth",
        f"--trusted-ca-file={keys / 'ca.crt'}",
        f"--peer-cert-file={keys / 'peer.crt'}",
        f"--peer-key-file={keys / 'peer.key'}",
        "--peer-client-cert-auth",
        f"--peer-trusted-ca-file={keys / 'ca.crt'}",
        "--unsafe-no-fsync",
        "--log-level=warn",
    ]


def _api_server(site: model.Site, program: Path, pki: Path, client: int, port: int) -> list[str | Path]:
    return [
        program,
        f"--etcd-servers=https://127.0.0.1:{client}",
        f"--etcd-cafile={pki / 'etcd' / 'ca.crt'}",
        f"--etcd-certfile={pki / 'apiserver-etcd-client.crt'}",
        f"--etcd-keyfile={pki / 'apiserver-etcd-client.key'}",
        "--bind-address=127.0.0.1",
        f"--secure-port={port}",
        f"--tls-cert-file={pki / 'apiserver.crt'}",
        f"--tls-private-key-file={pki / 'apiserver.key'}",
        f"--client-ca-file={pki / 'ca.crt'}",
        f"--service-account-key-file={pki / 'sa.pub'}",
        f"--service-account-signing-key-file={pki / 'sa.key'}",
        "--service-account-issuer=https://kubernetes.default.svc.cluster.local",
        f"--service-cluster-ip-range={site.network.services}",
        "--authorization-mode=Node,RBAC",
        "--disable-admission-plugins=MutatingAdmissionWebhook,ValidatingAdmissionWebhook",
        "--endpoint-reconciler-type=none",
    ]


def _differs(path: Path, what: str) -> errors.IntegrityError:
    return errors.IntegrityError(what, where=str(path), mend="take another recovery point, and make a new one now")
