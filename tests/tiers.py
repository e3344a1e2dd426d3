"""The tiers of tests: `python -m tests.tiers check|test|soak|bench`. Exit code 0 when all steps passed.

check: no root, no lab. test: check, then everything real on this machine. soak: what is longer.
Each step prints its time; the first that fails ends the tier and prints how to run it alone. Two steps may run at once.
"""

from __future__ import annotations

import dataclasses
import os
import shlex
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from concurrent import futures
from pathlib import Path
from typing import TextIO

ROOT = Path(__file__).resolve().parents[1]
BIN = ROOT / ".venv" / "bin"
CODE = ("ops", "stacks", "plugins", "tests")
REAL = "lab or triton or pulumi or apiserver or bundle or restic or e2e"
SOAK = "soak"


@dataclasses.dataclass(frozen=True)
class Step:
    """One command of a tier, with its time limit in seconds."""

    name: str
    argv: tuple[str, ...]
    limit: int = 600
    beside: Step | None = None
    """Runs at the same time, where this one leaves the processors idle; its output comes when both have ended."""


def pytest(name: str, expression: str, *paths: str, limit: int = 600, at_once: int = 1) -> Step:
    """Return a step that runs the tests whose markers fit an expression, in so many processes, each file in one."""
    several = ("-n", str(at_once), "--dist", "loadfile") if at_once > 1 else ()
    return Step(
        name, (str(BIN / "pytest"), "-q", "--durations=12", *several, "-m", expression, *(paths or ("tests",))), limit
    )


def check() -> list[Step]:
    """Return the steps that need neither root nor a lab."""
    return [
        Step("ruff", (str(BIN / "ruff"), "check", *CODE)),
        Step("format", (str(BIN / "ruff"), "format", "--check", *CODE)),
        Step("mypy", (str(BIN / "mypy"), *CODE)),
        Step("imports", (str(BIN / "lint-imports"),)),
        Step("yamllint", (str(BIN / "yamllint"), "--strict", ".")),
        Step("ansible-lint", (str(BIN / "ansible-lint"), "--offline", "-q")),
        pytest("unit tests", f"not ({REAL} or {SOAK})", limit=900, at_once=2),
    ]


def real() -> list[Step]:
    """Return the steps that run real parts: Pulumi, an API server, Triton, machines, a site."""
    return [
        Step("bundle", (str(BIN / "sitewright"), "bundle", "build"), 4200),
        pytest("isolation", f"lab and not {SOAK}", "tests/lab/test_isolation.py", limit=900),
        dataclasses.replace(
            pytest("site", f"e2e and not {SOAK}", limit=4200),
            # machines that start, pods that load: a site waits two fifths of its time
            beside=pytest("parts", f"({REAL}) and not e2e and not lab and not {SOAK}", limit=4200, at_once=3),
        ),
    ]


TIERS: dict[str, Callable[[], list[Step]]] = {
    "check": check,
    "test": lambda: check() + real(),
    "soak": lambda: [pytest("machines", "lab", "tests/lab", limit=7200), pytest("soak", SOAK, limit=14400)],
    "bench": lambda: [Step("benchmarks", (sys.executable, "-m", "tests.bench"), 3600)],
}


def run(steps: Sequence[Step]) -> int:
    """Run the steps in order until one fails; return the exit code."""
    for number, step in enumerate(steps, start=1):
        both = f"{step.name}, and {step.beside.name} beside it" if step.beside else step.name
        print(f"== step {number} of {len(steps)}: {both}", flush=True)
        code = run_both(step, step.beside) if step.beside else run_one(step)
        if code != 0:
            return code
    return 0


def run_both(step: Step, beside: Step) -> int:
    """Run two steps at the same time, the second at a low priority; return the exit code of one that failed, else 0."""
    with tempfile.TemporaryFile("w+", encoding="utf-8") as said:
        with futures.ThreadPoolExecutor(1) as pool:
            low = dataclasses.replace(beside, argv=("nice", *beside.argv))
            second = pool.submit(run_one, low, said)
            first = run_one(step)
        said.seek(0)
        shutil.copyfileobj(said, sys.stdout)
    return first or second.result()


def run_one(step: Step, output: TextIO = sys.stdout) -> int:
    """Run a step; say how long it took, and how to see it alone where it failed."""
    environment = {**os.environ, "PATH": f"{BIN}:{os.environ['PATH']}", "NO_COLOR": "1"}
    started = time.monotonic()
    try:
        code = subprocess.run(
            step.argv, cwd=ROOT, env=environment, timeout=step.limit, check=False, stdout=output, stderr=output
        ).returncode
    except subprocess.TimeoutExpired:
        print(f"== {step.name} did not end within {step.limit} s", file=output, flush=True)
        code = 9
    print(f"== {step.name}: exit {code} after {time.monotonic() - started:.0f} s", file=output, flush=True)
    if code != 0:
        print(f"== to see it alone: {shlex.join(step.argv)}", file=output, flush=True)
    return code


if __name__ == "__main__":
    if len(sys.argv) != 2 or sys.argv[1] not in TIERS:
        sys.exit(f"usage: python -m tests.tiers {'|'.join(TIERS)}")
    sys.exit(run(TIERS[sys.argv[1]]()))
