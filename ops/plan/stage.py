"""The two stages in which a node is made: what the cluster stands on, then what watches it and backs it up."""

from __future__ import annotations

import enum


class Stage(enum.StrEnum):
    """A stage; its value names its playbook."""

    PLATFORM = "platform"
    OPERATIONS = "operations"


def playbook(stage: Stage) -> str:
    """Return the path of a stage's playbook in the checkout; `playbooks/site.yml` imports both."""
    return f"playbooks/{stage}.yml"


def label(node: str, stage: Stage) -> str:
    """Return the name of a stage of a node: 'infra1', 'infra1-operations'."""
    return node if stage is Stage.PLATFORM else f"{node}-{stage}"
