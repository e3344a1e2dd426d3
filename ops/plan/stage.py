"""The stages in which a node is made: its base, the cluster on it, then what watches it and backs it up."""

from __future__ import annotations

import enum


class Stage(enum.StrEnum):
    """A stage; its value names its playbook."""

    BASE = "base"
    """Accounts, names and the site's package source; on infra nodes the bundle server, which that source reads."""
    PLATFORM = "platform"
    OPERATIONS = "operations"


def playbook(stage: Stage) -> str:
    """Return the path of a stage's playbook in the checkout; `playbooks/site.yml` imports all."""
    return f"playbooks/{stage}.yml"


def label(node: str, stage: Stage) -> str:
    """Return the name of a stage of a node: 'infra1-base', 'infra1', 'infra1-operations'."""
    return node if stage is Stage.PLATFORM else f"{node}-{stage}"
