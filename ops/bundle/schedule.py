"""Works through recipes: each when its needs are done, the lanes side by side, all ended when one fails."""

from __future__ import annotations

import concurrent.futures
from collections.abc import Callable, Mapping, Sequence

from ops.bundle import program, recipe

_WORKERS = {recipe.Lane.COMPILE: 1, recipe.Lane.FETCH: 5, recipe.Lane.PACK: 2}

_POLL_SECONDS = 0.5
"""How soon an interrupt from the keyboard is noticed."""


def run(
    recipes: Sequence[recipe.Recipe],
    *,
    fetch: Callable[[recipe.Recipe], None],
    make: Callable[[recipe.Recipe], None],
    runner: program.Runner,
) -> None:
    """Given recipes with needs first, call `fetch` and `make` for each, in the threads of its lane.

    Needs that are not among the recipes count as done. Raise the first failure after all else has been ended.
    """
    executors = {lane: concurrent.futures.ThreadPoolExecutor(count, lane) for lane, count in _WORKERS.items()}
    try:
        _drive(recipes, executors, fetch, make)
    except BaseException:
        runner.cancel()
        raise
    finally:
        for executor in executors.values():
            executor.shutdown(cancel_futures=True)


Executors = Mapping[recipe.Lane, concurrent.futures.Executor]


def _drive(
    recipes: Sequence[recipe.Recipe],
    executors: Executors,
    fetch: Callable[[recipe.Recipe], None],
    make: Callable[[recipe.Recipe], None],
) -> None:
    """Submit what is ready, wait for something to end, until all is made. Raise the first failure."""
    names = {item.name for item in recipes}
    made: set[str] = set()
    submitted: set[str] = set()
    making: dict[concurrent.futures.Future[None], recipe.Recipe] = {}
    fetching: dict[concurrent.futures.Future[None], recipe.Recipe] = {}
    while len(made) < len(recipes):
        for item in recipes:
            if item.name in submitted or any(need in names and need not in made for need in item.needs):
                continue
            submitted.add(item.name)
            if item.fetch is None:
                making[executors[item.lane].submit(make, item)] = item
            else:
                fetching[executors[recipe.Lane.FETCH].submit(fetch, item)] = item
        done, _ = concurrent.futures.wait(
            [*making, *fetching], timeout=_POLL_SECONDS, return_when=concurrent.futures.FIRST_COMPLETED
        )
        for future in done:
            future.result()
            if future in making:
                made.add(making.pop(future).name)
            else:
                item = fetching.pop(future)
                making[executors[item.lane].submit(make, item)] = item
