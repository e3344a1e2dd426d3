"""Plain ansible-playbook takes the site's lock: the real program, an inventory of a site, one play on this host."""

from __future__ import annotations

import os
from pathlib import Path

from ops import spec
from ops.adapters import process, site_lock
from ops.spec import locate, places

PLAYBOOK = Path(__file__).with_name("site_lock_play.yml")
LOCKED = 11


def ansible(*words: str | Path, joined: bool) -> process.Completed:
    environment = dict(os.environ)
    if not joined:
        environment.pop(site_lock.TOKEN_VARIABLE, None)
    return process.run(
        [places.PROJECT_ROOT / ".venv/bin/ansible-playbook", *words, PLAYBOOK],
        timeout=120,
        expect=(0, LOCKED),
        environment=environment,
        directory=places.PROJECT_ROOT,
    )


def test_a_playbook_waits_for_nobody_joins_its_own_run_and_looks_without_a_lock() -> None:
    inventory = locate.resolve("lab")
    assert ansible("-i", inventory, joined=False).returncode == 0
    with site_lock.hold(places.state_directory(spec.load(inventory).name)):
        refused = ansible("-i", inventory, joined=False)
        assert refused.returncode == LOCKED
        assert f"process {os.getpid()}" in refused.stderr
        assert "ran on" not in refused.stdout
        assert ansible("-i", inventory, joined=True).returncode == 0
        assert ansible("-i", inventory, "--check", joined=False).returncode == 0
