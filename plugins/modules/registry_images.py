"""Ansible module: push to a registry the images that it lacks, on the operator's machine, with skopeo."""

from __future__ import annotations

import http
import ssl
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

from ansible.module_utils.basic import AnsibleModule

DOCUMENTATION = r"""
module: registry_images
short_description: Push to a registry the images that it lacks
description: An image that the registry has under its tag with the wanted digest is left alone.
options:
  registry: {type: str, required: true, description: Host and port of the registry.}
  certificates: {type: path, required: true, description: "Directory with ca.crt, client.cert and client.key."}
  images:
    type: list
    elements: dict
    required: true
    description: Images to have.
    suboptions:
      name: {type: str, required: true, description: Repository in the registry.}
      tag: {type: str, required: true, description: Tag.}
      digest: {type: str, required: true, description: Digest of the manifest.}
      layout: {type: path, required: true, description: Directory of the OCI layout.}
author: [sitewright]
"""
EXAMPLES = r"""
- name: Example
  registry_images: {registry: 'localhost:5000', certificates: keys/push, images: []}
"""
RETURN = r"""
pushed: {type: list, elements: str, returned: always, description: References that were pushed.}
"""

ACCEPT = "application/vnd.oci.image.manifest.v1+json, application/vnd.oci.image.index.v1+json"


def has_image(registry: str, context: ssl.SSLContext, image: dict[str, str]) -> bool:
    """Return whether the tag names the wanted digest in the registry."""
    url = f"https://{registry}/v2/{image['name']}/manifests/{image['tag']}"
    request = urllib.request.Request(url, method="HEAD", headers={"Accept": ACCEPT})
    try:
        with urllib.request.urlopen(request, context=context, timeout=30) as response:  # noqa: S310 - https, above
            return bool(response.headers.get("Docker-Content-Digest") == image["digest"])
    except urllib.error.HTTPError as error:
        if error.code == http.HTTPStatus.NOT_FOUND:
            return False
        raise


def push(module: AnsibleModule, image: dict[str, str]) -> str:
    """Copy one image into the registry, layers and digest unchanged, and return its reference."""
    reference = f"{module.params['registry']}/{image['name']}:{image['tag']}"
    module.run_command(
        [
            "skopeo",
            "--insecure-policy",
            "copy",
            "--preserve-digests",
            f"--dest-cert-dir={module.params['certificates']}",
            f"oci:{image['layout']}",
            f"docker://{reference}",
        ],
        check_rc=True,
    )
    return reference


def push_missing(module: AnsibleModule, context: ssl.SSLContext) -> list[str]:
    """Push what the registry lacks, or only name it in check mode. Raise OSError when it does not answer."""
    registry = module.params["registry"]
    pushed = []
    for image in module.params["images"]:
        if has_image(registry, context, image):
            continue
        pushed.append(f"{image['name']}:{image['tag']}" if module.check_mode else push(module, image))
    return pushed


def main() -> None:
    """Run the module."""
    image: dict[str, Any] = {
        "name": {"type": "str", "required": True},
        "tag": {"type": "str", "required": True},
        "digest": {"type": "str", "required": True},
        "layout": {"type": "path", "required": True},
    }
    module = AnsibleModule(
        argument_spec={
            "registry": {"type": "str", "required": True},
            "certificates": {"type": "path", "required": True},
            "images": {"type": "list", "elements": "dict", "required": True, "options": image},
        },
        supports_check_mode=True,
    )
    context = ssl.create_default_context(cafile=str(Path(module.params["certificates"]) / "ca.crt"))
    try:
        pushed = push_missing(module, context)
    except OSError as error:
        if not module.check_mode:
            module.fail_json(msg=f"the registry {module.params['registry']} does not answer: {error}")
        module.warn(f"the registry does not answer ({error}): the prediction is that it lacks every image")
        pushed = [f"{image['name']}:{image['tag']}" for image in module.params["images"]]
    module.exit_json(changed=bool(pushed), pushed=pushed)


if __name__ == "__main__":
    main()
