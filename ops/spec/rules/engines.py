"""Rules about engines and the build of Triton that holds them."""

from __future__ import annotations

from collections.abc import Iterator

from ops.spec.model import Engine, Site, TritonBuild
from ops.spec.rules.fault import Fault

_ENGINE_OF_BUILD = {TritonBuild.LAB_CPU: Engine.LLAMA, TritonBuild.VENDOR: Engine.VLLM}


def vllm_without_accelerators(site: Site) -> Iterator[Fault]:
    """The engine vllm computes on GPUs."""
    for index, model in enumerate(site.models):
        if model.engine is Engine.VLLM and not model.accelerators:
            yield Fault(("models", index, "accelerators"), "0 with the engine vllm", "1 or more", "add accelerators: 1")


def llama_with_accelerators(site: Site) -> Iterator[Fault]:
    """The llama engine of this suite computes on the CPU: GPUs given to it would idle."""
    for index, model in enumerate(site.models):
        if model.engine is Engine.LLAMA and model.accelerators:
            yield Fault(
                ("models", index, "accelerators"),
                f"{model.accelerators} with the engine llama",
                "0",
                "remove accelerators, or take the engine vllm",
            )


def engine_outside_build(site: Site) -> Iterator[Fault]:
    """Each build of Triton holds one engine: the lab's has llama.cpp, the vendor's has vLLM."""
    allowed = _ENGINE_OF_BUILD[site.triton.build]
    for index, model in enumerate(site.models):
        if model.engine is not allowed:
            yield Fault(
                ("models", index, "engine"),
                f"{model.engine.value} with triton.build {site.triton.build.value}",
                allowed.value,
                "change the engine, or triton.build",
            )


def lab_build_outside_lab(site: Site) -> Iterator[Fault]:
    """The lab's build of Triton is 2.51 for the CPU: old, unpatched, and never meant for others' requests."""
    if site.lab is None and site.triton.build is TritonBuild.LAB_CPU:
        yield Fault(
            ("triton", "build"),
            "lab-cpu on a real site",
            "vendor",
            "add triton: {build: vendor, image: <repository@sha256:…>}",
        )


def vendor_build_without_image(site: Site) -> Iterator[Fault]:
    """The vendor's build is an image that the operator copied into the site's registry."""
    if site.triton.build is TritonBuild.VENDOR and site.triton.image is None:
        yield Fault(
            ("triton", "image"), "nothing", "repository@sha256:<digest>", "copy the vendor's image and add its digest"
        )


def image_without_vendor_build(site: Site) -> Iterator[Fault]:
    """An image next to the lab's build would never run."""
    if site.triton.build is TritonBuild.LAB_CPU and site.triton.image is not None:
        yield Fault(
            ("triton", "image"),
            "an image with triton.build lab-cpu",
            "an image with triton.build vendor only",
            "remove image, or write build: vendor",
        )
