"""Rules about the place of Pulumi's state."""

from __future__ import annotations

import ipaddress
import urllib.parse
from collections.abc import Iterator

from ops.spec.model import Site
from ops.spec.rules.fault import Fault

_SECRET_WORDS = ("secret", "password", "token", "key", "sig", "sas")
"""Parts of the names of query parameters that carry credentials."""


def state_inside_site(site: Site) -> Iterator[Fault]:
    """State that lies on the site is lost with the site, and is needed most just then."""
    backend = site.state.backend
    host = _endpoint(backend) if backend else None
    if host is None:
        return
    inside = {str(node.address) for node in site.nodes} | {node.name for node in site.nodes}
    inside |= {str(site.network.virtual_address), site.network.domain}
    if host in inside or host.endswith(f".{site.network.domain}") or _in_cluster(site, host):
        yield Fault(
            ("state", "backend"),
            f"an endpoint on the site itself, {host}",
            "a place outside the site",
            "take a file:// path on the operator's machine or a store elsewhere",
        )


def relative_backend(site: Site) -> Iterator[Fault]:
    """A relative directory means another one wherever Pulumi is run from: each would hold a state of its own."""
    backend = site.state.backend or ""
    if backend.startswith("file://") and not backend.removeprefix("file://").startswith(("/", "~")):
        yield Fault(("state", "backend"), backend, "file:// and an absolute path", "write file:///srv/… or file://~/…")


def secret_in_backend(site: Site) -> Iterator[Fault]:
    """The spec is committed, shown and copied to records: it must hold no secret."""
    backend = site.state.backend or ""
    query = urllib.parse.parse_qs(backend.partition("?")[2])
    keys = sorted(key for key in query if any(word in key.lower() for word in _SECRET_WORDS))
    if "@" in backend.partition("?")[0] or keys:
        yield Fault(
            ("state", "backend"),
            f"a secret in the address ({', '.join(keys) or 'user:password@'})",
            "an address without credentials",
            "give the credentials by the store's own environment variables or files",
        )


def _endpoint(backend: str) -> str | None:
    """Given s3://bucket?endpoint=https://host:9000, return host; None where the backend names no endpoint."""
    query = urllib.parse.parse_qs(backend.partition("?")[2])
    endpoint = query.get("endpoint", [""])[0]
    with_scheme = endpoint if "//" in endpoint else f"//{endpoint}"
    try:
        return urllib.parse.urlsplit(with_scheme).hostname
    except ValueError:
        return None


def _in_cluster(site: Site, host: str) -> bool:
    """Tell whether a host is an address of a pod or service of the site."""
    try:
        address = ipaddress.IPv4Address(host)
    except ValueError:
        return False
    return address in site.network.pods or address in site.network.services
