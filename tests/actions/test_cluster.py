from __future__ import annotations

import threading

import pytest

from ops import errors
from ops.actions import cluster
from ops.adapters import kubernetes
from ops.spec import places

SITE = "inventory/lab/site.yml"


def write(text: str) -> None:
    path = places.state_directory("lab") / "kubeconfig"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def test_before_the_roles_have_run_there_is_no_kubeconfig() -> None:
    assert cluster.kubeconfig(SITE) is None
    with pytest.raises(errors.UnreachableError, match="no kubeconfig yet"):
        cluster.reach(SITE)


def test_waiting_ends_when_the_api_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    write("text")
    answers = [errors.UnreachableError("not yet", where="api", mend="wait"), None]

    def ready(_text: str) -> None:
        answer = answers.pop(0)
        if answer is not None:
            raise answer

    monkeypatch.setattr(kubernetes, "ready", ready)
    said: list[str] = []
    assert cluster.wait(SITE, said.append, threading.Event()) == "text"
    assert said == ["waiting for the Kubernetes API: not yet"]


def test_waiting_ends_when_the_run_is_cancelled() -> None:
    cancelled = threading.Event()
    cancelled.set()
    with pytest.raises(errors.UnreachableError):
        cluster.wait(SITE, lambda _line: None, cancelled)


def test_waiting_has_a_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cluster, "WAIT_SECONDS", 0.0)
    with pytest.raises(errors.TimeoutExpiredError, match="did not answer within 0 s: the site has no kubeconfig yet"):
        cluster.wait(SITE, lambda _line: None, threading.Event())
