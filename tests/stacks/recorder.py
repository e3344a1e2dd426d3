"""A Pulumi engine that only writes down what a program declares."""

from __future__ import annotations

import asyncio
import atexit
import dataclasses
from collections.abc import Callable
from typing import Any

import pulumi
import yaml
from pulumi.runtime import mocks, rpc

from ops.spec import places

OUTPUTS: dict[str, dict[str, Any]] = {
    "sitewright:lab:Machine": {"serial": 2, "boot": 3},
    "sitewright:site:Node": {"revision": "made"},
    "sitewright:site:Cluster": {"kubeconfig": "planted"},
}

_LOOP = asyncio.new_event_loop()
"""The one loop of all programs: the SDK keeps futures between them, and leaves loops that it makes to the collector."""
atexit.register(_LOOP.close)


@dataclasses.dataclass(frozen=True)
class Made:
    """One resource that a program declared."""

    type: str
    name: str
    inputs: dict[str, Any]
    provider: str
    depends_on: frozenset[str]
    """Names of the resources that it names itself, or that its inputs come from."""
    deleted_with: str
    retained: bool


@dataclasses.dataclass(frozen=True)
class Program:
    """All that a program declared."""

    resources: tuple[Made, ...]
    exports: dict[str, Any]

    def of(self, prefix: str) -> dict[str, Made]:
        """Return the resources whose type begins so, by name, in the order of their declaration."""
        return {made.name: made for made in self.resources if made.type.startswith(prefix)}


class Answers(pulumi.runtime.Mocks):
    """Answers every declaration with its inputs and what the provider would add."""

    def new_resource(self, args: pulumi.runtime.MockResourceArgs) -> tuple[str | None, dict[Any, Any]]:
        """Return identifier and outputs of a resource."""
        return f"{args.name}-id", {**args.inputs, **OUTPUTS.get(args.typ, {})}

    def call(self, _args: pulumi.runtime.MockCallArgs) -> Any:
        """Refuse: the program calls no provider functions."""
        raise AssertionError("the program called a provider function")


class Recorder(mocks.MockMonitor):
    """The engine's resource monitor; keeps each declaration whole."""

    def __init__(self) -> None:
        super().__init__(Answers())
        self.made: list[Made] = []

    def RegisterResource(self, request: Any) -> Any:  # noqa: N802 - the protocol's name
        """Take one declaration."""
        if request.type != "pulumi:pulumi:Stack":
            self.made.append(
                Made(
                    type=request.type,
                    name=request.name,
                    inputs=rpc.deserialize_properties(request.object),
                    provider=request.provider,
                    depends_on=frozenset(_name(urn) for urn in request.dependencies),
                    deleted_with=_name(request.deletedWith),
                    retained=bool(request.retainOnDelete),
                )
            )
        return super().RegisterResource(request)  # type: ignore[no-untyped-call] # the SDK's mocks carry no types


def declare(stack: str, program: Callable[[], object]) -> tuple[Made, ...]:
    """Run a program on a stack of that name and return what it declared."""
    recorder = Recorder()
    use(stack, recorder)
    pulumi.runtime.test(program)()  # type: ignore[no-untyped-call] # the SDK's mocks carry no types
    return tuple(recorder.made)


def use(stack: str, recorder: Recorder) -> None:
    """Make a recorder the engine of what follows; `asyncio.run` may have taken the current loop away."""
    asyncio.set_event_loop(_LOOP)
    pulumi.runtime.set_mocks(Answers(), project="sitewright", stack=stack, preview=False, monitor=recorder)


def _name(urn: str) -> str:
    return urn.rpartition("::")[2]


def inventory(name: str) -> dict[str, Any]:
    """Return one of the project's own specs."""
    path = places.PROJECT_ROOT / "inventory" / name / "site.yml"
    content: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
    return content
