"""Ansible's linear strategy over Mitogen: one Python per machine for a whole run instead of one per task.

Mitogen's own file of this name must lie on a strategy path, and the place of an installed package differs by checkout.
"""

from __future__ import annotations

from ansible.plugins.strategy import linear
from ansible_mitogen import affinity, strategy

# Tasks on the operator's machine stay Ansible's own: their commands end with the run, those under Mitogen do not.
strategy.REDIRECTED_CONNECTION_PLUGINS = ("ssh",)
# Mitogen pins its processes to processors and reckons with one run on a machine; here several run beside each other.
affinity.policy = affinity.Policy()


class StrategyModule(strategy.StrategyMixin, linear.StrategyModule):  # type: ignore[misc] # neither carries types
    """The strategy that ansible.cfg names."""
