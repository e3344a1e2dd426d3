"""Reading everything, one part at a time."""

from __future__ import annotations

import datetime

from hypothesis import given
from hypothesis import strategies as st

from ops.recovery import sweep
from ops.recovery.sweep import Sweep
from tests.support import drills

_SWEEPS = st.lists(
    st.builds(
        Sweep,
        number=st.integers(1, 5),
        of=st.integers(1, 5),
        at=st.integers(0, 1000).map(lambda hours: drills.NOW + datetime.timedelta(hours=hours)),
    )
)


@given(_SWEEPS, st.integers(1, 9))
def test_as_many_runs_as_parts_read_everything_whatever_was_missed_before(done: list[Sweep], of: int) -> None:
    start = drills.NOW + datetime.timedelta(days=100)
    for day in range(of):
        part = sweep.next_part(done, of)
        done = [*done, Sweep(number=part.number, of=of, at=start + datetime.timedelta(days=day))]
    since = sweep.covered_since(done, of)
    assert since is not None
    assert since >= start


@given(_SWEEPS, st.integers(1, 5))
def test_coverage_is_as_old_as_the_part_that_comes_next(done: list[Sweep], of: int) -> None:
    part = sweep.next_part(done, of)
    reads = [item.at for item in done if (item.number, item.of) == (part.number, of)]
    assert sweep.covered_since(done, of) == (max(reads) if reads else None)


def test_a_part_of_another_cycle_does_not_count() -> None:
    done = [Sweep(number=1, of=1, at=drills.NOW)]
    assert sweep.covered_since(done, 1) == drills.NOW
    assert sweep.covered_since(done, 2) is None
