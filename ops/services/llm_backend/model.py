"""The python model that Triton loads: it puts requests into the line and tensors around answers."""

from __future__ import annotations

import importlib
import json
from typing import Any

import numpy  # type: ignore[import-not-found]  # installed in the Triton image only
import triton_python_backend_utils as pb_utils

from . import request as requests
from . import settings
from .errors import GenerationError
from .generation import Generation
from .line import Line
from .listener import Outcome
from .meters import TritonMeters
from .reply import Guarded


class TritonPythonModel:
    """Triton's contract: initialize once, execute for each batch of requests, finalize once."""

    def initialize(self, arguments: dict[str, str]) -> None:
        """Load the engine. An exception makes Triton refuse the model with its text."""
        parameters = json.loads(arguments["model_config"])["parameters"]
        self._settings = settings.parse({name: value["string_value"] for name, value in parameters.items()})
        labels = {"model": arguments["model_name"], "version": arguments["model_version"]}
        self._meters = TritonMeters(pb_utils, labels)
        # An image holds the libraries of one engine only.
        self._engine = importlib.import_module(f".{self._settings.engine}_engine", __package__).Engine(self._settings)
        self._line = Line(self._settings.slots, self._settings.queue, self._meters.line)

    def execute(self, batch: list[Any]) -> None:
        """Admit or refuse each request, and return before any is answered."""
        for triton_request in batch:
            reply = Guarded(_Reply(triton_request.get_response_sender()))
            text = pb_utils.get_input_tensor_by_name(triton_request, "request").as_numpy().reshape(-1)[0]
            try:
                request = requests.parse(text, self._settings.max_output_tokens)
                self._line.admit(Generation(self._engine, request, reply, self._meters))
            except GenerationError as fault:
                reply.fault(fault)

    def finalize(self) -> None:
        """Refuse what waits, finish what runs, free the model."""
        self._line.close()
        self._engine.close()


class _Reply:
    """A Reply over Triton's response sender. Without the final flag a client waits for ever."""

    def __init__(self, sender: Any) -> None:
        self._sender = sender

    def piece(self, text: str) -> None:
        self._sender.send(pb_utils.InferenceResponse([_text("text_output", text)]))

    def last(self, text: str, outcome: Outcome) -> None:
        tensors = [
            _text("text_output", text),
            _number("num_input_tokens", outcome.prompt_tokens),
            _number("num_output_tokens", outcome.generated_tokens),
            _text("finish_reason", outcome.finish_reason),
        ]
        self._end(pb_utils.InferenceResponse(tensors))

    def fault(self, fault: GenerationError) -> None:
        self._end(pb_utils.InferenceResponse([], error=pb_utils.TritonError(str(fault))))

    def drop(self) -> None:
        self._sender.send(flags=pb_utils.TRITONSERVER_RESPONSE_COMPLETE_FINAL)

    def cancelled(self) -> bool:
        return bool(self._sender.is_cancelled())

    def _end(self, response: Any) -> None:
        self._sender.send(response, flags=pb_utils.TRITONSERVER_RESPONSE_COMPLETE_FINAL)


def _text(name: str, value: str) -> Any:
    return pb_utils.Tensor(name, numpy.array([value.encode()], dtype=numpy.object_))


def _number(name: str, value: int) -> Any:
    return pb_utils.Tensor(name, numpy.array([value], dtype=numpy.uint32))
