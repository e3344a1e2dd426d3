from __future__ import annotations

import datetime
import subprocess
from pathlib import Path

import pytest

from ops.bundle import lock, package, program, repository

_MOMENT = datetime.date(2026, 1, 2)


def _wanted(**changes: object) -> lock.Package:
    return lock.Package.model_validate(
        {"name": "thing", "version": "1.0-1", "summary": "does things", "depends": ["libc6", "mount"], **changes}
    )


def _tree(place: Path, wanted: lock.Package, text: str = "#!/bin/sh\n") -> Path:
    (place / "usr" / "bin").mkdir(parents=True)
    script = place / "usr" / "bin" / "thing"
    script.write_text(text)
    script.chmod(0o750)
    (place / "usr" / "bin" / "alias").symlink_to("thing")
    (place / "DEBIAN").mkdir()
    (place / "DEBIAN" / "control").write_text(package.control(wanted))
    return place


def _built(place: Path, wanted: lock.Package) -> Path:
    target = place / "thing.deb"
    package.write(_tree(place / "tree", wanted), target, moment=_MOMENT, runner=program.Runner())
    return target


def _field(path: Path, name: str) -> str:
    return subprocess.run(["dpkg-deb", "-f", path, name], check=True, capture_output=True, text=True).stdout.strip()


@pytest.mark.bundle
def test_dpkg_reads_the_fields_back(tmp_path: Path) -> None:
    path = _built(tmp_path, _wanted(conflicts=["other"], provides=["virtual"]))
    assert _field(path, "Package") == "thing"
    assert _field(path, "Version") == "1.0-1"
    assert _field(path, "Depends") == "libc6, mount"
    assert _field(path, "Conflicts") == "other"
    assert _field(path, "Provides") == "virtual"


@pytest.mark.bundle
def test_files_belong_to_root_and_keep_their_executable_bit(tmp_path: Path) -> None:
    path = _built(tmp_path, _wanted())
    listing = subprocess.run(["dpkg-deb", "-c", path], check=True, capture_output=True, text=True).stdout.splitlines()
    rows = {row[5]: row[:2] for row in (line.split() for line in listing)}
    assert rows["./usr/bin/thing"] == ["-rwxr-xr-x", "root/root"]
    assert rows["./usr/bin/alias"] == ["lrwxrwxrwx", "root/root"]
    assert rows["./usr/bin/"] == ["drwxr-xr-x", "root/root"]


@pytest.mark.bundle
def test_equal_contents_give_equal_packages(tmp_path: Path) -> None:
    first = _built(tmp_path / "first", _wanted())
    second = _built(tmp_path / "second", _wanted())
    assert first.read_bytes() == second.read_bytes()


def test_fields_without_a_value_are_left_out() -> None:
    text = package.control(_wanted(depends=[]))
    assert "Depends" not in text
    assert "Conflicts" not in text
    assert text.endswith("Description: does things\n")


def test_a_field_of_an_index_entry_is_read_and_a_missing_one_is_a_defect() -> None:
    assert repository.field("Package: a\nFilename: pool/a.deb\n", "Filename") == "pool/a.deb"
    with pytest.raises(ValueError, match="no field SHA256"):
        repository.field("Package: a\n", "SHA256")
