"""What the llama engine does vLLM does too: the same tests, on a GPU; and what becomes of an engine that dies."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import httpx
import pytest

from ops.services.llm_backend import probe
from ops.spec import model
from tests.services.llm_backend.test_model import (
    test_a_client_that_leaves_frees_its_slot,
    test_a_limit_of_tokens_is_kept_and_said,
    test_a_refusal_has_a_code_and_ends_the_answer,
    test_a_stop_text_ends_the_answer_and_is_not_part_of_it,
    test_a_stream_has_the_text_and_the_counts_of_the_whole_answer,
    test_many_requests_at_once_do_not_end_the_server,
    test_the_model_knows_the_capital_of_france,
    test_the_same_seed_gives_the_same_text,
    test_tokens_are_counted_as_they_come,
)
from tests.services.test_serving import (
    ai,
    gateway,
    test_a_client_that_leaves_stops_the_engine,
    test_a_full_queue_is_too_many_requests,
    test_a_limit_of_tokens_is_told_by_the_finish_reason,
    test_a_prompt_beyond_the_context_is_refused,
    test_a_question_is_answered,
    test_a_stream_says_the_same_as_the_whole_answer,
    test_text_in_any_script_survives,
)
from tests.support import triton

__all__ = [
    "ai",
    "gateway",
    "test_a_client_that_leaves_frees_its_slot",
    "test_a_client_that_leaves_stops_the_engine",
    "test_a_full_queue_is_too_many_requests",
    "test_a_limit_of_tokens_is_kept_and_said",
    "test_a_limit_of_tokens_is_told_by_the_finish_reason",
    "test_a_prompt_beyond_the_context_is_refused",
    "test_a_question_is_answered",
    "test_a_refusal_has_a_code_and_ends_the_answer",
    "test_a_stop_text_ends_the_answer_and_is_not_part_of_it",
    "test_a_stream_has_the_text_and_the_counts_of_the_whole_answer",
    "test_a_stream_says_the_same_as_the_whole_answer",
    "test_many_requests_at_once_do_not_end_the_server",
    "test_text_in_any_script_survives",
    "test_the_model_knows_the_capital_of_france",
    "test_the_same_seed_gives_the_same_text",
    "test_tokens_are_counted_as_they_come",
]

pytestmark = pytest.mark.gpu

ENGINE = "EngineCore"
"""What vLLM calls the process that computes."""


def test_both_probes_ask_the_engine(server: triton.Triton) -> None:
    probe.readiness(target(server))
    probe.liveness(target(server))


def test_a_gpus_use_is_among_the_metrics(server: triton.Triton) -> None:
    assert "nv_gpu_memory_used_bytes{" in server.metrics()


def test_weights_that_are_not_there_keep_the_server_from_starting(card: model.Model, tmp_path: Path) -> None:
    nowhere = card.model_copy(update={"path": str(tmp_path / "nothing")})
    expected = r"engine_failed: no directory of weights at \S+nothing"
    with pytest.raises(AssertionError, match=expected), triton.running(tmp_path, nowhere):
        pass


def test_a_killed_engine_fails_both_probes_though_triton_says_ready(server: triton.Triton) -> None:
    """The last test: it ends the server, as one GPU has no room for a second."""
    probe.readiness(target(server))
    for pid in engines(server):
        os.kill(pid, signal.SIGKILL)
    for check in (probe.readiness, probe.liveness):
        with pytest.raises(probe.UnhealthyError):
            check(target(server))
    assert httpx.get(f"{server.url}/v2/models/smollm2/ready", trust_env=False).status_code == 200


def target(server: triton.Triton) -> probe.Target:
    """Return what the probes are to ask."""
    return probe.Target(server.url, server.metrics_url, "smollm2", 60, 60)


def engines(server: triton.Triton) -> list[int]:
    """Return the processes below the server that compute."""
    group = os.getpgid(server.process.pid)
    found = [
        int(path.parent.name)
        for path in Path("/proc").glob("[0-9]*/cmdline")
        if ENGINE.encode() in path.read_bytes() and os.getpgid(int(path.parent.name)) == group
    ]
    assert found, f"no process is called {ENGINE}"
    return found
