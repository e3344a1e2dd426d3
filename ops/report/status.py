"""What `status` answers, as text and as JSON."""

from __future__ import annotations

import dataclasses

from ops.actions.status import SiteStatus
from ops.report import failure, json_document, table

_WORDS = {True: "yes", False: "no", None: "-"}


def text(status: SiteStatus) -> str:
    """Return tables of nodes and models, and the last answer."""
    nodes = [
        (
            node.name,
            ",".join(node.roles),
            node.machine or "-",
            _WORDS[node.ready].replace("yes", "Ready").replace("no", "NotReady"),
        )
        for node in status.nodes
    ]
    models = [(model.name, _WORDS[model.is_served]) for model in status.models]
    parts = [
        f"site {status.site} at {status.url}\n",
        table.render(nodes, ("node", "roles", "machine", "kubernetes")),
        table.render(models, ("model", "served")),
        _last_answer(status),
    ]
    return "\n".join(parts)


def _last_answer(status: SiteStatus) -> str:
    answer = status.last_answer
    if answer is None:
        return "last answer: none yet\n"
    return (
        f"last answer: {answer.time}, {answer.model}, {answer.tokens_per_second:.1f} tokens/s, {answer.seconds:.2f} s\n"
        f"  {answer.text}\n"
    )


def json_text(status: SiteStatus) -> str:
    """Return the document: the same, with each problem as an error."""
    content = dataclasses.asdict(dataclasses.replace(status, problems=()))
    del content["problems"]
    problems = [entry for problem in status.problems for entry in failure.entries(problem)]
    return json_document.render(content, problems)
