"""What a machine lacks is said all at once, before anything is changed."""

from __future__ import annotations

import dataclasses

import pytest

from ops.checks import prerequisites

GOOD = prerequisites.Machine(
    is_root=True,
    python=prerequisites.PYTHON,
    memory=prerequisites.MEMORY,
    free_disk=prerequisites.DISK_COLD,
    has_bundle=False,
    processor_flags=frozenset({"avx2"}),
    debian="12",
    cache="/var/cache",
)


def test_a_machine_that_just_meets_every_limit_lacks_nothing() -> None:
    assert prerequisites.judge(GOOD) == []


@pytest.mark.parametrize(
    ("change", "where"),
    [
        ({"is_root": False}, "user id"),
        ({"python": (3, 10)}, "python3"),
        ({"debian": "11"}, "/etc/os-release"),
        ({"debian": "ubuntu"}, "/etc/os-release"),
        ({"memory": prerequisites.MEMORY - 1}, "/proc/meminfo"),
        ({"free_disk": prerequisites.DISK_COLD - 1}, "/var/cache"),
        ({"processor_flags": frozenset({"avx"})}, "/proc/cpuinfo"),
    ],
)
def test_each_lack_is_found_with_its_place_and_mend(change: dict[str, object], where: str) -> None:
    (finding,) = prerequisites.judge(dataclasses.replace(GOOD, **change))  # type: ignore[arg-type]
    assert finding.where == where
    assert finding.mend


def test_a_machine_with_the_bundle_needs_less_disk() -> None:
    warm = dataclasses.replace(GOOD, has_bundle=True, free_disk=prerequisites.DISK_WARM)
    assert prerequisites.judge(warm) == []


def test_several_lacks_are_told_at_once() -> None:
    poor = dataclasses.replace(GOOD, is_root=False, memory=0, processor_flags=frozenset())
    assert len(prerequisites.judge(poor)) == 3
