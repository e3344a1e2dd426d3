from __future__ import annotations

from pathlib import Path

import pytest

from ops.bundle import layer, lock, plainlayer
from tests.bundle import workshops

pytestmark = pytest.mark.bundle


@pytest.fixture
def listing(tmp_path: Path) -> dict[str, str]:
    """Path in the layer → its mode, of a layer made from a small artifact."""
    source = tmp_path / "source"
    (source / "sources" / "lib").mkdir(parents=True)
    (source / "program").write_bytes(b"\x7fELF")
    (source / "program").chmod(0o755)
    (source / "start.sh").write_text("#!/bin/sh\n")
    (source / "sources" / "lib" / "a.h").write_text("int a;\n")
    wanted = lock.PlainLayer(
        source="program",
        install={"program": "usr/bin/program", "start.sh": "start.sh", "sources": "var/lib/sources"},
        links={"usr/bin/alias": "program"},
        expect=lock.Expect(seconds=1, bytes=1),
    )
    (made,) = plainlayer.recipes(lock.load().model_copy(update={"layers": {"layer-program": wanted}}))
    workshop = workshops.workshop(tmp_path / "shop", program=source)
    made.make(workshop)
    blob = layer.read(workshop.output).blob
    lines = workshop.runner.run(["tar", "--list", "--verbose", "--zstd", "--file", blob]).splitlines()
    return {line.split()[5]: line.split()[0] for line in lines}


def test_files_lie_where_the_lock_says(listing: dict[str, str]) -> None:
    assert listing["usr/bin/program"] == "-rwxr-xr-x"
    assert listing["usr/bin/alias"] == "lrwxrwxrwx"
    assert listing["var/lib/sources/lib/a.h"] == "-rw-r--r--"


def test_scripts_without_a_mode_are_programs(listing: dict[str, str]) -> None:
    assert listing["start.sh"] == "-rwxr-xr-x"


def test_a_directory_comes_once_and_before_what_lies_in_it(listing: dict[str, str]) -> None:
    names = list(listing)
    assert names.index("usr/bin/") < names.index("usr/bin/program")
    directories = [name for name in names if name.endswith("/")]
    assert directories == ["usr/", "usr/bin/", "var/", "var/lib/", "var/lib/sources/", "var/lib/sources/lib/"]
