"""The engine dies behind Triton's green health endpoint: the alert fires, and the liveness probe brings it back."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pytest

from tests.e2e.test_45_monitoring import ask
from tests.support import site as support

pytestmark = [pytest.mark.e2e, pytest.mark.soak]

STUB = "triton_python_b"
"""Name of Triton's process for its Python backend, as the kernel cuts it."""
HEALTH = "http://127.0.0.1:8000/v2/health/ready"
READY = f"import urllib.request; print(urllib.request.urlopen('{HEALTH}', timeout=5).status)"
FIRING = 'ALERTS{alertname=~"EngineDead|EngineStalled",alertstate="firing"}'


def firing(site: support.TestSite) -> list[Any]:
    """Return the alerts about the engine that fire."""
    found: list[Any] = ask(site, "query", query=FIRING)["result"]
    return found


def wait(what: str, seconds: float, ends: Callable[[], bool]) -> None:
    """Ask every other second until it is so."""
    deadline = time.monotonic() + seconds
    while not ends():
        assert time.monotonic() < deadline, f"not within {seconds:.0f} s: {what}"
        time.sleep(2)


def test_a_dead_engine_is_an_alert_while_triton_says_that_it_is_well(site: support.TestSite) -> None:
    assert firing(site) == []
    stopped = site.ssh("gpu1", "pkill", "-STOP", "-x", STUB)
    assert stopped.returncode == 0, "no engine was found"
    health = site.kubectl("-n", "models", "exec", "deployment/triton-smollm2", "--", "python3", "-c", READY)
    assert health.strip() == "200"
    wait("the alert fires", 180, lambda: bool(firing(site)))
    wait("the engine is started again and the alert ends", 180, lambda: not firing(site))
    assert "Paris" in site.up().stdout
