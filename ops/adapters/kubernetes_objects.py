"""All objects that an API server stores, counted and hashed as they were at one revision of etcd."""

from __future__ import annotations

import contextlib
import dataclasses
import hashlib
import json
import ssl
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx

from ops import errors

_SECONDS = 30.0
_PAGE = 500
_NAME = "kubernetes"
"""The certificate of every API server carries this name, whatever address it listens on (kubeadm)."""


@dataclasses.dataclass(frozen=True)
class Listed:
    """The objects of one resource: how many, and the hash over all of them in the server's order."""

    count: int
    digest: str


@dataclasses.dataclass(frozen=True)
class ApiServer:
    """An API server at an address, spoken to with one client certificate."""

    client: httpx.Client

    def get(self, path: str) -> Any:
        """Return the document at a path. Raise UnreachableError when there is no answer, or no good one."""
        return self._request("GET", path)

    def delete(self, path: str) -> None:
        """Delete the object at a path. Raise as `get`."""
        self._request("DELETE", path)

    def objects(self, revision: int) -> dict[str, Listed]:
        """Return what is stored of each resource at a revision of etcd: {'deployments.apps': …}. Raise as `get`."""
        return {name: self._listed(path, revision) for name, path in self.resources()}

    def _request(self, method: str, path: str) -> Any:
        try:
            answer = self.client.request(method, path, extensions={"sni_hostname": _NAME})
            return answer.raise_for_status().json()
        except (httpx.HTTPError, ValueError) as error:
            raise errors.UnreachableError(
                f"the API server does not answer as it should: {str(error).partition(chr(10))[0]}",
                where=f"{self.client.base_url}{path}",
                mend="read the log of that API server",
            ) from error

    def resources(self) -> Iterator[tuple[str, str]]:
        """Yield name and path of each resource that is stored and can be listed."""
        groups = [group["preferredVersion"]["groupVersion"] for group in self.get("/apis")["groups"]]
        for base in ("/api/v1", *(f"/apis/{group}" for group in groups)):
            suffix = f".{base.split('/')[2]}" if base.startswith("/apis/") else ""
            for resource in self.get(base)["resources"]:
                if "list" in resource["verbs"] and "storageVersionHash" in resource:
                    yield f"{resource['name']}{suffix}", f"{base}/{resource['name']}"

    def _listed(self, path: str, revision: int) -> Listed:
        digest, count = hashlib.sha256(), 0
        query = f"limit={_PAGE}&resourceVersion={revision}&resourceVersionMatch=Exact"
        while query:
            page = self.get(f"{path}?{query}")
            for item in page["items"]:
                digest.update(json.dumps(item, sort_keys=True, separators=(",", ":")).encode())
            count += len(page["items"])
            token = page["metadata"].get("continue")
            query = f"limit={_PAGE}&continue={token}" if token else ""
        return Listed(count, digest.hexdigest())


@contextlib.contextmanager
def connect(port: int, *, authority: Path, certificate: Path, key: Path) -> Iterator[ApiServer]:
    """Speak to the API server on a port of this machine, trusting only the cluster's own CA."""
    context = ssl.create_default_context(cafile=str(authority))
    context.load_cert_chain(certificate, key)
    base = f"https://127.0.0.1:{port}"
    with httpx.Client(base_url=base, verify=context, timeout=_SECONDS, trust_env=False) as client:
        yield ApiServer(client)
