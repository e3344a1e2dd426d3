"""Stand-in for Pulumi's Python language host: runs the Pulumi program for the engine.

The official host is part of Pulumi's release archives and cannot be had from package registries. This one stands on
`pulumi.automation._server.LanguageServer`, which the Automation API uses for inline programs. That class is private:
the SDK is pinned, and tests/provider/test_language.py fails when the class changes.
"""

from __future__ import annotations

import runpy
import sys
import traceback
from importlib import metadata
from pathlib import Path
from typing import Any

import pulumi
from google.protobuf import empty_pb2
from pulumi.automation._server import LanguageServer
from pulumi.runtime.proto import language_pb2, language_pb2_grpc

from ops import errors
from ops.provider import plugin, status


class Host(LanguageServer):
    """Run one Pulumi program. Methods have the names of sdk/proto/pulumi/language.proto."""

    def __init__(self, engine_address: str) -> None:
        super().__init__(program=lambda: None)
        self._engine_address = engine_address

    def Handshake(self, _request: Any, _context: Any) -> Any:  # noqa: N802
        """Tell the engine that this host is there."""
        return language_pb2.LanguageHandshakeResponse()

    def Run(self, request: Any, context: Any) -> Any:  # noqa: N802
        """Run the program; its resources go to the engine's resource monitor."""
        request.args[:] = [self._engine_address]
        entry = Path(request.info.program_directory, request.info.entry_point)
        self.program = lambda: run_program(entry)
        response = super().Run(request, context)  # type: ignore[no-untyped-call] # the class carries no types
        if response.error:
            # LanguageServer has logged the message already; `bail` says so, and the engine does not repeat it.
            return language_pb2.RunResponse(bail=True)
        return response

    def GetProgramDependencies(self, _request: Any, _context: Any) -> Any:  # noqa: N802
        """List the distributions of this virtual environment, for `pulumi about`."""
        found = sorted((item.metadata["Name"], item.version) for item in metadata.distributions())
        return language_pb2.GetProgramDependenciesResponse(
            dependencies=[language_pb2.DependencyInfo(name=name, version=version) for name, version in found]
        )

    def InstallDependencies(self, _request: Any, _context: Any) -> Any:  # noqa: N802
        """Install nothing: `make` has made the virtual environment."""
        yield from ()

    def RuntimeOptionsPrompts(self, _request: Any, _context: Any) -> Any:  # noqa: N802
        """Ask nothing."""
        return language_pb2.RuntimeOptionsResponse()

    def Cancel(self, _request: Any, _context: Any) -> Any:  # noqa: N802
        """Do nothing: the engine closes the resource monitor, and the program ends by itself."""
        return empty_pb2.Empty()


def run_program(entry: Path) -> None:
    """Run a program's directory or file. Raise RunError with a message for people when it fails."""
    try:
        runpy.run_path(str(entry), run_name="__main__")
    except pulumi.RunError:
        raise
    except errors.SitewrightError as error:
        raise pulumi.RunError(status.render(error)) from error
    except SystemExit as end:
        if end.code not in (None, 0):
            raise pulumi.RunError(f"the Pulumi program ended itself with {end.code!r}") from end
    except Exception as error:
        raise pulumi.RunError(f"the Pulumi program failed:\n{trace(error, entry)}") from error


def trace(error: BaseException, entry: Path) -> str:
    """Return a traceback that begins in the program: frames of this host and of runpy say nothing to its reader."""
    report = traceback.TracebackException.from_exception(error)
    own = [index for index, frame in enumerate(report.stack) if Path(frame.filename).is_relative_to(entry)]
    if own:
        del report.stack[: own[0]]
    return "".join(report.format())


def main() -> None:
    """Serve; the engine's address is the last argument."""
    host = Host(sys.argv[-1])
    add = language_pb2_grpc.add_LanguageRuntimeServicer_to_server
    # A program holds nothing that would have to be put away.
    plugin.serve(lambda server: add(host, server), stop=lambda: None, grace=0)


if __name__ == "__main__":
    main()
