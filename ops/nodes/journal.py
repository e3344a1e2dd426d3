"""What maintenance has done and has still to do, on disk before and after each step.

One journal a site: `maintenance/journal.json` in the site's state directory. A finished one moves to
`maintenance/finished/`, where the plan reads how long nodes took.
"""

from __future__ import annotations

import datetime
import enum
from pathlib import Path
from typing import Literal

import pydantic

from ops import errors
from ops.adapters import files
from ops.nodes.acts import Step


class Part(pydantic.BaseModel):
    """A frozen piece of the journal."""

    model_config = pydantic.ConfigDict(frozen=True, extra="forbid")


class State(enum.StrEnum):
    """Where a node is."""

    WAITING = "waiting"
    OPEN = "open"
    DONE = "done"
    RESTORED = "restored"
    """It failed, and runs with its previous versions in service again."""
    FAILED = "failed"
    """It failed and needs a person."""


class Package(Part):
    """One package, before and after."""

    name: str
    before: str
    after: str


class Record(Part):
    """One step that ended well."""

    step: Step
    ended: datetime.datetime
    seconds: float


class Entry(Part):
    """One node."""

    node: str
    packages: tuple[Package, ...] = ()
    boot: str = ""
    """The kernel's boot id before a restart of the machine."""
    models: tuple[str, ...] = ()
    """Models of which a replica ran here: the node must answer for them."""
    state: State = State.WAITING
    done: tuple[Record, ...] = ()
    since: datetime.datetime | None = None
    """When the step in progress began."""
    failed_at: Step | None = None
    error: str = ""
    mend: str = ""
    answer: str = ""
    """What the node's own pod answered."""

    def has(self, step: Step) -> bool:
        """Say whether a step ended well."""
        return any(record.step is step for record in self.done)


class Journal(Part):
    """One run over some nodes, over as many starts as it takes."""

    schema_version: Literal[1] = 1
    site: str
    act: str
    target: str
    """What it makes of the nodes: a version, or empty."""
    command: str
    """What to type to go on."""
    started: datetime.datetime
    ended: datetime.datetime | None = None
    entries: tuple[Entry, ...]

    def entry(self, node: str) -> Entry:
        """Return the entry of a node. Raise KeyError when it has none."""
        for entry in self.entries:
            if entry.node == node:
                return entry
        raise KeyError(node)

    def with_entry(self, new: Entry) -> Journal:
        """Return the journal with the entry of one node replaced."""
        entries = tuple(new if entry.node == new.node else entry for entry in self.entries)
        return self.model_copy(update={"entries": entries})


class Store:
    """The journals of one site."""

    def __init__(self, state: Path) -> None:
        self._directory = state / "maintenance"
        self.path = self._directory / "journal.json"

    def load(self) -> Journal | None:
        """Return the unfinished journal, None when there is none. Raise IntegrityError when it cannot be read."""
        try:
            return Journal.model_validate_json(self.path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            return None
        except ValueError as error:
            raise errors.IntegrityError(
                f"the maintenance journal cannot be read: {error}",
                where=str(self.path),
                mend="look at `kubectl get nodes`, put right by hand what it shows, and remove the file",
            ) from error

    def save(self, journal: Journal) -> None:
        """Write the journal so that it is there whole, or as it was, after any loss of power."""
        self._write(self.path, journal)

    def finish(self, journal: Journal) -> None:
        """Put a journal among the finished ones."""
        stamp = journal.started.strftime("%Y%m%dT%H%M%S.%fZ")
        self._write(self._directory / "finished" / f"{stamp}-{journal.act}.json", journal)
        self.path.unlink(missing_ok=True)
        files.flush_directory(self._directory)

    def finished(self) -> tuple[Journal, ...]:
        """Return the finished journals, oldest first."""
        paths = sorted((self._directory / "finished").glob("*.json"))
        return tuple(Journal.model_validate_json(path.read_text(encoding="utf-8")) for path in paths)

    @staticmethod
    def _write(path: Path, journal: Journal) -> None:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        files.write_whole(path, (journal.model_dump_json(indent=2) + "\n").encode())
