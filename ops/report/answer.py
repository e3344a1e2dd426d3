"""A site that answers, as text."""

from __future__ import annotations

from ops.actions import site as action


def text(made: action.Made) -> str:
    """Return question, answer and speed, and what to type next."""
    answer = made.answer
    return (
        f"{answer.model} at {made.url}\n"
        f"  asked:    {answer.question}\n"
        f"  answered: {answer.text}\n"
        f"  first token {answer.first_token_seconds:.2f} s, {answer.completion_tokens} tokens, "
        f"{answer.tokens_per_second:.1f} tokens/s\n"
        f'next: eval "$(sitewright env {made.site.name})"\n'
    )
