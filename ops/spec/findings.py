"""What is wrong with a spec: one finding for each fault, all of them raised together."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

from ops import errors

Place = tuple[str | int, ...]
"""Where in the spec: ('nodes', 2, 'address')."""

_LONGEST = 80
"""Characters of a wrong value that a message repeats."""


@dataclasses.dataclass(frozen=True)
class Finding:
    """One fault: what was found where, what is allowed there, and how to mend it."""

    rule: str
    place: Place
    found: str
    allowed: str
    mend: str
    line: int | None = None
    """Line in the file, from 1; None where the file has no such line."""

    @property
    def code(self) -> str:
        """Return the stable code, such as E-SPEC-DUPLICATE-ADDRESS."""
        return "E-SPEC-" + self.rule.upper().replace("_", "-")

    @property
    def path(self) -> str:
        """Return the place as people write it."""
        return render_place(self.place)

    @property
    def what(self) -> str:
        """Return the fault as the first line of an error."""
        return f"found {self.found}; allowed: {self.allowed}"


class InvalidSpecError(errors.SpecError):
    """A spec has faults; `findings` holds them all, in the order of the file."""

    def __init__(self, findings: Sequence[Finding], source: str) -> None:
        count = "1 fault" if len(findings) == 1 else f"{len(findings)} faults"
        super().__init__(f"the site spec has {count}", where=source, mend=findings[0].mend)
        self.findings = tuple(findings)
        self.source = source

    def where_of(self, finding: Finding) -> str:
        """Return file, line and path of one finding."""
        line = "" if finding.line is None else f":{finding.line}"
        return f"{self.source}{line}: {finding.path}"

    def __str__(self) -> str:
        blocks = [
            f"error[{finding.code}]: {finding.what}\n  at {self.where_of(finding)}\n  mend: {finding.mend}"
            for finding in self.findings
        ]
        return "\n".join(blocks)


def render_place(place: Place) -> str:
    """Given ('nodes', 2, 'address'), return 'nodes[2].address'; the top of the file is 'site'."""
    text = ""
    for step in place:
        if isinstance(step, int):
            text += f"[{step}]"
        else:
            text += f".{shorten(step)}" if text else shorten(step)
    return text or "site"


def reveal(value: str) -> str:
    """Return any text as `shorten` does, with the numbers of characters that may only look like others."""
    strange = dict.fromkeys(f"U+{ord(character):04X}" for character in value[:_LONGEST] if not character.isascii())
    return f"{shorten(value)} (with {', '.join(strange)})" if strange else shorten(value)


def shorten(value: str) -> str:
    """Given any text, return it printable, on one line, at most 80 characters."""
    safe = "".join(character if character.isprintable() else "\N{REPLACEMENT CHARACTER}" for character in value)
    return safe if len(safe) <= _LONGEST else safe[: _LONGEST - 1] + "…"
