"""Build the bundle: everything that a site installs, made or fetched once and kept in the cache."""

from __future__ import annotations

import sys
from collections.abc import Iterable

from ops.bundle import build, progress


def bundle_build(want: Iterable[str] | None = None) -> build.Bundle:
    """Given artifact names (None: all that a site needs), return them finished and checked; progress to stderr.

    Raise what ops.bundle.build.build raises.
    """
    return build.build(want, progress.Display(sys.stderr))
