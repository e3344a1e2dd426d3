from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from ops import errors
from ops.actions import prepare, status
from ops.adapters import gateway, kubernetes_nodes
from ops.spec import loader
from tests.spec import overlay

_ANSWER = {
    "model": "llama-70b",
    "question": "What is 2+3?",
    "text": "5.",
    "first_token_seconds": 0.2,
    "total_seconds": 0.5,
    "completion_tokens": 10,
    "tokens_per_second": 20.0,
    "time": 1795500000.0,
}


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """Return the path of a real site's spec whose cluster was made."""
    monkeypatch.setenv("OPENAI_API_KEY", "sk-mine")
    written = overlay.write(overlay.base("real"), tmp_path)
    space = prepare.workspace(loader.load(written))
    space.state.mkdir(parents=True)
    (space.state / "kubeconfig").touch()
    return str(written)


def _answers(monkeypatch: pytest.MonkeyPatch, ready: dict[str, bool], served: frozenset[str]) -> None:
    monkeypatch.setattr(kubernetes_nodes, "readiness", lambda _path, *, timeout: ready)
    monkeypatch.setattr(gateway, "served_models", lambda _url, _trust, _key, *, timeout: served)


def _fails(error: errors.SitewrightError) -> Callable[..., object]:
    def fail(*_words: object, **_named: object) -> object:
        raise error

    return fail


_ALL_READY = {"cp1": True, "gpu1": True, "gpu2": True}


def test_a_site_that_answers_has_no_problems(path: str, monkeypatch: pytest.MonkeyPatch) -> None:
    _answers(monkeypatch, _ALL_READY, frozenset({"llama-70b"}))
    found = status.status(path)
    assert found.problems == ()
    assert [(node.name, node.machine, node.ready) for node in found.nodes][:2] == [
        ("infra1", None, None),
        ("cp1", None, True),
    ]
    assert found.models == (status.ModelStatus("llama-70b", True),)


def test_nodes_that_are_not_ready_and_models_that_are_not_served_are_problems(
    path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    _answers(monkeypatch, {"cp1": True, "gpu1": False}, frozenset())
    problems = [problem.what for problem in status.status(path).problems]
    assert problems == [
        "node gpu1 is not ready",
        "node gpu2 is not in the cluster",
        "the gateway does not serve llama-70b",
    ]


def test_a_silent_cluster_does_not_keep_the_gateway_from_being_asked(
    path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    _answers(monkeypatch, {}, frozenset({"llama-70b"}))
    silent = errors.UnreachableError("silent", where="api", mend="wait")
    monkeypatch.setattr(kubernetes_nodes, "readiness", _fails(silent))
    found = status.status(path)
    assert found.problems == (silent,)
    assert found.models[0].is_served


def test_without_a_key_the_gateway_is_not_asked(path: str, monkeypatch: pytest.MonkeyPatch) -> None:
    _answers(monkeypatch, _ALL_READY, frozenset())
    monkeypatch.delenv("OPENAI_API_KEY")
    (problem,) = status.status(path).problems
    assert isinstance(problem, errors.CredentialError)


def test_the_last_answer_is_the_one_written_down(path: str, monkeypatch: pytest.MonkeyPatch) -> None:
    _answers(monkeypatch, _ALL_READY, frozenset({"llama-70b"}))
    record = prepare.workspace(loader.load(Path(path))).state / "last_answer.json"
    record.write_text(json.dumps(_ANSWER))
    answer = status.status(path).last_answer
    assert answer == status.LastAnswer("llama-70b", "5.", "2026-11-24T06:00:00+00:00", 0.5, 20.0)
    for broken in ("", "[]", "{}", '{"time": "x"}'):
        record.write_text(broken)
        assert status.status(path).last_answer is None


def test_a_lab_that_was_never_made_is_not_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SITEWRIGHT_LAB", "never-made")
    found = status.status(str(overlay.write(overlay.base("lab"), tmp_path)))
    assert [problem.exit_code for problem in found.problems] == [errors.NotFoundError.exit_code]
    assert {node.machine for node in found.nodes} == {"absent"}
