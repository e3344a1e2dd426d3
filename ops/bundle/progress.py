"""Tells people how far a build is: step k of n, what it does, time gone, time expected to be left."""

from __future__ import annotations

import dataclasses
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from typing import Protocol, TextIO

from ops.bundle import recipe

_TICK_SECONDS = 1.0
_HEARTBEAT_SECONDS = 60.0
"""Without a terminal, a running step is named again this often."""


@dataclasses.dataclass(frozen=True)
class Step:
    """One artifact that must be made."""

    name: str
    lane: recipe.Lane
    seconds: float


@dataclasses.dataclass(frozen=True)
class Running:
    """A step that has begun, and how many seconds ago."""

    step: Step
    elapsed: float


class Progress(Protocol):
    """What a build tells while it works; called from several threads."""

    def plan(self, steps: Sequence[Step]) -> None:
        """Take the steps that are to be done."""

    def begin(self, name: str) -> None:
        """Note that a step starts."""

    def end(self, name: str) -> None:
        """Note that a step is done."""

    def say(self, text: str) -> None:
        """Show a sentence that is not about a step."""

    def close(self) -> None:
        """Stop showing."""


class Silent:
    """Tells nothing."""

    def plan(self, steps: Sequence[Step]) -> None:
        """Tell nothing."""

    def begin(self, name: str) -> None:
        """Tell nothing."""

    def end(self, name: str) -> None:
        """Tell nothing."""

    def say(self, text: str) -> None:
        """Tell nothing."""

    def close(self) -> None:
        """Tell nothing."""


def expected_left(waiting: Iterable[Step], running: Iterable[Running], pace: float) -> float:
    """Return the expected seconds to the end of the build, never negative.

    Lanes run side by side, so the longest one decides. `pace` is how much slower this machine has been
    than the recorded times say; a running step that is late counts as about to end.
    """
    left = dict.fromkeys(recipe.Lane, 0.0)
    for step in waiting:
        left[step.lane] += step.seconds * pace
    for item in running:
        left[item.step.lane] += max(0.0, item.step.seconds * pace - item.elapsed)
    return max(left.values())


def pace_of(done: Iterable[Running]) -> float:
    """Given finished steps with their real seconds, return real over recorded time.

    It begins at 1 and moves as steps finish: the first few, short and beside others, say little.
    """
    real = recorded = _PRIOR_SECONDS
    for item in done:
        real += item.elapsed
        recorded += item.step.seconds
    return real / recorded


_PRIOR_SECONDS = 120.0
"""How many recorded seconds must be done before they weigh as much as the expectation that the record is right."""


def clock(seconds: float) -> str:
    """Given seconds, return `m:ss` or `h:mm:ss`."""
    minutes, second = divmod(round(seconds), 60)
    hours, minute = divmod(minutes, 60)
    return f"{hours}:{minute:02}:{second:02}" if hours else f"{minute}:{second:02}"


class Display:
    """Shows progress on a stream: one line that changes on a terminal, a line for each event elsewhere."""

    def __init__(self, stream: TextIO, now: Callable[[], float] = time.monotonic) -> None:
        self._stream = stream
        self._now = now
        self._changing = stream.isatty()
        self._lock = threading.Lock()
        self._closed = threading.Event()
        self._started = now()
        self._steps: dict[str, Step] = {}
        self._begun: dict[str, float] = {}
        self._done: list[Running] = []
        self._ticker = threading.Thread(target=self._tick, daemon=True)

    def plan(self, steps: Sequence[Step]) -> None:
        """Take the steps that are to be done, and start the clock."""
        with self._lock:
            self._steps = {step.name: step for step in steps}
            self._started = self._now()
        self._ticker.start()

    def begin(self, name: str) -> None:
        """Note that a step starts."""
        with self._lock:
            self._begun[name] = self._now()
            self._show(f"building {name}")

    def end(self, name: str) -> None:
        """Note that a step is done."""
        with self._lock:
            elapsed = self._now() - self._begun.pop(name)
            self._done.append(Running(self._steps[name], elapsed))
            self._show(f"built {name} in {clock(elapsed)}")

    def say(self, text: str) -> None:
        """Show a sentence on a line of its own."""
        with self._lock:
            self._write(text, stays=True)

    def close(self) -> None:
        """Leave the cursor on a fresh line and stop the clock."""
        self._closed.set()
        with self._lock:
            if self._changing and self._steps:
                self._stream.write("\n")
                self._stream.flush()

    def _tick(self) -> None:
        while not self._closed.wait(_TICK_SECONDS if self._changing else _HEARTBEAT_SECONDS):
            with self._lock:
                self._show(f"building {', '.join(self._begun)}" if self._begun else "waiting")

    def _show(self, what: str) -> None:
        running = [Running(self._steps[name], self._now() - since) for name, since in self._begun.items()]
        finished = {item.step.name for item in self._done}
        waiting = [step for name, step in self._steps.items() if name not in finished and name not in self._begun]
        left = expected_left(waiting, running, pace_of(self._done))
        number = min(len(self._steps), len(finished) + len(running))
        gone = self._now() - self._started
        text = f"step {number} of {len(self._steps)}  {what}  {clock(gone)} gone  {clock(left)} left"
        self._write(text, stays=False)

    def _write(self, text: str, *, stays: bool) -> None:
        # ESC [ K clears to the end of the line (ECMA-48 EL).
        line = f"\r{text}\x1b[K" if self._changing else text
        self._stream.write(line if self._changing and not stays else f"{line}\n")
        self._stream.flush()
