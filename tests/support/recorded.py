"""Recordings of real restic, and a program that plays them back in the place of restic."""

from __future__ import annotations

import dataclasses
import json
import sys
from collections.abc import Mapping
from pathlib import Path

RECORDED = Path(__file__).parents[1] / "recovery" / "recorded"
VERSIONS = tuple(sorted(path.name for path in RECORDED.iterdir()))

_PLAYER = """#!{python}
import json, sys
answers = json.loads({answers!r})
verb = next(word for word in sys.argv[1:] if not word.startswith("-"))
answer = answers[verb]
sys.stdout.write(answer["stdout"])
sys.stdout.flush()
sys.stderr.write(answer["stderr"])
sys.stderr.flush()
sys.exit(answer["returncode"])
"""


@dataclasses.dataclass(frozen=True)
class Recording:
    """What restic printed once, and how it ended."""

    returncode: int
    stdout: str = ""
    stderr: str = ""


def load(version: str, case: str) -> Recording:
    """Return a recording of `tests/recovery/record.py`."""
    document = json.loads((RECORDED / version / f"{case}.json").read_text())
    return Recording(document["returncode"], document["stdout"], document["stderr"])


def player(path: Path, answers: Mapping[str, Recording]) -> Path:
    """Write a program that answers each restic verb with a recording."""
    table = json.dumps({verb: dataclasses.asdict(recording) for verb, recording in answers.items()})
    path.write_text(_PLAYER.format(python=sys.executable, answers=table))
    path.chmod(0o700)
    return path
