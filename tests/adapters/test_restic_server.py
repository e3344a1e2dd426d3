"""Real restic against a real rest-server on loopback: append-only, TLS, one credential, planted faults."""

from __future__ import annotations

import contextlib
import dataclasses
import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path, PurePosixPath

import pytest

from ops import errors
from ops.adapters import restic, restic_binary, restic_errors, restic_process, restic_repository
from ops.adapters.restic_repository import Repository
from ops.adapters.restic_results import Backup, Compression, Part, Progress, Retention, Source
from tests.support import restic as support
from tests.support import vault

pytestmark = pytest.mark.restic


@dataclasses.dataclass(frozen=True)
class Site:
    """A vault with an old and a new backup of a model in it; `snapshot` is the new one's id."""

    repository: Repository
    data: Path
    models: Path
    snapshot: str
    biggest_pack: Callable[[], Path]

    @property
    def administrator(self) -> Repository:
        """The repository from the machine it lies on, past the server's append-only."""
        return dataclasses.replace(self.repository, location=str(self.data), credential=None, authority=None)


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = vault.template(tmp_path_factory.mktemp("template"))
    with vault.opened(directory) as made:
        old = ["backup", "--host=site", "--tag=model", "--time=2020-01-01 00:00:00", str(made.models)]
        with restic_repository.command(made.repository, old) as command:
            assert restic_process.run(command, timeout=60).returncode == 0
        back_up(made.repository, made.models)
    return directory


@pytest.fixture
def site(template: Path, tmp_path: Path) -> Iterator[Site]:
    with vault.copied(template, tmp_path) as made:
        snapshot = restic.snapshots(made.repository)[-1].id
        yield Site(made.repository, made.data, made.models, snapshot, made.biggest_pack)


def secret(path: Path, text: str) -> Path:
    path.write_text(text)
    path.chmod(0o600)
    return path


def back_up(repository: Repository, models: Path, *exclude: str) -> Backup:
    return restic.backup(
        repository,
        [Source(models, minimum_files=2, minimum_bytes=vault.MODEL_BYTES)],
        host="site",
        tags=["model"],
        compression=Compression.OFF,
        exclude=exclude,
        timeout=120,
    )


def folder(site: Site) -> PurePosixPath:
    """Where the models lie inside a snapshot: the template's path."""
    (path,) = restic.snapshots(site.repository)[-1].paths
    return PurePosixPath(path)


def stored(site: Site) -> int:
    """Bytes of all packs."""
    return sum(path.stat().st_size for path in (site.data / "data").rglob("*") if path.is_file())


def sweep(repository: Repository, part: Part) -> str:
    """Read one part of the packs; return what is wrong with it."""
    try:
        restic.check(repository, part=part, timeout=120)
    except restic_errors.DamagedError as error:
        return error.what
    return ""


def test_what_was_backed_up_comes_back(site: Site, tmp_path: Path) -> None:
    seen: list[Progress] = []
    back = tmp_path / "back"
    restic.restore(site.repository, site.snapshot, back, folder=folder(site), timeout=120, progress=seen.append)
    assert (back / "weights").read_bytes() == (site.models / "weights").read_bytes()
    restic.check(site.repository, part=Part(1, 1), timeout=120)


def test_snapshots_are_listed_by_host_and_tag(site: Site) -> None:
    assert len(restic.snapshots(site.repository, host="site", tag="model")) == 2
    assert restic.snapshots(site.repository, host="other") == ()


def test_a_second_initialise_leaves_the_repository(site: Site) -> None:
    assert restic.initialise(site.repository) == restic.identity(site.repository)


def test_an_append_only_server_lets_nothing_be_removed(site: Site) -> None:
    with pytest.raises(restic_errors.AccessDeniedError, match="1 of 1 snapshots"):
        restic.forget(site.repository, Retention("1h"), host="site", tag="model")
    assert len(restic.snapshots(site.repository)) == 2


def test_the_administrator_forgets_and_prunes_in_two_commands(site: Site) -> None:
    forgotten = restic.forget(site.administrator, Retention("1h"), host="site", tag="model")
    assert forgotten.kept == (site.snapshot,)
    assert len(forgotten.removed) == 1
    before = stored(site)
    restic.prune(site.administrator, timeout=120)
    assert 0 < stored(site) < before
    restic.check(site.repository, part=Part(1, 1), timeout=120)


def test_a_key_that_somebody_added_is_seen(site: Site, tmp_path: Path) -> None:
    other = secret(tmp_path / "other", "attacker")
    with restic_repository.command(site.repository, ["key", "add", "--new-password-file", str(other)]) as command:
        assert restic_process.run(command, timeout=60).returncode == 0
    assert len(restic.keys(site.repository)) == 2


def test_a_flipped_byte_is_found_by_the_sweep_and_by_a_restore(site: Site, tmp_path: Path) -> None:
    pack = site.biggest_pack()
    data = bytearray(pack.read_bytes())
    data[1000] ^= 1
    pack.write_bytes(data)
    restic.check(site.repository, timeout=120)
    said = [sweep(site.repository, Part(number, 3)) for number in (1, 2, 3)]
    assert [pack.name in text for text in said].count(True) == 1
    assert said.count("") == 2
    with pytest.raises(restic_errors.DamagedError, match="weights"):
        restic.restore(site.repository, site.snapshot, tmp_path / "back", timeout=120)


@pytest.mark.parametrize("fault", ["truncated", "missing"])
def test_a_truncated_or_missing_pack_is_found(fault: str, site: Site, tmp_path: Path) -> None:
    pack = site.biggest_pack()
    if fault == "missing":
        pack.unlink()
    else:
        os.truncate(pack, pack.stat().st_size // 2)
    with pytest.raises(restic_errors.DamagedError, match=pack.name):
        restic.check(site.repository, timeout=120)
    with pytest.raises(restic_errors.DamagedError):
        restic.restore(site.administrator, site.snapshot, tmp_path / "back", timeout=120)


def test_a_full_disk_is_named(site: Site, tmp_path: Path) -> None:
    with vault.small_disk(tmp_path / "small", "2m") as small, pytest.raises(restic_errors.NoSpaceError):
        restic.restore(site.repository, site.snapshot, small / "back", timeout=120)


@pytest.mark.parametrize("quota", [1_000_000, None], ids=["quota", "disk"])
def test_a_full_server_is_named_at_once(tmp_path: Path, quota: int | None) -> None:
    (tmp_path / "weights").write_bytes(os.urandom(vault.MODEL_BYTES))
    with contextlib.ExitStack() as stack:
        place = tmp_path if quota else stack.enter_context(vault.small_disk(tmp_path / "small", "2m"))
        server = stack.enter_context(support.rest_server(place / "server", quota=quota))
        repository = Repository(
            server.location,
            secret(tmp_path / "password", "pass-word"),
            restic_binary.find(support.programs().restic),
            credential=server.credential,
            authority=server.authority,
        )
        restic.initialise(repository)
        with pytest.raises(restic_errors.NoSpaceError) as refused:
            restic.backup(
                repository,
                [Source(tmp_path / "weights")],
                host="site",
                compression=Compression.OFF,
                timeout=600,
            )
    assert "time was up" not in str(refused.value)


def test_an_exclude_that_swallows_the_model_is_no_backup(site: Site) -> None:
    with pytest.raises(restic_errors.IncompleteBackupError):
        back_up(site.repository, site.models, "weights")


def test_closed_doors_are_told_apart(site: Site, tmp_path: Path) -> None:
    wrong = secret(tmp_path / "wrong", "wrong:wrong")
    other = site.repository.location.replace("/site/", "/other/")
    doors = [
        (dataclasses.replace(site.repository, password=wrong), restic_errors.WrongPasswordError),
        (dataclasses.replace(site.repository, credential=wrong), restic_errors.AccessDeniedError),
        (dataclasses.replace(site.repository, authority=None), restic_errors.ServerUntrustedError),
        (dataclasses.replace(site.repository, location=other), restic_errors.AccessDeniedError),
        (
            dataclasses.replace(site.repository, location=f"{site.repository.location}empty/"),
            restic_errors.RepositoryMissingError,
        ),
        (
            dataclasses.replace(site.repository, location=f"rest:https://127.0.0.1:{support.free_port()}/site/"),
            restic_errors.ServerUnreachableError,
        ),
    ]
    for repository, kind in doors:
        with pytest.raises(errors.SitewrightError) as raised:
            restic.snapshots(repository)
        assert type(raised.value) is kind
        assert "pass-word" not in str(raised.value)
        assert "s3cret" not in str(raised.value)


@contextlib.contextmanager
def holder(site: Site) -> Iterator[subprocess.Popen[bytes]]:
    """Run a backup of a pipe that has no end yet, so that it holds its lock."""
    with restic_repository.command(site.repository, ["backup", "--host=holder", "--stdin"]) as command:
        process = subprocess.Popen(
            command.argv,
            env=dict(command.environment),
            pass_fds=command.descriptors,
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
    while not any((site.data / "locks").iterdir()):
        time.sleep(0.05)
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def test_no_secret_is_in_the_process_table(site: Site) -> None:
    with holder(site) as process:
        shown = b"".join(Path(f"/proc/{process.pid}/{name}").read_bytes() for name in ("cmdline", "environ"))
    assert b"RESTIC_PASSWORD_FILE" in shown
    assert b"pass-word" not in shown
    assert b"s3cret" not in shown


def test_a_lock_that_lives_is_respected_and_one_of_a_dead_run_removed(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(restic, "RETRY_LOCK", "0s")
    with (
        holder(site) as process,
        pytest.raises(restic_errors.RepositoryLockedError, match=f"PID {process.pid}"),
    ):
        restic.prune(site.repository, timeout=60)
    assert any((site.data / "locks").iterdir())
    restic.prune(site.administrator, timeout=60)
    assert not any((site.data / "locks").iterdir())


def test_a_run_that_dies_while_we_wait_for_its_lock_stops_nothing(site: Site) -> None:
    with holder(site) as process:

        def kill() -> None:
            process.kill()
            process.wait()

        killer = threading.Timer(3, kill)
        killer.start()
        restic.prune(site.administrator, timeout=60)
        killer.join()


def test_a_backup_whose_time_is_up_leaves_no_lock_and_the_next_one_works(site: Site, tmp_path: Path) -> None:
    (tmp_path / "models/weights").write_bytes(os.urandom(vault.MODEL_BYTES))
    with restic_repository.command(site.repository, ["backup", "--limit-upload=100", str(site.models)]) as command:
        outcome = restic_process.run(command, timeout=3)
    assert outcome.timed_out
    assert not any((site.data / "locks").iterdir())
    assert back_up(site.repository, site.models).files == 2


def test_a_killed_restore_is_repaired_by_the_same_command_elsewhere(site: Site, tmp_path: Path) -> None:
    with restic_repository.command(
        site.repository, ["restore", site.snapshot, "--target", str(tmp_path / "half"), "--limit-download=100"]
    ) as command:
        killer = threading.Timer(2, lambda: kill_restic(command.argv))
        killer.start()
        outcome = restic_process.run(command, timeout=60)
        killer.join()
    assert outcome.returncode == -signal.SIGKILL
    restic.restore(site.repository, site.snapshot, tmp_path / "back", folder=folder(site), timeout=60)
    assert (tmp_path / "back/weights").read_bytes() == (site.models / "weights").read_bytes()


def kill_restic(argv: tuple[str, ...]) -> None:
    """SIGKILL the one process that runs exactly this command line."""
    wanted = "\0".join(argv).encode() + b"\0"
    for status in Path("/proc").glob("[0-9]*/cmdline"):
        with contextlib.suppress(OSError):
            if status.read_bytes() == wanted:
                os.kill(int(status.parent.name), signal.SIGKILL)
