"""Writes the indexes of an apt repository: Packages of each suite, and Release without dates or signature."""

from __future__ import annotations

import dataclasses
import gzip
import hashlib
import re
from collections.abc import Iterable
from pathlib import Path

ORIGIN = "sitewright"
"""What roles pin by: `Pin: release o=sitewright`."""

_COMPONENT = "main"
_INDEX = f"{_COMPONENT}/binary-amd64"


@dataclasses.dataclass(frozen=True)
class Entry:
    """One package of a repository: its index entry and the file that it names."""

    stanza: str
    file: Path

    @property
    def filename(self) -> str:
        """Return the package's path inside the repository."""
        return field(self.stanza, "Filename")


def field(stanza: str, name: str) -> str:
    """Return the value of a field of an index entry. Raise ValueError when it has none."""
    found = re.search(rf"^{name}: *(.*)$", stanza, re.MULTILINE)
    if found is None:
        raise ValueError(f"an index entry has no field {name}: {stanza[:60]!r}")
    return found.group(1)


def stanzas(index: Path) -> list[str]:
    """Return the entries of a Packages file, whose form is deb822(5): paragraphs with an empty line between them."""
    return [stanza for stanza in index.read_text(encoding="utf-8").split("\n\n") if stanza.strip()]


def index_path(root: Path, suite: str) -> Path:
    """Return the path of a suite's Packages file."""
    return root / "dists" / suite / _INDEX / "Packages"


def suites(root: Path) -> list[str]:
    """Return the names of a repository's suites in order."""
    return sorted(path.name for path in (root / "dists").iterdir())


def add(root: Path, suite: str, entries: Iterable[Entry]) -> None:
    """Given a repository's root, link the packages into its pool and write the indexes of one suite."""
    texts = []
    for entry in sorted(entries, key=lambda item: item.filename):
        target = root / entry.filename
        target.parent.mkdir(parents=True, exist_ok=True)
        if not target.exists():
            target.hardlink_to(entry.file)
        texts.append(entry.stanza.strip() + "\n")
    directory = root / "dists" / suite / _INDEX
    directory.mkdir(parents=True)
    text = "\n".join(texts).encode()
    (directory / "Packages").write_bytes(text)
    (directory / "Packages.gz").write_bytes(gzip.compress(text, mtime=0))
    (root / "dists" / suite / "Release").write_text(_release(root, suite))


def _release(root: Path, suite: str) -> str:
    """Return the text of a Release file; the dates come with the signature (ops.bundle.sign)."""
    lines = [
        f"Origin: {ORIGIN}",
        "Label: bundle",
        f"Suite: {suite}",
        f"Codename: {suite}",
        "Architectures: amd64",
        f"Components: {_COMPONENT}",
        "SHA256:",
    ]
    for name in ("Packages", "Packages.gz"):
        content = (root / "dists" / suite / _INDEX / name).read_bytes()
        lines.append(f" {hashlib.sha256(content).hexdigest()} {len(content):>12} {_INDEX}/{name}")
    return "\n".join(lines) + "\n"
