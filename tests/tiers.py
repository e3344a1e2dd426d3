"""The tiers of tests: `python -m tests.tiers check|test|soak|bench`. Exit code 0 when all steps passed.

check: no root, no lab. test: check, then everything real on this machine. soak: what is longer.
Each step prints its time; the first that fails ends the tier and prints how to run it alone.
"""

from __future__ import annotations

import dataclasses
import os
import shlex
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from concurrent import futures
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
BIN = ROOT / ".venv" / "bin"
CODE = ("ops", "stacks", "plugins", "tests")
REAL = "lab or triton or pulumi or apiserver or bundle or restic or e2e"
SOAK = "soak"
BESIDE = ("tests/lab/test_isolation.py", "tests/e2e_single")


@dataclasses.dataclass(frozen=True)
class Step:
    """One command of a tier, with its time limit in seconds."""

    name: str
    argv: tuple[str, ...]
    limit: int = 600
    pause: int = 0
    """Seconds to wait before it begins."""


def pytest(name: str, expression: str, *paths: str, limit: int = 600, at_once: int = 1, pause: int = 0) -> Step:
    """Return a step that runs the tests whose markers fit an expression, in so many processes, each file in one."""
    several = ("-n", str(at_once), "--dist", "loadfile") if at_once > 1 else ()
    argv = (str(BIN / "pytest"), "-q", "--durations=12", *several, "-m", expression, *(paths or ("tests",)))
    return Step(name, argv, limit, pause)


def check() -> list[Step | tuple[Step, ...]]:
    """Return the steps that need neither root nor a lab; those of a tuple run side by side."""
    return [
        Step("ruff", (str(BIN / "ruff"), "check", *CODE)),
        Step("format", (str(BIN / "ruff"), "format", "--check", *CODE)),
        Step("imports", (str(BIN / "lint-imports"),)),
        Step("yamllint", (str(BIN / "yamllint"), "--strict", ".")),
        (
            Step("mypy", (str(BIN / "mypy"), *CODE)),
            Step("ansible-lint", (str(BIN / "ansible-lint"), "--offline", "-q")),
        ),
        pytest("unit tests", f"not ({REAL} or {SOAK} or gpu)", limit=900, at_once=3),
    ]


def real() -> list[Step | tuple[Step, ...]]:
    """Return the steps that run real parts: Pulumi, an API server, Triton, machines, a site."""
    return [
        Step("bundle", (str(BIN / "sitewright"), "bundle", "build"), 4200),
        # more processes than processors: they wait for time limits and for one another's files as often as they work
        pytest("parts", f"({REAL}) and not e2e and not lab and not {SOAK}", limit=1800, at_once=5),
        # Once it stands the site of three machines leaves half of two processors idle: it waits for pods and drains.
        # Two sites that are made at once take longer than one after the other.
        (
            pytest("site", f"e2e and not {SOAK}", "tests/e2e", limit=4200),
            pytest(
                "isolation and a site of one machine", f"(lab or e2e) and not {SOAK}", *BESIDE, limit=4200, pause=240
            ),
        ),
    ]


TIERS: dict[str, Callable[[], Sequence[Step | tuple[Step, ...]]]] = {
    "check": check,
    "test": lambda: [*check(), *real()],
    "soak": lambda: [pytest("machines", "lab", "tests/lab", limit=7200), pytest("soak", SOAK, limit=14400)],
    "bench": lambda: [Step("benchmarks", (sys.executable, "-m", "tests.bench"), 3600)],
}


def run(steps: Sequence[Step | tuple[Step, ...]]) -> int:
    """Run the steps in order until one fails; return the exit code."""
    for number, entry in enumerate(steps, start=1):
        beside = entry if isinstance(entry, tuple) else (entry,)
        print(f"== step {number} of {len(steps)}: {' and '.join(step.name for step in beside)}", flush=True)
        with futures.ThreadPoolExecutor(len(beside)) as pool:
            codes = [*pool.map(one, beside, (False, *(True,) * (len(beside) - 1)))]
        for step, code in zip(beside, codes, strict=True):
            if code != 0:
                print(f"== to see it alone: {shlex.join(step.argv)}", flush=True)
                return code
    return 0


def one(step: Step, together: bool) -> int:
    """Run one step, say how it ended and return its exit code; 9 where it did not end in time.

    `together` keeps what it prints until it has ended, so that it does not mix with that of the step beside it.
    """
    environment = {**os.environ, "PATH": f"{BIN}:{os.environ['PATH']}", "NO_COLOR": "1"}
    time.sleep(step.pause)
    started = time.monotonic()
    with tempfile.TemporaryFile("w+", encoding="utf-8") as kept:
        to = kept if together else None
        try:
            code = subprocess.run(
                step.argv, cwd=ROOT, env=environment, timeout=step.limit, check=False, stdout=to, stderr=to
            ).returncode
        except subprocess.TimeoutExpired:
            print(f"== {step.name} did not end within {step.limit} s", flush=True)
            code = 9
        kept.seek(0)
        print(f"{kept.read()}== {step.name}: exit {code} after {time.monotonic() - started:.0f} s", flush=True)
    return code


if __name__ == "__main__":
    if len(sys.argv) != 2 or sys.argv[1] not in TIERS:
        sys.exit(f"usage: python -m tests.tiers {'|'.join(TIERS)}")
    sys.exit(run(TIERS[sys.argv[1]]()))
