"""The API server: get, list, apply and delete plain objects of any kind."""

from __future__ import annotations

import dataclasses
import json
import threading
from collections.abc import Mapping
from typing import Any

import urllib3
from kubernetes import client, dynamic
from kubernetes.dynamic import exceptions

from ops import errors

Object = dict[str, Any]
"""A Kubernetes object as JSON."""

MANAGER = "pulumi-kubernetes"
"""Field manager of server-side apply, the one that the official plugin's names begin with."""

_TIMEOUT = (5.0, 60.0)
"""Seconds to connect and to read."""

_ATTEMPTS = 6
_BUSY = frozenset({429, 503})
"""HTTP codes of an API server that has no room or has just lost its etcd leader; the request was not taken."""
_NOT_FOUND = 404
_CONFLICT = 409


@dataclasses.dataclass(frozen=True)
class Reference:
    """Names one object."""

    api_version: str
    kind: str
    name: str
    namespace: str | None = None

    @property
    def identifier(self) -> str:
        """The object's identifier in Pulumi's state: 'namespace/name', or 'name' for what has no namespace."""
        return f"{self.namespace}/{self.name}" if self.namespace else self.name

    def __str__(self) -> str:
        return f"{self.kind} {self.identifier}"


class UnknownKindError(errors.NotFoundError):
    """The API server has no such kind: a custom resource definition is missing."""


class MissingError(errors.NotFoundError):
    """What a request needs is not there, such as the namespace of a new object."""


class Connection:
    """Speaks to one API server. Safe to use from several threads."""

    def __init__(self, api_client: client.ApiClient) -> None:
        self._server = str(api_client.configuration.host)
        # Without its discoverer the client asks the server nothing until it is told to.
        self._client = dynamic.DynamicClient(  # type: ignore[no-untyped-call] # the library types a part of itself
            api_client, discoverer=lambda _client, _cache: None
        )
        self._kinds: dict[str, dict[str, tuple[str, bool]]] = {}
        self._pause = threading.Event()

    def is_namespaced(self, api_version: str, kind: str) -> bool:
        """Say whether objects of a kind live in namespaces. Raise UnknownKindError."""
        return self._kind(api_version, kind)[1]

    def get(self, reference: Reference) -> Object | None:
        """Return an object, None when it is not there. Raise UnknownKindError."""
        try:
            return self._request("get", self._path(reference))
        except MissingError:
            return None

    def apply(self, reference: Reference, body: Object, *, force: bool, dry_run: bool) -> Object:
        """Apply an object server-side and return it as it is now, or as it would be.

        Raise MissingError when its namespace is not there, DeployError when the server refuses it.
        """
        parameters: dict[str, Any] = {"field_manager": MANAGER, "force_conflicts": force}
        if dry_run:
            parameters["dry_run"] = "All"
        return self._request(
            "patch", self._path(reference), body=body, content_type="application/apply-patch+yaml", **parameters
        )

    def delete(self, reference: Reference, propagation: str) -> None:
        """Ask the server to delete an object; one that is not there is no error."""
        body = {"kind": "DeleteOptions", "apiVersion": "v1", "propagationPolicy": propagation}
        try:
            self._request("delete", self._path(reference), body=body)
        except MissingError:
            return

    def list(self, api_version: str, kind: str, namespace: str, labels: Mapping[str, str]) -> list[Object]:
        """Return the objects of a kind in a namespace that carry labels."""
        selector = ",".join(f"{key}={value}" for key, value in labels.items())
        found = self._request("get", self._path(Reference(api_version, kind, "", namespace)), label_selector=selector)
        return list(found["items"])

    def _path(self, reference: Reference) -> str:
        plural, namespaced = self._kind(reference.api_version, reference.kind)
        path = _root(reference.api_version)
        if namespaced:
            path += f"/namespaces/{reference.namespace}"
        return f"{path}/{plural}/{reference.name}".rstrip("/")

    def _kind(self, api_version: str, kind: str) -> tuple[str, bool]:
        """Return the plural of a kind and whether it is namespaced; asks the server once for each API version."""
        if kind not in self._kinds.get(api_version, {}):
            self._kinds[api_version] = self._discover(api_version)
        found = self._kinds[api_version].get(kind)
        if found is None:
            raise UnknownKindError(
                f"the cluster has no kind {kind} in {api_version}",
                where=self._server,
                mend="install its custom resource definition first, or correct apiVersion and kind",
            )
        return found

    def _discover(self, api_version: str) -> dict[str, tuple[str, bool]]:
        try:
            answer = self._request("get", _root(api_version))
        except MissingError:
            return {}
        return {
            item["kind"]: (item["name"], bool(item["namespaced"]))
            for item in answer["resources"]
            if "/" not in item["name"]
        }

    def _request(self, method: str, path: str, **parameters: Any) -> Object:
        """Send one request; a busy server and a dropped connection are asked again: all requests are idempotent.

        Raise UnreachableError, MissingError (404) or DeployError with the server's reason.
        """
        for attempt in range(_ATTEMPTS):
            last = attempt == _ATTEMPTS - 1
            try:
                answer: Object = self._client.request(
                    method, path, serializer=lambda _client, data: data, _request_timeout=_TIMEOUT, **parameters
                )
            except exceptions.DynamicApiError as error:
                if error.status not in _BUSY or last:
                    raise self._explain(error, method, path) from error
                self._pause.wait(0.5 * (attempt + 1))
            except urllib3.exceptions.HTTPError as error:
                if attempt or not isinstance(error, urllib3.exceptions.ProtocolError):
                    raise self._unreachable(error) from error
            else:
                return answer
        raise AssertionError("the last attempt returns or raises")

    def _unreachable(self, error: Exception) -> errors.UnreachableError:
        # urllib3 puts the connection object before its reason: "HTTPSConnection(host=…, port=…): Failed to …".
        reason = str(getattr(error, "reason", None) or error).rpartition("): ")[2]
        return errors.UnreachableError(
            f"the Kubernetes API does not answer: {reason}",
            where=self._server,
            mend="check that the control plane and its load balancer run, then run Pulumi again",
        )

    def _explain(self, error: exceptions.DynamicApiError, method: str, path: str) -> errors.SitewrightError:
        message = _message(error)
        where = f"{method.upper()} {self._server}{path}"
        if error.status == _NOT_FOUND:
            return MissingError(message, where=where, mend="make what is missing first")
        if error.status == _CONFLICT and method == "patch":
            return errors.DeployError(
                f"somebody else manages fields of this object: {message}",
                where=where,
                mend='find out who and why; annotation pulumi.com/patchForce: "true" takes the fields over',
            )
        return errors.DeployError(
            f"the API server refused: {message}", where=where, mend="correct the object in the program"
        )


def _root(api_version: str) -> str:
    return f"/apis/{api_version}" if "/" in api_version else f"/api/{api_version}"


def _message(error: exceptions.DynamicApiError) -> str:
    """Return the message of the Status object in an API error, or what there is instead."""
    raw: object = error.body
    body = raw.decode(errors="replace") if isinstance(raw, bytes) else str(raw or "")
    try:
        return str(json.loads(body)["message"])
    except (ValueError, KeyError, TypeError):
        return body.strip() or f"{error.status} {error.reason}"
