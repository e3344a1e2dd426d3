"""What the monitoring of a site needs to know: whom to ask, who may ask, what is shown and kept.

Prometheus runs on the first infra node and not in the cluster, so that it outlives the cluster that it watches.
Workers and pods are found through the Kubernetes API: a new one changes no variable of any other node.
"""

from __future__ import annotations

from ops.plan.monitoring.nodes import variables
from ops.plan.monitoring.shown import shown

__all__ = ["shown", "variables"]
