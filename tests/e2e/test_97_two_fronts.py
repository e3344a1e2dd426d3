"""Two infra nodes: the virtual address moves when its holder loses its load balancer or its power, and only then."""

from __future__ import annotations

import contextlib
import ssl
import threading
import time
from collections.abc import Iterator

import httpx
import pytest

from ops.lab import machine, spec
from tests.support import site as support

pytestmark = [pytest.mark.e2e, pytest.mark.soak]

FRONTS = ("infra1", "infra2")
AWAY_SECONDS = 8.0
"""How long nobody may answer: a dead load balancer is seen after two looks, a dead machine after three silent beats."""
WATCHED_SECONDS = 20.0
_PATIENCE_SECONDS = 1.0


@pytest.fixture(scope="module")
def fronts(tmp_path_factory: pytest.TempPathFactory) -> Iterator[support.TestSite]:
    """Yield a site with two infra nodes that answers at its virtual address."""
    second: dict[str, object] = {"name": FRONTS[1], "roles": ["infra"]}
    made = support.derive(tmp_path_factory.mktemp("fronts"), "lab", "test-fronts", [second])
    with support.standing(made):
        yield made


class Watch:
    """Asks the gateway again and again, each time by a new connection, and keeps when it answered."""

    def __init__(self, site: support.TestSite) -> None:
        exported = site.environment()
        self._url = f"{exported['OPENAI_BASE_URL']}/models"
        self._headers = {"authorization": f"Bearer {exported['OPENAI_API_KEY']}"}
        self._trust = ssl.create_default_context(cafile=exported["SSL_CERT_FILE"])
        self._answered: list[float] = []
        self._stop = threading.Event()

    @property
    def longest(self) -> float:
        """Seconds of the longest time between two answers."""
        pairs = zip(self._answered, self._answered[1:], strict=False)
        return max(later - earlier for earlier, later in pairs)

    @contextlib.contextmanager
    def running(self) -> Iterator[None]:
        """Ask while the block runs and some time longer."""
        thread = threading.Thread(target=self._ask_on)
        thread.start()
        try:
            yield
            time.sleep(WATCHED_SECONDS)
        finally:
            self._stop.set()
            thread.join()

    def _ask_on(self) -> None:
        while not self._stop.wait(0.1):
            with contextlib.suppress(httpx.TransportError):
                answer = httpx.get(self._url, headers=self._headers, verify=self._trust, timeout=_PATIENCE_SECONDS)
                if answer.status_code == httpx.codes.OK:
                    self._answered.append(time.monotonic())


def holders(site: support.TestSite) -> list[str]:
    """Return the infra nodes that have the virtual address now."""
    words = ("ip", "-brief", "address", "show", "to", f"{site.site.network.virtual_address}/32")
    running = [name for name in FRONTS if machine.status(site.site.name, name) is spec.Status.RUNNING]
    return [name for name in running if site.ssh(name, *words).stdout.strip()]


def test_one_of_them_has_the_address_and_a_second_run_changes_nothing(fronts: support.TestSite) -> None:
    assert len(holders(fronts)) == 1
    assert "unchanged" in fronts.up().stdout


def test_a_load_balancer_that_stops_hands_the_address_over_and_gets_it_back_from_nobody(
    fronts: support.TestSite,
) -> None:
    (holder,) = holders(fronts)
    watch = Watch(fronts)
    with watch.running():
        assert fronts.ssh(holder, "systemctl", "stop", "haproxy").returncode == 0
    assert watch.longest < AWAY_SECONDS
    (other,) = holders(fronts)
    assert other != holder
    again = Watch(fronts)
    with again.running():
        assert fronts.ssh(holder, "systemctl", "start", "haproxy").returncode == 0
    assert again.longest < 2 * _PATIENCE_SECONDS
    assert holders(fronts) == [other]


def test_a_machine_that_loses_its_power_is_stood_in_for_and_brought_back(fronts: support.TestSite) -> None:
    (holder,) = holders(fronts)
    watch = Watch(fronts)
    with watch.running():
        machine.power_cut(fronts.site.name, holder)
    assert watch.longest < AWAY_SECONDS
    assert len(holders(fronts)) == 1
    assert "Paris" in fronts.up().stdout
    assert len(holders(fronts)) == 1
    assert all(machine.status(fronts.site.name, name) is spec.Status.RUNNING for name in FRONTS)
