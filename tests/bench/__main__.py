"""Run the benchmarks: `python -m tests.bench`. One JSON document a line on stdout; docs/benchmarks.md quotes them."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent


def main() -> int:
    """Run each benchmark of this folder in a process of its own; return the first bad exit code."""
    for path in sorted(HERE.glob("bench_*.py")):
        sys.stderr.write(f"== {path.stem}\n")
        code = subprocess.run([sys.executable, "-m", f"tests.bench.{path.stem}"], check=False, timeout=1800).returncode
        if code != 0:
            return code
    return 0


if __name__ == "__main__":
    sys.exit(main())
