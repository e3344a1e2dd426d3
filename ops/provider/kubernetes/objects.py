"""Any Kubernetes object as a Pulumi resource."""

from __future__ import annotations

import dataclasses
import threading

from ops import errors
from ops.provider import difference, wire
from ops.provider.kubernetes import live, naming, replacement, waiting
from ops.provider.kubernetes.connection import Connection, MissingError, Object, Reference, UnknownKindError
from ops.provider.resource import Call, Live, PartialFailure
from ops.provider.wire import Properties

PATCH_FORCE = "pulumi.com/patchForce"
PROPAGATION = "pulumi.com/deletionPropagationPolicy"

_CLUSTER_SCOPED = frozenset(
    {
        "APIService",
        "ClusterRole",
        "ClusterRoleBinding",
        "CSIDriver",
        "CustomResourceDefinition",
        "IngressClass",
        "MutatingWebhookConfiguration",
        "Namespace",
        "Node",
        "PersistentVolume",
        "PriorityClass",
        "RuntimeClass",
        "StorageClass",
        "ValidatingWebhookConfiguration",
        "VolumeAttachment",
    }
)
"""Built-in kinds without a namespace, for previews that cannot ask the server."""


@dataclasses.dataclass(frozen=True)
class Settings:
    """The provider's configuration."""

    connection: Connection | None
    """None while the cluster's kubeconfig is not known, in the first preview."""
    namespace: str | None = None
    delete_unreachable: bool = False
    mutability: replacement.Mutability = replacement.IMMUTABLE


class KubernetesObject:
    """Answers the engine about objects of every kind: the kind is in the type token and in the inputs."""

    def __init__(self, settings: Settings, cancelled: threading.Event) -> None:
        self._settings = settings
        self._cancelled = cancelled

    def check(self, call: Call, old: Properties, new: Properties) -> Properties:
        """Return inputs with kind, name and the provider's namespace filled in, and a Secret's content secret."""
        api_version, kind = parse_token(call.type)
        inputs: Properties = {"apiVersion": api_version, "kind": kind, **_without_nulls(new)}
        named = naming.fill(call.name, call.seed, old, inputs)
        return live.conceal(self._with_namespace(named))

    def diff(self, _call: Call, old: Live, new: Properties) -> difference.Difference:
        """Return which fields differ from the recorded inputs, and which of them need a new object."""
        rule = replacement.rule(str(new["apiVersion"]), str(new["kind"]), self._settings.mutability)
        found = difference.compare(old.inputs, new, rule)
        return dataclasses.replace(found, delete_before_replace=_same_name(old.inputs, new))

    def create(self, call: Call, inputs: Properties) -> Live:
        """Apply the object and wait until it is ready; one that exists already is taken over."""
        if call.preview:
            return Live("", self._preview(call, inputs), inputs)
        return self._apply(call, inputs)

    def read(self, call: Call, old: Live) -> Live | None:
        """Return the object as it is now, None when it is gone; for an import the inputs come from the object."""
        connection = self._connection()
        api_version, kind = parse_token(call.type)
        if old.inputs:
            api_version, kind = str(old.inputs["apiVersion"]), str(old.inputs["kind"])
        namespace, _, name = old.identifier.rpartition("/")
        if not namespace and connection.is_namespaced(api_version, kind):
            namespace = self._settings.namespace or "default"
        reference = Reference(api_version, kind, name, namespace or None)
        found = connection.get(reference)
        if found is None:
            return None
        inputs = live.refreshed(found, old.inputs) if old.inputs else live.as_inputs(found)
        return Live(reference.identifier, live.outputs(found, inputs), inputs)

    def update(self, call: Call, _old: Live, new: Properties) -> Properties:
        """Apply the object and wait until it is ready again."""
        if call.preview:
            return self._preview(call, new)
        return self._apply(call, new).outputs

    def delete(self, call: Call, old: Live) -> None:
        """Delete the object and wait until it is gone; a kind that is gone has taken its objects with it."""
        try:
            connection = self._connection()
            reference = self._reference(connection, old.inputs)
            propagation = waiting.annotation(old.inputs, PROPAGATION) or "foreground"
            connection.delete(reference, propagation.capitalize())
            if not waiting.skipped(old.inputs):
                seconds = waiting.limit(old.inputs, call.timeout)
                waiting.Waiter(connection, call.journal, self._cancelled).until_gone(reference, seconds)
        except UnknownKindError:
            return
        except errors.UnreachableError as error:
            if not self._settings.delete_unreachable:
                raise
            call.journal.warn(f"forgotten and not deleted, for the cluster does not answer: {error.what}")

    def _apply(self, call: Call, inputs: Properties) -> Live:
        """Apply and wait. Raise PartialFailure when the object is there and does not become ready."""
        connection = self._connection()
        reference = self._reference(connection, inputs)
        found = connection.apply(reference, _body(inputs, reference), force=_forced(inputs), dry_run=False)
        if waiting.skipped(inputs):
            return Live(reference.identifier, live.outputs(found, inputs), inputs)
        waiter = waiting.Waiter(connection, call.journal, self._cancelled)
        try:
            found = waiter.until_ready(reference, found, waiting.limit(inputs, call.timeout))
        except waiting.NotReadyError as error:
            partial = Live(reference.identifier, live.outputs(error.last, inputs), inputs)
            raise PartialFailure(partial, [error.reason]) from error
        return Live(reference.identifier, live.outputs(found, inputs), inputs)

    def _preview(self, call: Call, inputs: Properties) -> Properties:
        """Return what the server would make of the object, or the inputs where it cannot say that yet."""
        connection = self._settings.connection
        if connection is None or wire.has_unknown(dict(inputs)):
            return inputs
        try:
            reference = self._reference(connection, inputs)
            found = connection.apply(reference, _body(inputs, reference), force=_forced(inputs), dry_run=True)
        except (MissingError, UnknownKindError):
            # The namespace or the custom resource definition is part of the same update.
            return inputs
        except errors.UnreachableError as error:
            call.journal.warn(f"previewed from the program alone: {error.what}")
            return inputs
        return live.outputs(_without_server_fields(found), inputs)

    def _connection(self) -> Connection:
        if self._settings.connection is None:
            raise errors.CredentialError(
                "the Kubernetes provider has no kubeconfig",
                where="provider configuration",
                mend="give the provider a kubeconfig, or make the cluster first",
            )
        return self._settings.connection

    def _reference(self, connection: Connection, inputs: Properties) -> Reference:
        metadata = wire.reveal(inputs["metadata"])
        api_version, kind = str(inputs["apiVersion"]), str(inputs["kind"])
        namespaced = connection.is_namespaced(api_version, kind)
        namespace = metadata.get("namespace") or self._settings.namespace or "default"
        return Reference(api_version, kind, str(metadata["name"]), namespace if namespaced else None)

    def _with_namespace(self, inputs: Properties) -> Properties:
        """Return inputs with the provider's namespace where they name none."""
        metadata = inputs.get("metadata")
        namespace = self._settings.namespace
        if namespace is None or inputs["kind"] in _CLUSTER_SCOPED or not isinstance(metadata, dict):
            return inputs
        return inputs | {"metadata": {"namespace": namespace, **metadata}}


def parse_token(token: str) -> tuple[str, str]:
    """Given 'kubernetes:apps/v1:Deployment' or 'kubernetes:core/v1:Secret', return API version and kind.

    'kubernetes:v1:Secret' and 'kubernetes:core:Secret' are understood too.
    """
    _, version, kind = token.split(":")
    group, slash, number = version.rpartition("/")
    if group == "core" or (not slash and version == "core"):
        return (number if slash else "v1"), kind
    return version, kind


def _body(inputs: Properties, reference: Reference) -> Object:
    """Return the JSON that goes to the server."""
    body: Object = wire.reveal(dict(inputs))
    body.pop("status", None)
    metadata = {**body["metadata"], "name": reference.name}
    if reference.namespace:
        metadata["namespace"] = reference.namespace
    return body | {"metadata": metadata}


def _forced(inputs: Properties) -> bool:
    return waiting.annotation(inputs, PATCH_FORCE) == "true"


def _same_name(old: Properties, new: Properties) -> bool:
    """Say whether old and new object would have the same name, so that the old one must go first."""
    if naming.is_autonamed(new):
        return False
    before, after = wire.reveal(old.get("metadata")) or {}, wire.reveal(new.get("metadata")) or {}
    if not isinstance(before, dict) or not isinstance(after, dict):
        return False
    return all(before.get(key) == after.get(key) for key in ("name", "namespace"))


def _without_nulls(properties: Properties) -> Properties:
    """Return properties without fields that the program left empty."""
    result: Properties = {}
    for key, value in properties.items():
        if isinstance(value, dict):
            result[key] = _without_nulls(value)
        elif isinstance(value, list):
            result[key] = [_without_nulls(item) if isinstance(item, dict) else item for item in value]
        elif value is not None:
            result[key] = value
    return result


def _without_server_fields(found: Object) -> Object:
    """Return an object of a dry run without what only a real run can say."""
    metadata = {key: value for key, value in found["metadata"].items() if key not in live.SERVER_FIELDS}
    return {**{key: value for key, value in found.items() if key != "status"}, "metadata": metadata}
