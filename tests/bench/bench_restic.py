"""What the adapter costs over bare restic: `python -m tests.bench.bench_restic [mebibytes] [rounds]`.

Bare restic gets the same options. Both sides alternate in one run, each round on a new repository of a rest-server on
this machine, over TLS as a site's, with the same model store (two files of random bytes, which are as incompressible as
weights). A ratio is the median of the ratios of the rounds, so that a busy machine troubles both sides of it alike.
Prints one JSON document, with processor seconds (without the server's) too. `capture` is a backup with all hashes,
`restore` one that is hashed against them.
"""

from __future__ import annotations

import json
import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from ops.adapters import restic, restic_binary, restic_repository
from ops.adapters.restic_repository import Repository
from ops.adapters.restic_results import Compression, Source
from ops.recovery import capture, restore
from ops.recovery.point import Kind
from tests.support import restic as support

_FILES = 2
_CHUNK = 2**22
_TIMEOUT = 3600.0


def main() -> None:
    """Measure and print."""
    mebibytes, rounds = (int(word) for word in (*sys.argv[1:], *("256", "2")[len(sys.argv) - 1 :]))
    with tempfile.TemporaryDirectory() as name:
        place = Path(name)
        models = make_models(place / "models", mebibytes * 2**20)
        wall: dict[str, list[float]] = {}
        processor: dict[str, list[float]] = {}
        with support.rest_server(place / "server") as server:
            for number in range(rounds):
                one_round(place, server, models, number, wall, processor)
    report = {
        "schema_version": 1,
        "bytes": mebibytes * 2**20,
        "rounds": rounds,
        "processors": os.cpu_count(),
        "load_average": os.getloadavg()[0],
        "restic": ".".join(map(str, restic_binary.find(support.programs().restic).version)),
        "seconds": wall,
        "processor_seconds": processor,
        "backup_throughput_ratio": ratio(wall["bare backup"], wall["backup"]),
        "capture_throughput_ratio": ratio(wall["bare backup"], wall["capture"]),
        "restore_time_ratio": ratio(wall["restore"], wall["bare restore"]),
        "backup_processor_ratio": ratio(processor["backup"], processor["bare backup"]),
        "restore_processor_ratio": ratio(processor["restore"], processor["bare restore"]),
    }
    sys.stdout.write(json.dumps(report, indent=1) + "\n")


def ratio(over: list[float], under: list[float]) -> float:
    """Return the median of the rounds' ratios."""
    return round(statistics.median(one / other for one, other in zip(over, under, strict=True)), 3)


def processor_seconds() -> float:
    """Return the processor time of this process and of its children that have ended."""
    return sum(sum(resource.getrusage(who)[:2]) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))


def one_round(
    place: Path,
    server: support.Server,
    models: Path,
    number: int,
    wall: dict[str, list[float]],
    processor: dict[str, list[float]],
) -> None:
    """Measure every side once; which backup comes first changes with the number of the round."""

    def measure(side: str, work: Callable[[], object]) -> object:
        os.sync()  # what the side before has written is not this one's to wait for
        started, spent = time.monotonic(), processor_seconds()
        result = work()
        wall.setdefault(side, []).append(round(time.monotonic() - started, 3))
        processor.setdefault(side, []).append(round(processor_seconds() - spent, 3))
        return result

    source = Source(models, minimum_files=_FILES)
    words = ["backup", "--compression=off", "--host=lab", "--retry-lock=30s", "--tag=models", "--", str(models)]
    sides: dict[str, Callable[[Repository], object]] = {
        "bare backup": lambda repository: bare(repository, words),
        "backup": lambda repository: restic.backup(
            repository, [source], host="lab", tags=["models"], compression=Compression.OFF, timeout=_TIMEOUT
        ),
        "capture": lambda repository: capture.capture(repository, Kind.MODELS, models, host="lab", timeout=_TIMEOUT),
    }
    first = number % len(sides)
    for side, work in [*sides.items()][first:] + [*sides.items()][:first]:
        repository = new_repository(place, server)
        measure(side, lambda work=work, repository=repository: work(repository))  # type: ignore[misc]
    repository = new_repository(place, server)
    member = capture.capture(repository, Kind.MODELS, models, host="lab", timeout=_TIMEOUT)
    what = f"{member.snapshot}:{member.folder}"
    target = place / "back"
    measure("bare restore", lambda: bare(repository, ["restore", what, "--target", str(target), "--overwrite=always"]))
    shutil.rmtree(target)
    measure("restore", lambda: restore.restore(repository, member, target, timeout=_TIMEOUT))
    shutil.rmtree(target)


def bare(repository: Repository, words: list[str]) -> None:
    """Run restic with the same options and nothing around it."""
    with restic_repository.command(repository, words) as command:
        subprocess.run(
            command.argv,
            env=dict(command.environment),
            pass_fds=command.descriptors,
            stdout=subprocess.DEVNULL,
            start_new_session=True,  # as the adapter does: the kernel shares processors out among sessions
            check=True,
        )


def new_repository(place: Path, server: support.Server) -> Repository:
    """Make an empty repository on a server, in place of the one that is there."""
    if server.data.exists():
        shutil.rmtree(server.data)
    password = place / "password"
    password.write_text("password")
    password.chmod(0o600)
    repository = Repository(
        server.location,
        password,
        restic_binary.find(support.programs().restic),
        credential=server.credential,
        authority=server.authority,
    )
    restic.initialise(repository)
    return repository


def make_models(directory: Path, size: int) -> Path:
    """Write the model store."""
    directory.mkdir()
    for number in range(_FILES):
        with (directory / f"weights-{number}").open("wb") as file:
            for _ in range(size // _FILES // _CHUNK):
                file.write(os.urandom(_CHUNK))
    return directory


if __name__ == "__main__":
    main()
