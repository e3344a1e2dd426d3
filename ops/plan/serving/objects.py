"""All objects of the service, in an order in which they can be applied."""

from __future__ import annotations

from collections.abc import Mapping

from ops.plan.serving import gateway, isolation, observation, triton
from ops.plan.serving.shared import KubernetesObject
from ops.spec import model


def objects(site: model.Site, images: Mapping[str, str], key_hashes: Mapping[str, str]) -> list[KubernetesObject]:
    """Given a site, return its service as Kubernetes objects, namespace first.

    `images` maps `triton`, `gateway` and `models/<name>` to references by digest in the site's registry.
    `key_hashes` maps the name of each API key to the SHA-256 of the key in hexadecimal digits.
    Raise KeyError when an image that the site needs is not in `images`.
    """
    result = isolation.objects() + observation.objects()
    for card in site.models:
        result += triton.objects(site, card, images)
    result += gateway.objects(site, images, key_hashes)
    return result
