"""Read the repository part by part, remember which parts were read, and look for keys that nobody declared."""

from __future__ import annotations

import dataclasses
import datetime
import json
from collections.abc import Callable

import pydantic

from ops import errors
from ops.adapters import files, restic
from ops.adapters.restic_results import Part
from ops.recovery import canonical, sweep, vault
from ops.recovery.home import Home
from ops.recovery.sweep import Sweep

CHECK_SECONDS = 12 * 3600.0
_FILE = "sweeps.json"
_KEPT = 512
"""Sweeps that are remembered: two rounds of the largest number of parts."""


class Sweeps(canonical.Statement):
    """All sweeps so far, oldest first."""

    done: tuple[Sweep, ...] = ()


@dataclasses.dataclass(frozen=True)
class Read:
    """One part that was read and found sound, and what is known of the whole."""

    part: Part
    covered_since: datetime.datetime | None
    unknown_keys: tuple[str, ...]


def read_next(place: Home, say: Callable[[str], None]) -> Read:
    """Read every byte of the part that was read longest ago; the caller holds the lock.

    Raise DamagedError, naming the packs, when one is not as it was stored; nothing is then remembered as read.
    """
    site = vault.site(place)
    # The check takes an exclusive lock for its time, which a read-only opening could not.
    repository = dataclasses.replace(vault.for_backup(place, site), cache=None)
    known = vault.confirm(place, repository)
    before = remembered(place)
    part = sweep.next_part(before.done, site.recovery.sweep_parts)
    say(f"reading part {part.number} of {part.of}")
    restic.check(repository, part=part, timeout=CHECK_SECONDS)
    now = Sweep(number=part.number, of=part.of, at=datetime.datetime.now(datetime.UTC))
    done = (*before.done, now)[-_KEPT:]
    place.state.mkdir(mode=0o700, parents=True, exist_ok=True)
    files.write_whole(place.state / _FILE, canonical.encode(Sweeps(done=done).value()))
    unknown = tuple(key.id for key in restic.keys(repository) if key.id not in known.keys)
    return Read(part, sweep.covered_since(done, part.of), unknown)


def remembered(place: Home) -> Sweeps:
    """Return the sweeps so far. Raise IntegrityError when their file cannot be read."""
    path = place.state / _FILE
    if not path.exists():
        return Sweeps()
    try:
        return Sweeps.model_validate(json.loads(path.read_bytes()))
    except (ValueError, pydantic.ValidationError) as error:
        raise errors.IntegrityError(
            "the record of what was read cannot be read",
            where=str(path),
            mend="remove the file: every part is then read anew",
        ) from error
