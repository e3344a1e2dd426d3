"""The engine's settings, from the `parameters` of config.pbtxt."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from pathlib import Path


class SettingsError(ValueError):
    """The `parameters` of config.pbtxt cannot be used; the message names every fault."""


@dataclasses.dataclass(frozen=True)
class Settings:
    """What one engine is made of. Each field is a parameter of the same name in config.pbtxt; none has a default."""

    engine: str
    """`llama` (llama.cpp, on processors) or `vllm` (on GPUs)."""
    weights: Path
    """llama: the GGUF file. vllm: the directory of weights and tokenizer."""
    context_tokens: int
    """Tokens of prompt and answer together, for one request."""
    max_output_tokens: int
    """Tokens that one answer may have; also the default when a request does not say."""
    slots: int
    """Requests that are computed at the same time."""
    queue: int
    """Requests that may wait for a slot; one more is refused."""
    threads: int
    """Threads that compute. One a core at most: llama.cpp spins, and crawls on a core that it must share.

    vLLM has its own."""
    accelerators: int
    """GPUs that the model is spread over (tensor parallel); llama has none."""


_LEAST = {"context_tokens": 128, "max_output_tokens": 1, "slots": 1, "queue": 0, "threads": 1, "accelerators": 0}
_ENGINES = ("llama", "vllm")


def parse(parameters: Mapping[str, str]) -> Settings:
    """Given the parameters by name, return the settings. Raise SettingsError with all faults at once."""
    known = {"engine", "weights", *_LEAST}
    faults = [f"unknown parameter {name}" for name in sorted(parameters.keys() - known)]
    faults += [f"missing parameter {name}" for name in sorted(known - parameters.keys())]
    numbers: dict[str, int] = {}
    for name in sorted(_LEAST.keys() & parameters.keys()):
        text = parameters[name]
        if text.isascii() and text.isdigit() and int(text) >= _LEAST[name]:
            numbers[name] = int(text)
        else:
            faults.append(f"{name} is {text!r}, expected a whole number of at least {_LEAST[name]}")
    if parameters.get("engine", _ENGINES[0]) not in _ENGINES:
        faults.append(f"engine is {parameters['engine']!r}, expected one of {', '.join(_ENGINES)}")
    if faults:
        raise SettingsError("; ".join(faults))
    return Settings(engine=parameters["engine"], weights=Path(parameters["weights"]), **numbers)
