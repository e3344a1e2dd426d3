"""Triton's model repository for one model card, as texts by ConfigMap key."""

from __future__ import annotations

import json
from pathlib import PurePosixPath

from ops.spec import model

WEIGHTS = "/weights"
GPU_MEMORY_SHARE = 0.9
"""Share of a GPU's memory that vLLM takes (its own default, `gpu_memory_utilization`)."""

_MODEL_PY = '''"""Where Triton enters; the backend itself is in the image."""

import sys

sys.path[:0] = ["/opt/sitewright", "/opt/site-packages"]

from llama_backend.model import TritonPythonModel  # noqa: E402

__all__ = ["TritonPythonModel"]
'''


def files(card: model.Model) -> dict[str, str]:
    """Return the repository's files by ConfigMap key."""
    if card.engine is model.Engine.LLAMA:
        return {"config.pbtxt": _llama(card), "model.py": _MODEL_PY}
    return {"config.pbtxt": _vllm(card), "model.json": vllm_engine(card)}


def paths(card: model.Model) -> dict[str, str]:
    """Return where each key lies under the repository's root."""
    code = "model.py" if card.engine is model.Engine.LLAMA else "model.json"
    return {"config.pbtxt": f"{card.name}/config.pbtxt", code: f"{card.name}/1/{code}"}


def weights_file(card: model.Model) -> str:
    """Return the path of a llama.cpp model's weights inside the pod."""
    return f"{WEIGHTS}/{PurePosixPath(card.path or '').name}"


def _parameter(key: str, value: object) -> str:
    return f'parameters: {{ key: "{key}" value: {{ string_value: "{value}" }} }}'


def _llama(card: model.Model) -> str:
    lines = [
        f'name: "{card.name}"',
        'backend: "python"',
        "max_batch_size: 0",
        "model_transaction_policy { decoupled: true }",
        'input [ { name: "request" data_type: TYPE_STRING dims: [ 1 ] } ]',
        "output [",
        '  { name: "text_output" data_type: TYPE_STRING dims: [ 1 ] },',
        '  { name: "finish_reason" data_type: TYPE_STRING dims: [ 1 ] },',
        '  { name: "num_input_tokens" data_type: TYPE_UINT32 dims: [ 1 ] },',
        '  { name: "num_output_tokens" data_type: TYPE_UINT32 dims: [ 1 ] }',
        "]",
        "instance_group [ { count: 1 kind: KIND_CPU } ]",
        _parameter("weights", weights_file(card)),
        _parameter("context_tokens", card.context_tokens),
        _parameter("max_output_tokens", card.max_output_tokens),
        _parameter("slots", card.slots),
        _parameter("queue", card.queue),
        _parameter("threads", card.threads),
    ]
    return "\n".join(lines) + "\n"


def _vllm(card: model.Model) -> str:
    lines = [
        f'name: "{card.name}"',
        'backend: "vllm"',
        "instance_group [ { count: 1 kind: KIND_MODEL } ]",
        _parameter("REPORT_CUSTOM_METRICS", "true"),
    ]
    return "\n".join(lines) + "\n"


def vllm_engine(card: model.Model) -> str:
    """Return the engine arguments of Triton's vLLM backend (vllm_backend README, "model.json")."""
    arguments = {
        "model": WEIGHTS,
        "served_model_name": card.name,
        "tensor_parallel_size": max(card.accelerators, 1),
        "max_model_len": card.context_tokens,
        "max_num_seqs": card.slots,
        "gpu_memory_utilization": GPU_MEMORY_SHARE,
        "disable_log_stats": False,
        "trust_remote_code": False,
    }
    return json.dumps(arguments, indent=2, sort_keys=True) + "\n"
