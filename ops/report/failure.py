"""An error as a JSON document."""

from __future__ import annotations

from ops import errors
from ops.report import json_document
from ops.spec import findings


def document(error: errors.SitewrightError) -> str:
    """Return the JSON document of a command that failed; a spec's faults are one entry each."""
    return json_document.render({}, entries(error))


def entries(error: errors.SitewrightError) -> list[dict[str, object]]:
    """Return an error as entries of a JSON document: code, what, where, mend, path, line."""
    if not isinstance(error, findings.InvalidSpecError):
        return [_entry(error.code, error.what, error.where, error.mend)]
    faults = []
    for finding in error.findings:
        entry = _entry(finding.code, finding.what, error.where_of(finding), finding.mend)
        entry |= {"path": finding.path, "line": finding.line, "found": finding.found, "allowed": finding.allowed}
        faults.append(entry)
    return faults


def _entry(code: str, what: str, where: str, mend: str) -> dict[str, object]:
    return {"code": code, "what": what, "where": where, "mend": mend, "path": None, "line": None}
