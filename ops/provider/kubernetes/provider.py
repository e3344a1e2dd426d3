"""The Kubernetes stand-in as a provider: its configuration, and one resource for every type token."""

from __future__ import annotations

import os

from ops import errors
from ops.provider import difference, wire
from ops.provider.kubernetes import kubeconfig, replacement
from ops.provider.kubernetes.connection import Connection
from ops.provider.kubernetes.objects import KubernetesObject, Settings
from ops.provider.provider import Provider
from ops.provider.resource import Resource
from ops.provider.wire import Properties

MARK = "standIn"
"""Input of the provider resource by which a stack remembers that this plugin made it."""

DELETE_UNREACHABLE = "PULUMI_K8S_DELETE_UNREACHABLE"
"""Environment variable of the official plugin for the same choice."""


class Kubernetes(Provider):
    """Every type token that begins with `kubernetes:`."""

    version = "4.34.2"
    """The official plugin's version whose behaviour this one follows; the SDK asks for at least its own version."""

    def __init__(self) -> None:
        super().__init__()
        self._object = KubernetesObject(Settings(None), self.cancelled)

    def check_configuration(self, old: Properties, new: Properties) -> Properties:
        """Mark the provider as made by this plugin. Raise SpecError where the official plugin has made the stack."""
        if old and MARK not in old:
            raise errors.SpecError(
                "this stack was made by the official Kubernetes plugin, and this is its stand-in",
                where="plugin kubernetes (Pulumi.yaml: plugins)",
                mend="remove the stand-in from Pulumi.yaml to go on with the official plugin",
            )
        return new | {MARK: "true"}

    def diff_configuration(self, old: Properties, new: Properties) -> difference.Difference:
        """Return what differs; only another cluster makes objects anew, and rotated credentials do not."""
        return difference.compare(old, new, lambda path: path[0] in _replacing(old, new))

    def configure(self, configuration: Properties) -> None:
        """Take the configuration; the cluster is not asked before an object is."""
        values = wire.reveal(dict(configuration))
        text = values.get("kubeconfig")
        connection = None
        if text is not wire.UNKNOWN:
            connection = Connection(kubeconfig.load(text or None, values.get("context") or None))
        settings = Settings(
            connection=connection,
            namespace=values.get("namespace") or None,
            delete_unreachable=_is_true(values.get("deleteUnreachable") or os.environ.get(DELETE_UNREACHABLE)),
            mutability=replacement.Mutability(
                config_maps=_is_true(values.get("enableConfigMapMutable")),
                secrets=_is_true(values.get("enableSecretMutable")),
            ),
        )
        self._object = KubernetesObject(settings, self.cancelled)

    def resource(self, token: str) -> Resource:
        """Return what serves a type token: the same for every kind. Raise NotFoundError for charts and the like."""
        if any(token.startswith(prefix) for prefix in _UNSERVED):
            return super().resource(token)
        return self._object


_UNSERVED = ("kubernetes:helm.sh/", "kubernetes:kustomize:", "kubernetes:yaml:")


def _replacing(old: Properties, new: Properties) -> frozenset[str]:
    """Return the settings of which a change means another cluster."""
    if old.get("clusterIdentifier") is not None or new.get("clusterIdentifier") is not None:
        return frozenset({"clusterIdentifier"})
    before, after = _server(old), _server(new)
    return frozenset() if before == after else frozenset({"cluster", "context", "kubeconfig"})


def _server(configuration: Properties) -> str | wire.Mark:
    text = wire.reveal(configuration.get("kubeconfig"))
    if not isinstance(text, str):
        return wire.UNKNOWN
    context = wire.reveal(configuration.get("context"))
    return kubeconfig.server(text, context if isinstance(context, str) else None)


def _is_true(value: object) -> bool:
    """Say whether a setting is on: providers get their configuration as text."""
    return value is True or value == "true"
