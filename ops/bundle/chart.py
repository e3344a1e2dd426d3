"""Recipe for the manifests that exist only as a chart: Cilium, rendered to plain objects when the bundle is built."""

from __future__ import annotations

import functools
import json
from pathlib import Path

from ops import errors
from ops.bundle import image, key, lock, recipe

NAME = "manifests"

_FILE = "cilium.yaml"
_CHART = Path("install/kubernetes/cilium")
_FIELDS = {"REGISTRY": "{{ registry }}", "PODS": "{{ pods }}"}
"""Stand-ins in what helm renders → fields that the cluster's role fills in for a site."""


def make_recipe(locked: lock.Lock) -> recipe.Recipe:
    """Return the recipe of `manifests/cilium.yaml`."""
    return recipe.Recipe(
        name=NAME,
        make=functools.partial(_make, locked.versions["kubernetes"]),
        code=(Path(__file__),),
        inputs={"kubernetes": locked.versions["kubernetes"], "values": key.of_file(lock.CILIUM_VALUES)},
        needs=("bin-helm", "bin-cilium", "images/cilium", "images/cilium-operator"),
        seconds=2,
        size=50_000,
    )


def _make(kubernetes: str, workshop: recipe.Workshop) -> None:
    images = workshop.scratch / "images.json"
    images.write_text(
        json.dumps(
            {
                "image": {"override": _reference("cilium", workshop)},
                "operator": {"image": {"override": _reference("cilium-operator", workshop)}},
            }
        )
    )
    rendered = workshop.runner.run(
        [
            *(workshop.needs["bin-helm"] / "helm", "template", "cilium", workshop.needs["bin-cilium"] / _CHART),
            *("--namespace", "kube-system", "--kube-version", kubernetes),
            *("--values", lock.CILIUM_VALUES, "--values", images),
        ],
        environment={name: str(workshop.scratch) for name in ("HELM_CACHE_HOME", "HELM_CONFIG_HOME", "HELM_DATA_HOME")},
    )
    (workshop.output / _FILE).write_text(with_fields(rendered))


def _reference(name: str, workshop: recipe.Workshop) -> str:
    return f"REGISTRY/{name}@{image.digest(workshop.needs[f'images/{name}'])}"


def with_fields(rendered: str) -> str:
    """Given what helm rendered, put the site's fields in. Raise IntegrityError when it already holds template text."""
    if "{{" in rendered:
        raise errors.IntegrityError(
            "Cilium's rendered chart holds template text of its own, which the cluster's role would fill in wrongly",
            where=str(lock.CILIUM_VALUES),
            mend="set a value that keeps '{{' out of the rendered objects",
        )
    for stand_in, field in _FIELDS.items():
        rendered = rendered.replace(stand_in, field)
    return rendered
