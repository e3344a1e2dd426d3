"""From a kubeconfig's text to a client; keys stay in memory and never reach a file system."""

from __future__ import annotations

import base64
import os
from pathlib import Path
from typing import Any

import urllib3
import yaml
from kubernetes import client, config

from ops import errors

_POOL = 32
"""Connections kept open: as many objects as Pulumi applies at once."""


def load(text: str | None, context: str | None) -> client.ApiClient:
    """Given a kubeconfig as text, as a path, or None for the ambient one, return a client.

    Raise CredentialError when it cannot be used.
    """
    settings = client.Configuration()
    # The client's own retries would multiply the time until an unreachable cluster is called so.
    settings.retries = urllib3.Retry(0)
    settings.connection_pool_maxsize = _POOL
    try:
        if text is None:
            config.load_kube_config(  # type: ignore[no-untyped-call] # the library types a part of itself
                context=context, client_configuration=settings, persist_config=False
            )
        else:
            content = _in_memory(_parse(text))
            config.load_kube_config_from_dict(  # type: ignore[no-untyped-call] # as above
                content, context=context, client_configuration=settings, persist_config=False
            )
    except (config.ConfigException, yaml.YAMLError, ValueError) as error:
        raise errors.CredentialError(
            f"the kubeconfig cannot be used: {error}",
            where="the kubeconfig of the Kubernetes provider",
            mend="give the provider a whole kubeconfig whose current-context exists",
        ) from error
    return client.ApiClient(settings)


def server(text: str, context: str | None) -> str:
    """Return the URL of the API server that a kubeconfig names, '' when it names none."""
    content = _parse(text)
    wanted = context or content.get("current-context")
    cluster = next((item["context"]["cluster"] for item in content.get("contexts", []) if item["name"] == wanted), None)
    found = (item["cluster"]["server"] for item in content.get("clusters", []) if item["name"] == cluster)
    return str(next(found, ""))


def _parse(text: str) -> dict[str, Any]:
    """Read a kubeconfig from text, or from the file that a one-line text names. Raise ValueError for anything else."""
    if "\n" not in text.strip() and Path(text.strip()).expanduser().is_file():
        text = Path(text.strip()).expanduser().read_text(encoding="utf-8")
    content = yaml.safe_load(text)
    if not isinstance(content, dict):
        raise ValueError("it is no mapping")
    return content


def _in_memory(content: dict[str, Any]) -> dict[str, Any]:
    """Replace embedded certificates and keys by files that exist only in this process's memory.

    The client library would write them to the directory for temporary files and leave them there when it is killed.
    """
    for section, entry in (("clusters", "cluster"), ("users", "user")):
        for item in content.get(section) or []:
            fields = item.get(entry) or {}
            for key in [key for key in fields if key.endswith("-data")]:
                fields[key.removesuffix("-data")] = _memory_file(base64.b64decode(fields.pop(key)))
    return content


def _memory_file(content: bytes) -> str:
    """Return the path of a file in memory; it lives as long as this process."""
    descriptor = os.memfd_create("kubeconfig")
    os.write(descriptor, content)
    return f"/proc/self/fd/{descriptor}"
