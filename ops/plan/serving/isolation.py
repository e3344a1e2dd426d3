"""The namespace at the `restricted` level and its network policies: nothing passes that is not named."""

from __future__ import annotations

from ops.plan.serving import shared

GATEWAY_PORTS = (8080, 9090)
TRITON_HTTP = 8000
TRITON_METRICS = 8002


def objects() -> list[shared.KubernetesObject]:
    """Return the namespace and its policies."""
    return [_namespace(), _deny_all(), _gateway_policy(), _triton_policy(), _dns_policy()]


def _namespace() -> shared.KubernetesObject:
    level = "restricted"
    return {
        "apiVersion": "v1",
        "kind": "Namespace",
        "metadata": {
            "name": shared.NAMESPACE,
            "labels": {
                "app.kubernetes.io/managed-by": "pulumi",
                "pod-security.kubernetes.io/enforce": level,
                "pod-security.kubernetes.io/audit": level,
                "pod-security.kubernetes.io/warn": level,
            },
        },
    }


def _policy(name: str, spec: shared.KubernetesObject) -> shared.KubernetesObject:
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": shared.metadata(name, {"app.kubernetes.io/managed-by": "pulumi"}),
        "spec": spec,
    }


def _pods(name: str) -> shared.KubernetesObject:
    return {"matchLabels": {"app.kubernetes.io/name": name}}


def _port(number: int, protocol: str = "TCP") -> shared.KubernetesObject:
    return {"port": number, "protocol": protocol}


def _deny_all() -> shared.KubernetesObject:
    return _policy("deny-all", {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]})


def _gateway_policy() -> shared.KubernetesObject:
    return _policy(
        "gateway",
        {
            "podSelector": _pods("gateway"),
            "policyTypes": ["Ingress", "Egress"],
            "ingress": [{"ports": [_port(number) for number in GATEWAY_PORTS]}],
            "egress": [{"to": [{"podSelector": _pods("triton")}], "ports": [_port(TRITON_HTTP)]}],
        },
    )


def _triton_policy() -> shared.KubernetesObject:
    return _policy(
        "triton",
        {
            "podSelector": _pods("triton"),
            "policyTypes": ["Ingress"],
            "ingress": [
                {"from": [{"podSelector": _pods("gateway")}], "ports": [_port(TRITON_HTTP)]},
                # The API server fetches metrics from here. No policy can name it: Cilium takes nodes out of all
                # address ranges. Metrics hold no prompt and no answer.
                {"ports": [_port(TRITON_METRICS)]},
            ],
        },
    )


def _dns_policy() -> shared.KubernetesObject:
    system = {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "kube-system"}}}
    return _policy(
        "gateway-dns",
        {
            "podSelector": _pods("gateway"),
            "policyTypes": ["Egress"],
            "egress": [{"to": [system], "ports": [_port(53), _port(53, "UDP")]}],
        },
    )
