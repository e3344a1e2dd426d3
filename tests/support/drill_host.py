"""A drill host for tests: its home with real keys, a real rest-server, a deposit; only the cluster is not there."""

from __future__ import annotations

import contextlib
import dataclasses
import datetime
import io
import os
import subprocess
import sys
import tarfile
import urllib.parse
from collections.abc import Iterator
from pathlib import Path

import pytest

from ops import spec
from ops.adapters import restic
from ops.recovery import backup, certification, collect, deposit, signing, vault
from ops.recovery.home import Home
from ops.recovery.point import EtcdState, Kind
from ops.spec import locate, model, places
from tests.support import restic as support
from tests.support import restic_key

STATE = EtcdState(revision=4711, hash=99, version="3.6.8", objects={"secrets": 14})
MODEL_BYTES = 3_000_000

RUN = """
import pathlib, sys
from ops.actions.drill_host import backup as action
from ops.recovery import backup, home
from tests.support import drill_host
backup.gather = drill_host.gather
root = pathlib.Path(sys.argv[1])
made = action.backup(home.Home(root, root / "node-exporter"), lambda line: print(line, flush=True), wait=60)
print(made["recovery_point"], flush=True)
"""
"""The verb `backup` as a program of its own, with a cluster that is a few files."""


@dataclasses.dataclass(frozen=True)
class DrillHost:
    """A home that is ready for a backup, and where its server keeps the repository."""

    home: Home
    site: model.Site
    data: Path

    def environment(self) -> dict[str, str]:
        """Return the environment in which the entry finds the test's restic and this checkout."""
        path = f"{support.programs().restic.parent}:{os.environ['PATH']}"
        return {"PATH": path, "PYTHONPATH": str(places.PROJECT_ROOT), "HOME": os.environ.get("HOME", "/")}

    def verb(self, *words: str, stdin: bytes = b"") -> subprocess.CompletedProcess[bytes]:
        """Run `sitewright-recovery` with some words on this home."""
        argv = [sys.executable, "-m", "ops.cli.drill_host", *words, "--root", str(self.home.root)]
        return subprocess.run(argv, input=stdin, capture_output=True, env=self.environment(), timeout=120, check=False)

    def start_backup(self) -> subprocess.Popen[str]:
        """Start a backup in a process of its own; its progress comes line by line."""
        argv = [sys.executable, "-c", RUN, str(self.home.root)]
        return subprocess.Popen(argv, stdout=subprocess.PIPE, env=self.environment(), text=True)

    def backup(self) -> str:
        """Make a recovery point and return its id."""
        with self.start_backup() as running:
            said = running.communicate(timeout=120)[0].splitlines()
        assert running.returncode == 0, said
        return said[-1]


def gather(place: Home, site: model.Site, made: deposit.Deposit, say: collect.Say) -> backup.Collected:
    """Collect what a cluster would give, as files; the rest is the deposit's."""
    for kind, name, content in (
        (Kind.ETCD, "snapshot.db", b"a snapshot" * 1000),
        (Kind.PKI, "ca.key", b"a key"),
    ):
        (place.staging / kind).mkdir(parents=True)
        (place.staging / kind / name).write_bytes(content)
    weights = place.models / "smollm2"
    if not weights.exists():
        weights.mkdir(parents=True)
        (weights / "weights").write_bytes(os.urandom(MODEL_BYTES))
    say(f"collected for {site.name} at {made.commit}")
    directories = {Kind.ETCD: place.staging / Kind.ETCD, Kind.PKI: place.staging / Kind.PKI}
    directories |= {kind: place.deposit / kind for kind in deposit.MEMBERS}
    directories |= {Kind.MODELS: place.models}
    return backup.Collected(directories, STATE, datetime.datetime.now(datetime.UTC), (), ())


@contextlib.contextmanager
def standing(directory: Path, *, quota: int | None = None) -> Iterator[DrillHost]:
    """Give a drill host that has everything but a first backup; its server is up for the block."""
    root = directory / "home"
    place = Home(root, root / "node-exporter", root / "repositories")
    vault.make_keys(place)
    login = (place.keys / vault.CREDENTIAL).read_text().strip()
    with support.rest_server(directory / "server", login=login, quota=quota) as server:
        (place.keys / vault.AUTHORITY).write_bytes(server.authority.read_bytes())
        port = urllib.parse.urlsplit(server.location.removeprefix("rest:")).port
        assert port is not None
        site = site_at("lab", port)
        certify(place, site.name, directory / "root.pem")
        deposit.accept(place, archive(site))
        place.repositories.unlink(missing_ok=True)
        place.repositories.symlink_to(server.data.parent)
        if not server.data.exists():
            _make_repository(place, site, server.data)
        yield DrillHost(place, site, server.data)


def _make_repository(place: Home, site: model.Site, data: Path) -> None:
    """Make the repository as the first backup does, with a key that costs nothing to derive."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PATH", f"{support.programs().restic.parent}:{os.environ['PATH']}")
        restic.initialise(vault.for_backup(place, site))
    restic_key.quicken(data, (place.keys / vault.PASSWORD).read_text().strip())


def certify(place: Home, site: str, root: Path) -> None:
    """Make a root where there is none, and let it certify the host's key as the role does."""
    if not root.exists():
        signing.make_key(root)
    key = (place.keys / vault.SIGNING_PUBLIC).read_text()
    now = datetime.datetime.now(datetime.UTC)
    granted = certification.certify(root, key, site=site, current="", now=now)
    (place.keys / vault.CERTIFICATES).write_text(granted)
    (place.keys / vault.ROOT).write_bytes(signing.public_text(signing.load_key(root).public_key()))


def site_at(name: str, port: int) -> model.Site:
    """Return a site like the lab whose backup server is on loopback."""
    lab = spec.load(locate.resolve("lab")).model_dump(mode="json")
    lab["name"] = name
    lab["network"]["backup_port"] = port
    lab["nodes"][0]["address"] = "127.0.0.1"
    return model.Site.model_validate(lab)


def archive(site: model.Site, *, without: str = "") -> io.BytesIO:
    """Return a deposit as the operator's machine packs it; `without` names a part that is missing."""
    about = deposit.new(site.name, "c" * 40, {"triton": "sha256:" + "e" * 64})
    parts = {
        deposit.ABOUT: about.model_dump_json().encode(),
        deposit.KNOWN_HOSTS: b"127.0.0.1 ssh-ed25519 AAAA\n",
        f"{Kind.SPEC}/{deposit.SPEC}": site.model_dump_json().encode(),
        f"{Kind.PULUMI_STATE}/stack.json": b'{"version": 3}',
        f"{Kind.GATEWAY_KEYS}/hashes.json": b"{}",
        f"{Kind.BUNDLE_LOCK}/images.json": b"{}",
    }
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as tar:
        for name, content in parts.items():
            if not without or not name.startswith(without):
                entry = tarfile.TarInfo(name)
                entry.size = len(content)
                tar.addfile(entry, io.BytesIO(content))
    packed.seek(0)
    return packed


def contents(directory: Path) -> dict[str, int]:
    """Return every file of a directory that is no lock, with its size: what a fault must leave as it is."""
    found = (path for path in directory.rglob("*") if path.is_file() and "locks" not in path.parts)
    return {str(path.relative_to(directory)): path.stat().st_size for path in found}
