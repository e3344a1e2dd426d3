"""What one GPU gives through gateway and Triton, and by vLLM's own server.

    SITEWRIGHT_GPU_WEIGHTS=DIRECTORY python3 -m tests.gpu.measure [CLIENTS ...]

Each client asks one question after another and streams the answer. JSON lines go to stdout; of each server the first
line with clients is a warm-up.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import openai

from tests.gpu import cards
from tests.services import gateway_process
from tests.support import triton

ANSWER_TOKENS = 256
QUESTIONS_EACH = 4
SLOTS = 256
CONTEXT_TOKENS = 2048
PORT = 8011
START_SECONDS = 300
PROMPT = "Once upon a time there was a machine that"


async def ask(client: openai.AsyncOpenAI, seed: int) -> tuple[float, float, int]:
    """Return the seconds to the first token and to the last, and how many there were."""
    options: Any = {"stream_options": {"include_usage": True}}
    started = time.monotonic()
    first = 0.0
    tokens = 0
    stream = await client.completions.create(
        model="smollm2", prompt=PROMPT, max_tokens=ANSWER_TOKENS, temperature=1, seed=seed, stream=True, **options
    )
    async for chunk in stream:
        first = first or time.monotonic() - started
        tokens = chunk.usage.completion_tokens if chunk.usage else tokens
    return first, time.monotonic() - started, tokens


async def load(url: str, clients: int) -> dict[str, object]:
    """Let so many clients ask and return what came."""
    async with openai.AsyncOpenAI(base_url=url, api_key=gateway_process.KEY, max_retries=0, timeout=120) as client:

        async def one(number: int) -> list[tuple[float, float, int]]:
            return [await ask(client, 1000 * number + turn) for turn in range(QUESTIONS_EACH)]

        started = time.monotonic()
        answers = [answer for group in await asyncio.gather(*map(one, range(clients))) for answer in group]
        seconds = time.monotonic() - started
    firsts = sorted(first for first, _, _ in answers)
    tokens = sum(count for _, _, count in answers)
    return {
        "clients": clients,
        "answers": len(answers),
        "tokens_per_second": round(tokens / seconds),
        "first_token_ms_p50": round(1000 * statistics.median(firsts), 1),
        "first_token_ms_p95": round(1000 * firsts[int(0.95 * (len(firsts) - 1))], 1),
        "tokens_per_second_of_one": round(statistics.median((n - 1) / (last - first) for first, last, n in answers)),
    }


@contextlib.contextmanager
def ours(scratch: Path) -> Iterator[str]:
    """Yield the URL of our gateway before Triton before vLLM."""
    card = cards.card(slots=SLOTS, queue=SLOTS, context_tokens=CONTEXT_TOKENS)
    limits = {"max_in_flight": 2 * SLOTS, "max_in_flight_per_key": 2 * SLOTS}
    with triton.running(scratch, card) as server, gateway_process.running(scratch, server.url, limits) as gateway:
        yield gateway.api


@contextlib.contextmanager
def bare(scratch: Path) -> Iterator[str]:
    """Yield the URL of vLLM's own server, with the same limits."""
    options = {
        "model": os.environ["SITEWRIGHT_GPU_WEIGHTS"],
        "served-model-name": "smollm2",
        "max-num-seqs": SLOTS,
        "max-model-len": CONTEXT_TOKENS,
        "gpu-memory-utilization": 0.9,
        "host": "127.0.0.1",
        "port": PORT,
    }
    words = [word for name, value in options.items() for word in (f"--{name}", str(value))]
    with (scratch / "vllm.log").open("wb") as log:
        argv = [sys.executable, "-m", "vllm.entrypoints.openai.api_server", "--disable-log-stats", *words]
        process = subprocess.Popen(argv, stdout=log, stderr=log)
        try:
            wait_until_ready(process)
            yield f"http://127.0.0.1:{PORT}/v1"
        finally:
            process.terminate()
            process.wait(60)


def wait_until_ready(process: subprocess.Popen[bytes]) -> None:
    """Wait until vLLM's server answers."""
    for _ in range(START_SECONDS):
        if process.poll() is not None:
            break
        with contextlib.suppress(httpx.TransportError):
            if httpx.get(f"http://127.0.0.1:{PORT}/health", trust_env=False).is_success:
                return
        time.sleep(1)
    raise SystemExit("vLLM's own server does not answer")


def main() -> None:
    """Start both in turn, warm them up, and print a line for each number of clients."""
    for name, start in (("bare", bare), ("ours", ours)):
        with tempfile.TemporaryDirectory() as scratch:
            began = time.monotonic()
            with start(Path(scratch)) as url:
                say({"server": name, "start_seconds": round(time.monotonic() - began, 1)})
                for clients in [4, *map(int, sys.argv[1:] or ["1", "64"])]:
                    say({"server": name, **asyncio.run(load(url, clients))})


def say(line: dict[str, object]) -> None:
    """Print a line of JSON."""
    sys.stdout.write(json.dumps(line) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
