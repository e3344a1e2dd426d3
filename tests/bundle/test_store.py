from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from ops import errors
from ops.bundle import manifest, store
from ops.spec import places

_KEY = "0123456789abcdef"


@pytest.fixture
def shelf(tmp_path: Path) -> store.Store:
    return store.Store(tmp_path / "cache")


@pytest.fixture
def artifact(shelf: store.Store) -> Path:
    with shelf.draft("thing", _KEY, {"version": "1"}) as draft:
        (draft / "folder").mkdir()
        (draft / "folder" / "file").write_bytes(b"0123456789")
        (draft / "link").symlink_to("folder/file")
    found = shelf.find("thing", _KEY)
    assert found is not None
    return found


def _leftovers(shelf: store.Store) -> list[str]:
    return [path.name for path in shelf.directory.iterdir() if path.name.startswith(".draft-")]


def test_an_artifact_is_found_by_name_and_key_and_tells_what_went_into_it(shelf: store.Store, artifact: Path) -> None:
    assert shelf.find("thing", "f" * 16) is None
    assert shelf.find("other", _KEY) is None
    assert manifest.read(artifact)["inputs"] == {"version": "1"}


def test_a_slash_in_a_name_is_no_directory(shelf: store.Store) -> None:
    with shelf.draft("images/thing", _KEY, {}) as draft:
        (draft / "file").touch()
    assert shelf.find("images/thing", _KEY) == shelf.directory / f"images-thing-{_KEY}"


def _flip_a_byte_and_hide_the_time(artifact: Path) -> None:
    path = artifact / "folder" / "file"
    before = path.stat()
    with path.open("r+b") as stream:
        stream.seek(5)
        stream.write(b"X")
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


def _shorten(artifact: Path) -> None:
    os.truncate(artifact / "folder" / "file", 4)


def _remove(artifact: Path) -> None:
    (artifact / "folder" / "file").unlink()


def _turn_the_link(artifact: Path) -> None:
    (artifact / "link").unlink()
    (artifact / "link").symlink_to("/etc/passwd")


def _alter_the_record(artifact: Path) -> None:
    path = artifact / manifest.FILE
    path.write_text(path.read_text().replace('"version": "1"', '"version": "2"'))


def _empty_the_record(artifact: Path) -> None:
    (artifact / manifest.FILE).write_text("")


_DAMAGES = (
    _flip_a_byte_and_hide_the_time,
    _shorten,
    _remove,
    _turn_the_link,
    _alter_the_record,
    _empty_the_record,
)


@pytest.mark.parametrize("damage", _DAMAGES, ids=lambda function: function.__name__.strip("_"))
def test_a_damaged_artifact_is_never_returned(shelf: store.Store, artifact: Path, damage: object) -> None:
    assert callable(damage)
    damage(artifact)
    with pytest.raises(errors.IntegrityError):
        shelf.find("thing", _KEY)
    shelf.discard("thing", _KEY)
    assert shelf.find("thing", _KEY) is None
    assert _leftovers(shelf) == []


def test_damage_that_a_disk_does_by_itself_is_found_by_a_thorough_check(shelf: store.Store, artifact: Path) -> None:
    _flip_a_byte_and_hide_the_time(artifact)
    (stamp,) = (shelf.cache / "stamps").iterdir()
    known = json.loads(stamp.read_text())
    status = (artifact / "folder" / "file").lstat()
    known["folder/file"] = [status.st_size, status.st_mtime_ns, status.st_ctime_ns, status.st_ino]
    stamp.write_text(json.dumps(known))
    shelf.verify(artifact)
    with pytest.raises(errors.IntegrityError):
        shelf.verify(artifact, thorough=True)


def test_a_lost_or_damaged_stamp_only_costs_hashing(shelf: store.Store, artifact: Path) -> None:
    (stamp,) = (shelf.cache / "stamps").iterdir()
    stamp.write_text("{")
    assert shelf.find("thing", _KEY) == artifact
    stamp.unlink()
    assert shelf.find("thing", _KEY) == artifact


def test_a_touched_file_with_the_same_bytes_is_still_whole(shelf: store.Store, artifact: Path) -> None:
    (artifact / "folder" / "file").touch()
    assert shelf.find("thing", _KEY) == artifact


def _make_and_fail(shelf: store.Store) -> None:
    with shelf.draft("thing", _KEY, {}) as draft:
        (draft / "half").write_text("half")
        raise ZeroDivisionError


def test_a_maker_that_fails_leaves_nothing(shelf: store.Store) -> None:
    with pytest.raises(ZeroDivisionError):
        _make_and_fail(shelf)
    assert list(shelf.directory.iterdir()) == []


def test_a_kill_in_the_middle_of_writing_leaves_no_artifact(shelf: store.Store) -> None:
    program = textwrap.dedent(f"""
        import pathlib, sys, time
        from ops.bundle import store
        with store.Store(pathlib.Path({str(shelf.cache)!r})).draft("thing", {_KEY!r}, {{}}) as draft:
            (draft / "half").write_text("half")
            print("writing", flush=True)
            time.sleep(600)
    """)
    writer = subprocess.Popen(
        [sys.executable, "-c", program], cwd=places.PROJECT_ROOT, stdout=subprocess.PIPE, text=True
    )
    with writer:
        assert writer.stdout is not None
        assert writer.stdout.readline() == "writing\n"
        writer.send_signal(signal.SIGKILL)
    assert _leftovers(shelf) != []
    assert shelf.find("thing", _KEY) is None
    shelf.sweep()
    assert _leftovers(shelf) == []


def test_artifacts_that_nothing_names_go_after_a_month(shelf: store.Store, artifact: Path) -> None:
    old = time.time() - 31 * 24 * 3600
    (stamp,) = (shelf.cache / "stamps").iterdir()
    shelf.prune(keep=set())
    assert artifact.exists()
    os.utime(stamp, (old, old))
    shelf.prune(keep={artifact})
    assert artifact.exists()
    shelf.prune(keep=set())
    assert not artifact.exists()


def test_using_an_artifact_keeps_it(shelf: store.Store, artifact: Path) -> None:
    old = time.time() - 31 * 24 * 3600
    (stamp,) = (shelf.cache / "stamps").iterdir()
    os.utime(stamp, (old, old))
    shelf.find("thing", _KEY)
    shelf.prune(keep=set())
    assert artifact.exists()


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    place = tmp_path / "small"
    place.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", place], check=True)
    try:
        yield place
    finally:
        subprocess.run(["umount", place], check=True)


@pytest.mark.bundle
def test_a_full_disk_is_said_and_leaves_nothing(small_disk: Path) -> None:
    shelf = store.Store(small_disk)
    with pytest.raises(errors.DiskFullError, match="no space left"), shelf.draft("thing", _KEY, {}) as draft:
        (draft / "large").write_bytes(bytes(2 * 2**20))
    assert list(shelf.directory.iterdir()) == []
