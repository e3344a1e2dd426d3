"""Record what real restic prints: `python -m tests.recovery.record [suite …]` writes `recorded/<version>/<case>.json`.

Each file carries the version and SHA-256 of the binary, the command and its exit code. Needs root for the full disk.
The working directory is written as /place and the host as `recorder`; nothing else is changed.
"""

from __future__ import annotations

import contextlib
import dataclasses
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from ops.adapters import restic_binary
from tests.support import restic as support

RECORDED = Path(__file__).parent / "recorded"
_SCRIPT = "python -m tests.recovery.record"


@dataclasses.dataclass(frozen=True)
class Workshop:
    """Where a recording happens: one restic, its directory, the directory to write to."""

    restic: Path
    version: str
    place: Path
    results: Path

    def run(self, *words: str, repository: str = "repository", wrap: tuple[str, ...] = ()) -> dict[str, object]:
        """Run restic in the place and return what it printed, with its exit code."""
        argv = ["restic", "--json", "--no-cache", "--repo", repository, *words]
        completed = subprocess.run(
            [*wrap, str(self.restic), *argv[1:]],
            cwd=self.place,
            env=support.environment(RESTIC_PASSWORD_FILE=str(self.place / "password"), RESTIC_PROGRESS_FPS="1"),
            capture_output=True,
            check=False,
        )
        return self.clean(argv, completed.returncode, completed.stdout, completed.stderr)

    def clean(self, argv: list[str], returncode: int, stdout: bytes, stderr: bytes) -> dict[str, object]:
        """Return a recording without the names of this machine."""
        texts = {"stdout": stdout.decode(), "stderr": stderr.decode()}
        for name, text in texts.items():
            texts[name] = text.replace(str(self.place), "/place").replace(socket.gethostname(), "recorder")
        return {
            "command": [word.replace(str(self.place), "/place") for word in argv],
            "returncode": returncode,
            **texts,
        }

    def save(self, case: str, recording: dict[str, object]) -> None:
        """Write one recording with its origin."""
        origin = {"script": _SCRIPT, "version": self.version, "binary_sha256": support.sha256(self.restic)}
        text = json.dumps(origin | recording, indent=1, ensure_ascii=False)
        (self.results / f"{case}.json").write_text(text + "\n")

    def pack(self) -> Path:
        """Return the repository's biggest pack, writable."""
        biggest = max(
            (self.place / "repository/data").rglob("*"), key=lambda path: path.stat().st_size * path.is_file()
        )
        biggest.chmod(0o600)
        return biggest

    @contextlib.contextmanager
    def spoiled(self) -> Iterator[None]:
        """Put the repository back afterwards."""
        shutil.copytree(self.place / "repository", self.place / "kept")
        try:
            yield
        finally:
            shutil.rmtree(self.place / "repository")
            (self.place / "kept").rename(self.place / "repository")


def good_runs(shop: Workshop) -> None:
    """Record the verbs on a sound repository."""
    shop.save("no-repository", shop.run("snapshots"))
    shop.save("init", shop.run("init", "--repository-version", "2"))
    source = str(shop.place / "models")
    shop.save("backup", shop.run("backup", "--host=recorder", "--tag=model", "--compression=off", "--", source))
    shop.save("ls", shop.run("ls", "latest"))
    shop.save("snapshots", shop.run("snapshots"))
    shop.save("restore", shop.run("restore", "latest", "--target", str(shop.place / "back"), "--overwrite", "always"))
    shop.save("check", shop.run("check", "--read-data-subset=1/1"))
    shop.save("keys", shop.run("key", "list"))
    shop.save("config", shop.run("cat", "config"))
    shop.save("unlock", shop.run("unlock"))
    shop.save("forget", shop.run("forget", "--host=recorder", "--group-by=host,tags", "--keep-last=1", "--dry-run"))
    shop.save("prune", shop.run("prune"))


def bad_sources(shop: Workshop) -> None:
    """Record backups of what is not there or is excluded."""
    there, missing = str(shop.place / "models"), str(shop.place / "missing")
    shop.save("backup-excluded", shop.run("backup", "--host=recorder", "--exclude=*.safetensors", "--", there))
    shop.save("ls-excluded", shop.run("ls", "latest"))
    shop.save("backup-one-source-missing", shop.run("backup", "--host=recorder", "--", there, missing))
    shop.save("backup-no-source", shop.run("backup", "--host=recorder", "--", missing))


def bad_doors(shop: Workshop) -> None:
    """Record a wrong password, a lock that another run holds, and a server that is not there."""
    password = shop.place / "password"
    right = password.read_text()
    password.write_text("wrong")
    shop.save("wrong-password", shop.run("snapshots"))
    password.write_text(right)
    with _holding(shop):
        shop.save("locked", shop.run("prune"))
    closed = f"rest:http://user:secret@127.0.0.1:{support.free_port()}/"
    wrap = ("timeout", "--signal=KILL", "3")
    shop.save("unreachable", shop.run("snapshots", repository=closed, wrap=wrap))


def bad_data(shop: Workshop) -> None:
    """Record checks and restores of a repository whose packs were damaged, and a restore to a full disk."""
    target = ("--target", str(shop.place / "back"), "--overwrite", "always")
    damages: dict[str, Callable[[Path], None]] = {
        "flipped": _flip,
        "truncated": lambda pack: os.truncate(pack, pack.stat().st_size // 2),
        "missing": Path.unlink,
    }
    for name, damage in damages.items():
        with shop.spoiled():
            damage(shop.pack())
            shop.save(f"check-{name}", shop.run("check"))
            shop.save(f"check-{name}-read", shop.run("check", "--read-data-subset=1/1"))
            shutil.rmtree(shop.place / "back", ignore_errors=True)
            shop.save(f"restore-{name}", shop.run("restore", "latest", *target))
    shutil.rmtree(shop.place / "back", ignore_errors=True)
    (shop.place / "back").mkdir()
    mount = f'mount -t tmpfs -o size=1m small {shop.place}/back && exec "$0" "$@"'
    wrap = ("unshare", "--mount", "sh", "-c", mount)
    shop.save("restore-full-disk", shop.run("restore", "latest", *target, wrap=wrap))


def _flip(pack: Path) -> None:
    data = bytearray(pack.read_bytes())
    data[1000] ^= 1
    pack.write_bytes(data)


@contextlib.contextmanager
def _holding(shop: Workshop) -> Iterator[None]:
    """Hold a lock by a backup of a pipe that has no end yet."""
    argv = [str(shop.restic), "--repo", "repository", "--no-cache", "backup", "--host=holder", "--stdin"]
    holder = subprocess.Popen(
        argv,
        cwd=shop.place,
        env=support.environment(RESTIC_PASSWORD_FILE=str(shop.place / "password")),
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
    )
    while not any((shop.place / "repository/locks").iterdir()):
        time.sleep(0.05)
    try:
        yield
    finally:
        holder.terminate()
        holder.communicate()


def main() -> None:
    """Record every case with the restic of each suite named on the command line (trixie and sid by default)."""
    for suite in sys.argv[1:] or [support.DEFAULT_SUITE, "sid"]:
        restic = support.programs(suite).restic
        version = ".".join(map(str, restic_binary.find(restic).version))
        results = RECORDED / version
        results.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory() as place:
            shop = Workshop(restic, version, Path(place), results)
            (shop.place / "password").write_text("secret")
            (shop.place / "models").mkdir()
            (shop.place / "models/model.safetensors").write_bytes(os.urandom(3_000_000))
            (shop.place / "models/config.pbtxt").write_text('name: "model"\n')
            for record in (good_runs, bad_doors, bad_data, bad_sources):
                record(shop)


if __name__ == "__main__":
    main()
