"""What `validate` and `show` answer, as text and as JSON."""

from __future__ import annotations

from ops.actions.show import Shown
from ops.actions.validate import Verdict
from ops.report import json_document, table


def verdict_text(verdict: Verdict) -> str:
    """Return one line about a sound spec."""
    kind = "lab" if verdict.is_lab else "real site"
    nodes = "1 node" if verdict.nodes == 1 else f"{verdict.nodes} nodes"
    return f"{verdict.path} is sound: {kind} '{verdict.site}', {nodes}, serves {', '.join(verdict.models)}\n"


def verdict_json(verdict: Verdict) -> str:
    """Return the document about a sound spec."""
    content = {
        "site": verdict.site,
        "path": verdict.path,
        "lab": verdict.is_lab,
        "nodes": verdict.nodes,
        "models": list(verdict.models),
    }
    return json_document.render(content)


def shown_text(shown: Shown) -> str:
    """Return the effective spec, one value a line, with where it comes from."""
    rows = [(value.path, value.text, value.origin) for value in shown.values]
    return table.render(rows, ("key", "value", "from"))


def shown_json(shown: Shown) -> str:
    """Return the effective spec as it could stand in a file, and the origin of each value by its path."""
    origins = {value.path: value.origin for value in shown.values}
    return json_document.render({"site": shown.site, "path": shown.path, "spec": shown.spec, "origins": origins})
