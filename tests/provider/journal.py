"""A journal that keeps what it is told."""

from __future__ import annotations

import dataclasses


@dataclasses.dataclass
class Kept:
    """Keeps messages in the order in which they came."""

    statuses: list[str] = dataclasses.field(default_factory=list)
    warnings: list[str] = dataclasses.field(default_factory=list)

    def status(self, message: str) -> None:
        self.statuses.append(message)

    def warn(self, message: str) -> None:
        self.warnings.append(message)
