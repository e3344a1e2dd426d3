"""What a run of the site's playbook is about: one stage of one node."""

from __future__ import annotations

import dataclasses

from ops.plan import stage as plan
from ops.plan.stage import Stage


@dataclasses.dataclass(frozen=True)
class Part:
    """One stage of one node of a site."""

    site: str
    """Path of the spec, relative to the checkout or absolute."""
    node: str
    stage: Stage

    @property
    def label(self) -> str:
        """Return its name: 'infra1', 'infra1-operations'."""
        return plan.label(self.node, self.stage)


def part(site: str, node: str, stage: str) -> Part:
    """Return a part by its words. Raise ValueError on a stage that is none."""
    return Part(site, node, Stage(stage))
