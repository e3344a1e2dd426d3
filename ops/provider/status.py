"""How a failure travels to the Pulumi engine: gRPC status codes, and what it does with each."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import grpc
from google.protobuf import any_pb2
from pulumi.runtime import proto
from pulumi.runtime.proto import status_pb2

from ops import errors
from ops.actions import failures
from ops.provider import wire
from ops.provider.resource import PartialFailure

Method = Callable[[Any, Any, Any], Any]

_FAILED = grpc.StatusCode.FAILED_PRECONDITION
"""The engine takes UNKNOWN, INTERNAL and DATA_LOSS as 'state unknown' and leaves a pending operation behind;
any other code means that the resource is as it was (pkg/resource/plugin/provider_plugin.go, resourceStateAndError)."""


def guarded(method: Method) -> Method:
    """Return a servicer method whose SitewrightError and PartialFailure reach the engine as such.

    Any other exception is a defect: gRPC reports it as UNKNOWN with its text and prints the trace on stderr.
    """

    @functools.wraps(method)
    def call(self: Any, request: Any, context: Any) -> Any:
        try:
            return method(self, request, context)
        except errors.SitewrightError as error:
            failures.record(error)
            return context.abort(_FAILED, render(error))
        except PartialFailure as failure:
            return context.abort_with_status(_Partial(failure))

    return call


def render(error: errors.SitewrightError) -> str:
    """Return an error's three lines without its leading word, which Pulumi's display puts there itself."""
    return str(error).removeprefix("error")


class _Partial(grpc.Status):  # type: ignore[misc] # grpc carries no types
    """A status whose details hold the resource that exists and is not ready."""

    def __init__(self, failure: PartialFailure) -> None:
        detail = proto.ErrorResourceInitFailed(
            id=failure.live.identifier,
            properties=wire.encode(failure.live.outputs),
            inputs=wire.encode(failure.live.inputs),
            reasons=failure.reasons,
        )
        packed = any_pb2.Any()
        packed.Pack(detail)
        rich = status_pb2.Status(code=_FAILED.value[0], message=str(failure), details=[packed])
        self.code = _FAILED
        self.details = str(failure)
        # gRPC's convention for rich errors: the serialised google.rpc.Status in this trailer.
        self.trailing_metadata = (("grpc-status-details-bin", rich.SerializeToString()),)
