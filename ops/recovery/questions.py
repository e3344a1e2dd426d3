"""How golden questions are asked, by the backup and by the drill alike: greedy, short, one at a time. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from ops.recovery.golden import Envelope
from ops.spec import model

SEED = 7
MAX_TOKENS = 32
"""Enough to tell two models apart, and short on the slowest machine."""


def chat_body(card: model.Model, question: str) -> dict[str, object]:
    """Return the body of a chat completion that asks a golden question."""
    return {
        "model": card.name,
        "messages": [{"role": "user", "content": question}],
        "max_tokens": max_tokens(card),
        "temperature": 0,
        "seed": SEED,
    }


def max_tokens(card: model.Model) -> int:
    """Return how many tokens a golden answer of a model may have."""
    return min(MAX_TOKENS, card.max_output_tokens)


def machine(described: Iterable[str]) -> str:
    """Given what each worker says of itself, return one text; workers that differ are all named."""
    return " + ".join(sorted(set(described))) or "no worker"


def envelope(site: model.Site, card: model.Model, images: Mapping[str, str], machines: str) -> Envelope:
    """Return everything that the answers of a model depend on. `images` are digests by name."""
    image = images.get("triton", "unknown")
    return Envelope(
        model_digest=str(card.digest),
        engine=f"{card.engine.value} in {image}",
        server=f"triton {site.triton.build.value} {image}",
        machine=machines,
        threads=card.threads,
        slots=card.slots,
        temperature=0.0,
        seed=SEED,
        max_tokens=max_tokens(card),
    )
