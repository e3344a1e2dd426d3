"""vLLM, in processes of its own, through its asynchronous engine (vLLM 0.26, `vllm.v1.engine.async_llm`)."""

from __future__ import annotations

import asyncio
import queue
import threading
import uuid
from collections.abc import Coroutine, Mapping
from typing import Any

import jinja2
import transformers  # type: ignore[import-not-found]  # installed in the vendor's image only
from vllm.engine.arg_utils import AsyncEngineArgs  # type: ignore[import-not-found]
from vllm.sampling_params import RequestOutputKind, SamplingParams  # type: ignore[import-not-found]
from vllm.v1.engine.async_llm import AsyncLLM  # type: ignore[import-not-found]

from . import vllm_outputs
from .errors import CancelledError, Code, GenerationError
from .listener import Listener, Outcome
from .request import Request
from .settings import Settings

GPU_MEMORY_SHARE = 0.9
"""Share of a GPU's memory that vLLM takes for weights and cache (`gpu_memory_utilization`)."""

_CONTENT = {"messages", "prompt"}
"""What of a request is not an option; the options have the same names in vLLM's SamplingParams."""


class Engine:
    """One loaded model on one or more GPUs. Any number of threads may generate at once."""

    def __init__(self, settings: Settings) -> None:
        """Load the weights: minutes for large ones. Raise GenerationError(ENGINE_FAILED) when vLLM refuses them."""
        if not settings.weights.is_dir():
            raise GenerationError(Code.ENGINE_FAILED, f"no directory of weights at {settings.weights}")
        self._context = settings.context_tokens
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="vllm", daemon=True)
        self._thread.start()
        # A tokenizer is not made for two threads at once ("Already borrowed").
        self._lock = threading.Lock()
        try:
            self._tokenizer = transformers.AutoTokenizer.from_pretrained(settings.weights, local_files_only=True)
            self._llm = self._here(_load(settings))
        except (OSError, RuntimeError, ValueError) as error:
            raise GenerationError(Code.ENGINE_FAILED, f"vLLM cannot load {settings.weights}: {error}") from error

    def generate(self, request: Request, listener: Listener) -> Outcome:
        """Compute an answer while the calling thread waits; `listener` hears of it on the way.

        Raise GenerationError when vLLM refuses the request or fails, CancelledError when the listener ended it.
        """
        prompt = self._tokens(request)
        if len(prompt) >= self._context:
            message = f"the prompt has {len(prompt)} tokens and the context {self._context}"
            raise GenerationError(Code.CONTEXT_LENGTH_EXCEEDED, message)
        outputs: queue.SimpleQueue[Any] = queue.SimpleQueue()
        work = asyncio.run_coroutine_threadsafe(self._produce(prompt, request.body, outputs), self._loop)
        # Triton is spoken to in this thread: on the loop each piece of one answer would hold up all others.
        try:
            outcome = vllm_outputs.tell(outputs, listener)
        except CancelledError:
            work.cancel()
            raise
        try:
            work.result()
        except ValueError as error:
            raise GenerationError(Code.INVALID_REQUEST, str(error)) from error
        if outcome.finish_reason not in {"stop", "length"}:
            raise GenerationError(Code.ENGINE_FAILED, f"vLLM gave {outcome.finish_reason!r} for a finish reason")
        return outcome

    def close(self) -> None:
        """End vLLM's processes, which frees the GPUs."""
        self._llm.shutdown()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()

    def _here(self, work: Coroutine[Any, Any, Any]) -> Any:
        """Run a coroutine on the engine's loop and wait for it."""
        return asyncio.run_coroutine_threadsafe(work, self._loop).result()

    def _tokens(self, request: Request) -> list[int]:
        """Return the prompt's tokens, of messages by the model's own chat template."""
        try:
            with self._lock:
                if not request.chat:
                    return list(self._tokenizer(request.body["prompt"])["input_ids"])
                text = self._tokenizer.apply_chat_template(
                    request.body["messages"], add_generation_prompt=True, tokenize=False
                )
                return list(self._tokenizer(text, add_special_tokens=False)["input_ids"])
        except (ValueError, jinja2.TemplateError) as error:
            raise GenerationError(Code.INVALID_REQUEST, f"the chat template: {error}") from error

    async def _produce(self, prompt: list[int], body: Mapping[str, Any], outputs: queue.SimpleQueue[Any]) -> None:
        """Put vLLM's outputs into a queue, and nothing at the end. A cancel makes vLLM drop the request."""
        try:
            options = SamplingParams(
                **{name: value for name, value in body.items() if name not in _CONTENT},
                output_kind=RequestOutputKind.DELTA,
            )
            async for output in self._llm.generate({"prompt_token_ids": prompt}, options, uuid.uuid4().hex):
                outputs.put(output)
        finally:
            outputs.put(None)


async def _load(settings: Settings) -> Any:
    """Make the engine inside its loop, which it takes for its own."""
    return AsyncLLM.from_engine_args(
        AsyncEngineArgs(
            model=str(settings.weights),
            tensor_parallel_size=settings.accelerators,
            max_model_len=settings.context_tokens,
            max_num_seqs=settings.slots,
            gpu_memory_utilization=GPU_MEMORY_SHARE,
            trust_remote_code=False,
            disable_log_stats=True,
        )
    )
