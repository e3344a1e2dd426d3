from __future__ import annotations

import io
import tarfile
from pathlib import Path

import pytest

from ops.bundle import rootlayer


def _root(path: Path) -> Path:
    with tarfile.open(path, "w") as tar:
        for name, mode, uid in (
            ("./etc/passwd", 0o644, 0),
            ("./etc/shadow", 0o640, 42),
            ("./etc/machine-id", 0o444, 0),
            ("./usr/bin/su", 0o4755, 0),
            ("./usr/share/doc/bash/changelog.gz", 0o644, 0),
            ("./usr/share/doc/bash/copyright", 0o644, 0),
            ("./usr/share/man/man1/ls.1.gz", 0o644, 0),
            ("./var/lib/apt/lists/lock", 0o640, 0),
            ("./var/log/dpkg.log", 0o644, 0),
        ):
            info = tarfile.TarInfo(name)
            info.mode, info.uid, info.mtime, info.size = mode, uid, 12345, len(name)
            tar.addfile(info, io.BytesIO(name.encode()))
        for name, kind, target in (
            ("./usr/bin/copy", tarfile.LNKTYPE, "./usr/bin/su"),
            ("./bin", tarfile.SYMTYPE, "usr/bin"),
            ("./dev/null", tarfile.CHRTYPE, ""),
        ):
            info = tarfile.TarInfo(name)
            info.type, info.linkname = kind, target
            tar.addfile(info)
    return path


@pytest.fixture
def members(tmp_path: Path) -> dict[str, tarfile.TarInfo]:
    with tarfile.open(_root(tmp_path / "root.tar")) as archive:
        return {member.info.name: member.info for member in rootlayer.members(archive, tmp_path / "content")}


def test_licences_stay_and_what_no_container_reads_goes(members: dict[str, tarfile.TarInfo]) -> None:
    assert set(members) == {
        "bin",
        "etc/passwd",
        "etc/shadow",
        "usr/bin/copy",
        "usr/bin/su",
        "usr/share/doc/bash/copyright",
    }


def test_owners_and_modes_stay_and_times_go(members: dict[str, tarfile.TarInfo]) -> None:
    assert members["usr/bin/su"].mode == 0o4755
    assert (members["etc/shadow"].uid, members["etc/shadow"].mode) == (42, 0o640)
    assert {info.mtime for info in members.values()} == {0}


def test_links_point_to_names_inside_the_layer(members: dict[str, tarfile.TarInfo]) -> None:
    assert members["usr/bin/copy"].linkname == "usr/bin/su"
    assert members["bin"].linkname == "usr/bin"


def test_old_places_are_moved_below_usr(tmp_path: Path) -> None:
    for name in ("lib/systemd/a.service", "usr/lib/b.so", "sbin/c", "etc/d"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(name)
    (tmp_path / "lib" / "b.so.1").symlink_to("b.so")
    rootlayer.merge(tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == {"etc", "usr"}
    assert (tmp_path / "usr/lib/systemd/a.service").read_text() == "lib/systemd/a.service"
    assert (tmp_path / "usr/lib/b.so.1").read_text() == "usr/lib/b.so"
    assert (tmp_path / "usr/sbin/c").read_text() == "sbin/c"
