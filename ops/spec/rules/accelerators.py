"""Rules about the GPUs that models need and workers have."""

from __future__ import annotations

from collections.abc import Iterator

from ops.spec.model import Accelerator, Model, Role, Site
from ops.spec.rules.fault import Fault

_OVERHEAD = 1.2
"""Weights and a smallest useful KV cache: vLLM keeps 10 % of the memory free and refuses to start without a cache."""


def _on_workers(site: Site) -> list[Accelerator]:
    return [node.accelerator for node in site.nodes_with(Role.WORKER) if node.accelerator is not None]


def _hosts(site: Site, model: Model) -> list[Accelerator]:
    """Return the accelerators of each worker that has as many as one replica needs."""
    return [accelerator for accelerator in _on_workers(site) if accelerator.count >= model.accelerators]


def missing_accelerators(site: Site) -> Iterator[Fault]:
    """One replica runs on one worker: some worker must have all the GPUs that it asks for."""
    for index, model in enumerate(site.models):
        if model.accelerators and not _hosts(site, model):
            most = max((accelerator.count for accelerator in _on_workers(site)), default=0)
            yield Fault(
                ("models", index, "accelerators"),
                f"{model.accelerators}",
                f"at most {most}, what one worker has",
                "lower accelerators, or add the accelerator of a worker to the spec",
            )


def too_few_accelerators(site: Site) -> Iterator[Fault]:
    """All replicas of all models run at the same time, and a GPU serves one of them."""
    available = sum(accelerator.count for accelerator in _on_workers(site))
    wanted = sum(model.replicas * model.accelerators for model in site.models)
    if wanted > available and all(_hosts(site, model) for model in site.models if model.accelerators):
        yield Fault(
            ("models",),
            f"{wanted} accelerators wanted by all replicas",
            f"at most {available}, what all workers have",
            "lower replicas or accelerators of a model",
        )


def model_exceeds_accelerators(site: Site) -> Iterator[Fault]:
    """The weights and a KV cache must fit the memory of one replica's GPUs: 1.2 times the size of the files."""
    for index, model in enumerate(site.models):
        hosts = _hosts(site, model)
        if not model.accelerators or not hosts:
            continue
        memory = model.accelerators * max(accelerator.memory for accelerator in hosts)
        if model.size * _OVERHEAD > memory:
            yield Fault(
                ("models", index, "size"),
                f"{model.size} bytes on {model.accelerators} accelerators with {memory} bytes",
                f"at most {int(memory / _OVERHEAD)} bytes",
                "raise accelerators, or serve a smaller or quantised model",
            )
