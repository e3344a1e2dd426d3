"""Members of a recovery point: from a directory into a real repository and back, equal or refused."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from ops import errors
from ops.adapters import restic_errors
from ops.adapters.restic_results import Compression
from ops.recovery import capture, hashing, restore
from ops.recovery.point import Kind, Member
from tests.support import vault

pytestmark = pytest.mark.restic


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return vault.template(tmp_path_factory.mktemp("template"))


@pytest.fixture
def made(template: Path, tmp_path: Path) -> Iterator[vault.Vault]:
    with vault.copied(template, tmp_path / "vault") as copy:
        yield copy


def captured(made: vault.Vault) -> Member:
    return capture.capture(made.repository, Kind.MODELS, made.models, host="lab", timeout=120)


def test_a_member_comes_back_equal(made: vault.Vault, tmp_path: Path) -> None:
    member = captured(made)
    assert member.size == sum(path.stat().st_size for path in made.models.iterdir())
    back = restore.restore(made.repository, member, tmp_path / "back", timeout=120)
    assert (back.files, back.size) == (2, member.size)
    assert hashing.hash_tree(tmp_path / "back") == hashing.hash_tree(made.models)


def test_links_and_folders_come_back(made: vault.Vault, tmp_path: Path) -> None:
    (made.models / "1/empty").mkdir(parents=True)
    (made.models / "1/model.py").write_text("pass\n")
    (made.models / "latest").symlink_to("1")
    member = captured(made)
    restore.restore(made.repository, member, tmp_path / "back", timeout=120)
    assert (tmp_path / "back/latest").readlink() == Path("1")


def test_every_kind_of_damage_to_what_came_back_is_named(made: vault.Vault, tmp_path: Path) -> None:
    member = captured(made)
    restore.restore(made.repository, member, tmp_path / "back", timeout=120)
    (tmp_path / "back/extra").touch()
    with pytest.raises(errors.IntegrityError, match="unexpected: extra"):
        restore.verify(member, tmp_path / "back")
    (tmp_path / "back/extra").unlink()
    data = bytearray((tmp_path / "back/weights").read_bytes())
    data[-1] ^= 1
    (tmp_path / "back/weights").write_bytes(data)
    (tmp_path / "back/config.pbtxt").unlink()
    with pytest.raises(errors.IntegrityError, match=r"missing: config\.pbtxt; changed: weights"):
        restore.verify(member, tmp_path / "back")


def test_a_directory_that_changes_meanwhile_is_no_member(made: vault.Vault) -> None:
    done = threading.Event()

    def write() -> None:
        while not done.wait(0.05):
            (made.models / "config.pbtxt").write_text('name: "other"\n')

    writer = threading.Thread(target=write)
    writer.start()
    try:
        with pytest.raises(errors.IntegrityError, match="changed while"):
            captured(made)
    finally:
        done.set()
        writer.join()


def test_an_empty_or_missing_directory_is_no_member(made: vault.Vault) -> None:
    shutil.rmtree(made.models)
    with pytest.raises(errors.SitewrightError):
        captured(made)
    made.models.mkdir()
    with pytest.raises(errors.IntegrityError, match="nothing to back up as models"):
        captured(made)


def test_a_member_that_cannot_fit_is_refused_before_anything_is_written(made: vault.Vault, tmp_path: Path) -> None:
    member = captured(made)
    with vault.small_disk(tmp_path / "small", "8m") as small:
        with pytest.raises(restic_errors.NoSpaceError, match="nothing was written"):
            restore.restore(made.repository, member, small / "back", timeout=120)
        assert list(small.iterdir()) == []


def test_weights_are_stored_as_they_are_and_the_rest_small() -> None:
    assert capture.compression(Kind.MODELS) is Compression.OFF
    assert capture.compression(Kind.ETCD) is Compression.MAX
