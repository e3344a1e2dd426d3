"""The code of the drill host: it is enough to run, it holds no more, and its name is its content."""

from __future__ import annotations

import subprocess
import sys
import tarfile
from pathlib import Path

from ops.actions import tree


def test_the_packed_code_runs_by_itself(tmp_path: Path) -> None:
    packed = tree.pack(tmp_path / "tree")
    with tarfile.open(packed.archive) as tar:
        tar.extractall(tmp_path, filter="data")
    ended = subprocess.run(
        [sys.executable, "-P", "-m", "ops.cli.drill_host", "export", "--root", str(tmp_path / "home")],
        capture_output=True,
        cwd=tmp_path / packed.release,
        env={"PATH": "/usr/bin:/bin", "PYTHONPATH": str(tmp_path / packed.release)},
        timeout=60,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr
    assert not (tmp_path / packed.release / "ops" / "bundle").exists()


def test_a_second_packing_finds_the_first_and_new_code_replaces_it(tmp_path: Path) -> None:
    root = tmp_path / "checkout"
    (root / "ops" / "bundle").mkdir(parents=True)
    (root / "ops" / "a.py").write_text("1\n")
    (root / "ops" / "bundle" / "b.py").write_text("1\n")
    first = tree.pack(tmp_path / "tree", root)
    stamp = first.archive.stat().st_mtime_ns
    (root / "ops" / "bundle" / "b.py").write_text("2\n")
    assert tree.pack(tmp_path / "tree", root) == first
    assert first.archive.stat().st_mtime_ns == stamp
    (root / "ops" / "a.py").write_text("2\n")
    second = tree.pack(tmp_path / "tree", root)
    assert second.release != first.release
    assert list((tmp_path / "tree").iterdir()) == [second.archive]
