"""Triton's model repository for one model card, as texts by ConfigMap key."""

from __future__ import annotations

from pathlib import PurePosixPath

from ops.spec import model

WEIGHTS = "/weights"
_KINDS = {model.Engine.LLAMA: "KIND_CPU", model.Engine.VLLM: "KIND_MODEL"}
"""Which devices Triton gives an instance; KIND_MODEL leaves the choice to the engine (model configuration, Triton)."""

_MODEL_PY = '''"""Where Triton enters; the backend itself is in the image."""

import sys

sys.path[:0] = ["/opt/sitewright", "/opt/site-packages"]

from llm_backend.model import TritonPythonModel  # noqa: E402

__all__ = ["TritonPythonModel"]
'''


def files(card: model.Model) -> dict[str, str]:
    """Return the repository's files by ConfigMap key."""
    return {"config.pbtxt": _configuration(card), "model.py": _MODEL_PY}


def paths(card: model.Model) -> dict[str, str]:
    """Return where each key lies under the repository's root."""
    return {"config.pbtxt": f"{card.name}/config.pbtxt", "model.py": f"{card.name}/1/model.py"}


def weights(card: model.Model) -> str:
    """Return the path of a model's weights inside the pod: llama.cpp's file, vLLM's directory."""
    if card.engine is model.Engine.VLLM:
        return WEIGHTS
    return f"{WEIGHTS}/{PurePosixPath(card.path or '').name}"


def _parameter(key: str, value: object) -> str:
    return f'parameters: {{ key: "{key}" value: {{ string_value: "{value}" }} }}'


def _configuration(card: model.Model) -> str:
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
        f"instance_group [ {{ count: 1 kind: {_KINDS[card.engine]} }} ]",
        _parameter("engine", card.engine.value),
        _parameter("weights", weights(card)),
        _parameter("context_tokens", card.context_tokens),
        _parameter("max_output_tokens", card.max_output_tokens),
        _parameter("slots", card.slots),
        _parameter("queue", card.queue),
        _parameter("threads", card.threads),
        _parameter("accelerators", card.accelerators),
    ]
    return "\n".join(lines) + "\n"
