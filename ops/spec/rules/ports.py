"""Rules about the ports that load balancer, bundle server, backup server and monitoring open."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

from ops.spec.model import Site
from ops.spec.rules.fault import Fault

_KEYS = ("gateway_port", "api_port", "bundle_port", "backup_port", "prometheus_port", "alertmanager_port")

_NODE_PORTS = range(30000, 32768)
"""kube-apiserver's default --service-node-port-range."""

_RESERVED = {
    22: "sshd",
    2379: "etcd",
    2380: "etcd",
    2381: "etcd's metrics",
    4240: "Cilium's health check",
    5000: "the registry behind the bundle server",
    6443: "the Kubernetes API server itself",
    8405: "HAProxy's metrics",
    9090: "Prometheus behind the load balancer",
    9093: "Alertmanager behind the load balancer",
    9100: "the node exporter",
    10248: "the kubelet's health check",
    10249: "kube-proxy's metrics",
    10250: "the kubelet",
    10256: "kube-proxy's health check",
    10257: "kube-controller-manager",
    10259: "kube-scheduler",
}
"""Ports that a node which carries every role already uses.

Source: https://kubernetes.io/docs/reference/networking/ports-and-protocols/ and Cilium's system requirements.
"""


def clashing_ports(site: Site) -> Iterator[Fault]:
    """All of them may listen on the same infra node: each needs a port of its own."""
    ports = {key: getattr(site.network, key) for key in _KEYS}
    for first, second in itertools.combinations(_KEYS, 2):
        if ports[first] == ports[second]:
            yield Fault(
                ("network", second),
                f"{ports[second]}, which network.{first} has too",
                "six different ports",
                f"change network.{second} or network.{first}",
            )


def reserved_port(site: Site) -> Iterator[Fault]:
    """A node may carry every role: the load balancer cannot take a port that Kubernetes or sshd uses there."""
    for key in _KEYS:
        port = getattr(site.network, key)
        use = "Kubernetes' node ports" if port in _NODE_PORTS else _RESERVED.get(port)
        if use:
            yield Fault(
                ("network", key),
                f"{port}, which belongs to {use}",
                "a port outside 30000-32767 that is not " + ", ".join(str(number) for number in _RESERVED),
                "take the default, or another port",
            )
