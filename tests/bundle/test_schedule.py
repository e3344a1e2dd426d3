from __future__ import annotations

import dataclasses
import threading
from pathlib import Path

import pytest

from ops.bundle import program, recipe, schedule

_SECONDS = 30


def _recipe(name: str, lane: recipe.Lane, *needs: str) -> recipe.Recipe:
    return recipe.Recipe(name=name, make=lambda _: None, code=(Path(__file__),), needs=needs, lane=lane)


def _nothing(item: recipe.Recipe) -> None:
    del item


def test_needs_are_made_before_what_is_made_of_them() -> None:
    made: list[str] = []
    schedule.run(
        [
            _recipe("wheel", recipe.Lane.FETCH),
            _recipe("layer", recipe.Lane.PACK, "wheel"),
            _recipe("image", recipe.Lane.PACK, "layer", "already there"),
        ],
        fetch=_nothing,
        make=lambda item: made.append(item.name),
        runner=program.Runner(),
    )
    assert made == ["wheel", "layer", "image"]


def test_a_fetch_comes_before_its_make() -> None:
    seen: list[str] = []
    item = dataclasses.replace(_recipe("program", recipe.Lane.COMPILE), fetch=lambda _: None)
    schedule.run(
        [item],
        fetch=lambda item: seen.append(f"fetch {item.name}"),
        make=lambda item: seen.append(f"make {item.name}"),
        runner=program.Runner(),
    )
    assert seen == ["fetch program", "make program"]


def test_lanes_run_side_by_side() -> None:
    meeting = threading.Barrier(3, timeout=_SECONDS)

    def make(item: recipe.Recipe) -> None:
        del item
        meeting.wait()

    schedule.run([_recipe(lane, lane) for lane in recipe.Lane], fetch=_nothing, make=make, runner=program.Runner())


def test_one_thing_is_compiled_at_a_time() -> None:
    busy = threading.Lock()
    collisions: list[str] = []

    def make(item: recipe.Recipe) -> None:
        if not busy.acquire(blocking=False):
            collisions.append(item.name)
            return
        threading.Event().wait(0.05)
        busy.release()

    schedule.run(
        [_recipe(f"program {number}", recipe.Lane.COMPILE) for number in range(4)],
        fetch=_nothing,
        make=make,
        runner=program.Runner(),
    )
    assert collisions == []


def test_the_first_failure_ends_everything_else() -> None:
    runner = program.Runner()
    started = threading.Event()
    ended: list[str] = []

    def make(item: recipe.Recipe) -> None:
        if item.name == "long":
            started.set()
            try:
                runner.run(["sleep", "600"])
            except program.Cancelled:
                ended.append(item.name)
                raise
        assert started.wait(_SECONDS)
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        schedule.run(
            [
                _recipe("long", recipe.Lane.COMPILE),
                _recipe("failing", recipe.Lane.PACK),
                _recipe("never", recipe.Lane.COMPILE, "long"),
            ],
            fetch=_nothing,
            make=make,
            runner=runner,
        )
    assert ended == ["long"]
