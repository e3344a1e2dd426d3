"""How long a lab site takes: `python -m tests.bench.bench_site`. Needs root and a bundle; prints one JSON document.

Made from no machines to the model's answer, again without a change, with one more worker, and taken away; with the
peak of the anonymous and shared memory of the machines, sampled twice a second. The lab has a name of its own.
"""

from __future__ import annotations

import json
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path

from ops.adapters import process
from ops.lab import memory
from tests.support import site as support

NAME = "bench"


class Peak(threading.Thread):
    """Samples a lab's memory until it is stopped."""

    def __init__(self, lab: str) -> None:
        super().__init__(daemon=True)
        self._lab = lab
        self._ended = threading.Event()
        self.bytes = 0

    def run(self) -> None:
        """Keep the largest sum."""
        while not self._ended.wait(0.5):
            try:
                self.bytes = max(self.bytes, sum(memory.sample(self._lab).values()))
            except FileNotFoundError:
                continue  # a machine's group went away between the look and the reading

    def stop(self) -> int:
        """Return the peak in bytes."""
        self._ended.set()
        self.join()
        return self.bytes


def main() -> None:
    """Measure and print."""
    with tempfile.TemporaryDirectory() as name:
        made = support.derive(Path(name), "lab", NAME)
        _destroy(made)
        peak = Peak(NAME)
        peak.start()
        figures = {"up_seconds": _timed(made.up), "unchanged_seconds": _timed(made.up)}
        grown = support.derive(Path(name), "lab", NAME, [{"name": "gpu2", "roles": ["worker"]}])
        figures["worker_added_seconds"] = _timed(grown.up)
        figures["peak_memory_bytes"] = peak.stop()
        figures["destroy_seconds"] = _timed(lambda: _destroy(made))
    json.dump({"benchmark": "site", **figures}, sys.stdout)
    sys.stdout.write("\n")


def _timed(act: Callable[[], object]) -> float:
    started = time.monotonic()
    act()
    return round(time.monotonic() - started, 1)


def _destroy(made: support.TestSite) -> None:
    process.run([support.SITEWRIGHT, "site", "destroy", made.path, "--yes"], timeout=300)


if __name__ == "__main__":
    main()
