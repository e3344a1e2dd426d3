"""The way back to the Pulumi engine: messages that appear beside a resource in Pulumi's display."""

from __future__ import annotations

from typing import Protocol

import grpc
from pulumi.runtime import proto


class Journal(Protocol):
    """Takes messages about one resource."""

    def status(self, message: str) -> None:
        """Show what is going on right now; the next status replaces it."""

    def warn(self, message: str) -> None:
        """Show a warning that stays."""


class Engine:
    """A connection to the engine at an address such as '127.0.0.1:41234'. Safe to use from several threads."""

    def __init__(self, address: str) -> None:
        self._channel = grpc.insecure_channel(address)
        self._stub = proto.EngineStub(self._channel)

    def log(
        self, severity: proto.LogSeverity.ValueType, message: str, *, urn: str = "", ephemeral: bool = False
    ) -> None:
        """Send one message. An engine that is gone is no error: nobody is left to read it."""
        request = proto.LogRequest(severity=severity, message=message, urn=urn, ephemeral=ephemeral)
        try:
            self._stub.Log(request, timeout=_LOG_SECONDS)
        except grpc.RpcError as error:
            if error.code() not in {grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.CANCELLED}:
                raise

    def journal(self, urn: str) -> Journal:
        """Return a journal for the resource of that URN."""
        return _ResourceJournal(self, urn)

    def close(self) -> None:
        """Close the connection."""
        self._channel.close()


_LOG_SECONDS = 10.0
"""Seconds that the engine gets to take one message."""


class _ResourceJournal:
    def __init__(self, engine: Engine, urn: str) -> None:
        self._engine = engine
        self._urn = urn

    def status(self, message: str) -> None:
        self._engine.log(proto.INFO, message, urn=self._urn, ephemeral=True)

    def warn(self, message: str) -> None:
        self._engine.log(proto.WARNING, message, urn=self._urn)
