"""Serve resource types to the Pulumi engine over its provider protocol (sdk/proto/pulumi/provider.proto, v3.259.0)."""

from __future__ import annotations

from typing import Any

from google.protobuf import empty_pb2
from pulumi.runtime import proto

from ops import errors
from ops.provider import difference, engine, status, wire
from ops.provider.provider import Provider
from ops.provider.resource import Call, Live

_KINDS = {
    (difference.Kind.ADD, False): proto.PropertyDiff.ADD,
    (difference.Kind.ADD, True): proto.PropertyDiff.ADD_REPLACE,
    (difference.Kind.DELETE, False): proto.PropertyDiff.DELETE,
    (difference.Kind.DELETE, True): proto.PropertyDiff.DELETE_REPLACE,
    (difference.Kind.UPDATE, False): proto.PropertyDiff.UPDATE,
    (difference.Kind.UPDATE, True): proto.PropertyDiff.UPDATE_REPLACE,
}


class Servicer(proto.ResourceProviderServicer):
    """Translate between the wire and resource types. Methods have the protocol's names; each runs in its own thread."""

    def __init__(self, provider: Provider, connection: engine.Engine) -> None:
        super().__init__()
        self._provider = provider
        self._engine = connection

    def Handshake(self, _request: Any, _context: Any) -> Any:  # noqa: N802
        """Say which marks this provider understands."""
        return proto.ProviderHandshakeResponse(accept_secrets=True)

    def GetPluginInfo(self, _request: Any, _context: Any) -> Any:  # noqa: N802
        """Say the version."""
        return proto.PluginInfo(version=self._provider.version)

    @status.guarded
    def CheckConfig(self, request: Any, _context: Any) -> Any:  # noqa: N802
        """Return the configuration to use."""
        inputs = self._provider.check_configuration(wire.decode(request.olds), wire.decode(request.news))
        return proto.CheckResponse(inputs=wire.encode(inputs))

    @status.guarded
    def DiffConfig(self, request: Any, _context: Any) -> Any:  # noqa: N802
        """Return how the configuration differs."""
        old = wire.decode(request.old_inputs)
        return _difference(self._provider.diff_configuration(old, wire.decode(request.news)))

    @status.guarded
    def Configure(self, request: Any, _context: Any) -> Any:  # noqa: N802
        """Take the configuration."""
        self._provider.configure(wire.decode(request.args))
        return proto.ConfigureResponse(acceptSecrets=True, supportsPreview=True)

    @status.guarded
    def Check(self, request: Any, _context: Any) -> Any:  # noqa: N802
        """Return the inputs to use."""
        call = self._call(request)
        inputs = self._provider.resource(call.type).check(call, wire.decode(request.olds), wire.decode(request.news))
        return proto.CheckResponse(inputs=wire.encode(inputs))

    @status.guarded
    def Diff(self, request: Any, _context: Any) -> Any:  # noqa: N802
        """Return how new inputs differ from the recorded resource."""
        call = self._call(request)
        old = Live(request.id, wire.decode(request.olds), wire.decode(request.old_inputs))
        return _difference(self._provider.resource(call.type).diff(call, old, wire.decode(request.news)))

    @status.guarded
    def Create(self, request: Any, _context: Any) -> Any:  # noqa: N802
        """Make a resource, or say what it would be."""
        call = self._call(request)
        live = self._provider.resource(call.type).create(call, wire.decode(request.properties))
        return proto.CreateResponse(id=live.identifier, properties=wire.encode(live.outputs))

    @status.guarded
    def Read(self, request: Any, _context: Any) -> Any:  # noqa: N802
        """Return a resource as it is now; an empty identifier says that it is gone."""
        call = self._call(request)
        old = Live(request.id, wire.decode(request.properties), wire.decode(request.inputs))
        live = self._provider.resource(call.type).read(call, old)
        if live is None:
            return proto.ReadResponse()
        return proto.ReadResponse(
            id=live.identifier, properties=wire.encode(live.outputs), inputs=wire.encode(live.inputs)
        )

    @status.guarded
    def Update(self, request: Any, _context: Any) -> Any:  # noqa: N802
        """Change a resource, or say what it would be."""
        call = self._call(request)
        old = Live(request.id, wire.decode(request.olds), wire.decode(request.old_inputs))
        outputs = self._provider.resource(call.type).update(call, old, wire.decode(request.news))
        return proto.UpdateResponse(properties=wire.encode(outputs))

    @status.guarded
    def Delete(self, request: Any, _context: Any) -> Any:  # noqa: N802
        """Remove a resource."""
        call = self._call(request)
        old = Live(request.id, wire.decode(request.properties), wire.decode(request.old_inputs))
        self._provider.resource(call.type).delete(call, old)
        return empty_pb2.Empty()

    @status.guarded
    def Invoke(self, request: Any, _context: Any) -> Any:  # noqa: N802
        """Refuse: these providers have resources and no functions."""
        raise errors.NotFoundError(
            f"{request.tok} is a provider function, and this plugin has none",
            where=request.tok,
            mend="declare the object as a resource, or read it with kubectl or the Kubernetes client",
        )

    def Cancel(self, _request: Any, _context: Any) -> Any:  # noqa: N802
        """Ask running operations to end soon and tidily."""
        self._provider.cancelled.set()
        return empty_pb2.Empty()

    def _call(self, request: Any) -> Call:
        return Call(
            urn=request.urn,
            type=request.type or _token(request.urn),
            name=request.name or request.urn.rpartition("::")[2],
            journal=self._engine.journal(request.urn),
            preview=bool(getattr(request, "preview", False)),
            timeout=float(getattr(request, "timeout", 0.0)),
            seed=bytes(getattr(request, "randomSeed", b"")),
        )


def _token(urn: str) -> str:
    """Return the type token of `urn:pulumi:stack::project::parent$token::name`."""
    return urn.split("::")[2].rpartition("$")[2]


def _difference(found: difference.Difference) -> Any:
    paths = [difference.render(change.path) for change in found.changes]
    replacing = [path for path, change in zip(paths, found.changes, strict=True) if change.replaces]
    detailed = {
        path: proto.PropertyDiff(kind=_KINDS[change.kind, change.replaces], inputDiff=True)
        for path, change in zip(paths, found.changes, strict=True)
    }
    return proto.DiffResponse(
        changes=proto.DiffResponse.DIFF_SOME if paths else proto.DiffResponse.DIFF_NONE,
        replaces=replacing,
        deleteBeforeReplace=found.delete_before_replace,
        diffs=sorted({str(change.path[0]) for change in found.changes}),
        detailedDiff=detailed,
        hasDetailedDiff=True,
    )
