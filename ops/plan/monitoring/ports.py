"""Ports of the monitoring that the spec does not choose; ops/spec/rules/ports.py keeps them free."""

from __future__ import annotations

PROMETHEUS = 9090
"""Prometheus on loopback."""
ALERTMANAGER = 9093
"""Alertmanager on loopback."""
NODE_EXPORTER = 9100
"""The node exporter of every node."""
LOAD_BALANCER = 8405
"""HAProxy's own metrics on every infra node."""
ETCD = 2381
"""etcd's metrics on every control plane; kubeadm lets etcd itself listen on loopback only."""
