"""How the operator's ssh reaches the nodes: options that never ask and never trust an unknown host key."""

from __future__ import annotations

import os
from pathlib import Path

from ops import errors
from ops.spec import places
from ops.spec.model import Site

CONNECT_SECONDS = 10


def private_key(site: Site) -> Path | None:
    """Return the path of the operator's ssh key; None means that the ssh agent holds it.

    Raise CredentialError where the spec's key is not there: ssh would go on without it and be refused.
    """
    if site.access.private_key is not None:
        path = Path(site.access.private_key).expanduser()
        if not path.exists():
            raise errors.CredentialError(
                "the ssh key is not there",
                where=str(path),
                mend="put the key there, or name another file in the spec (access.private_key)",
            )
        return path
    return places.state_directory(site.name) / "keys" / "ssh_key" if site.lab is not None else None


def known_hosts(site: Site) -> Path:
    """Return the path of the file with the pinned host keys of all nodes."""
    return places.state_directory(site.name) / "known_hosts"


def pinned(hosts: Path) -> tuple[str, ...]:
    """Return ssh's options that trust the host keys of one file and no others, as words of an argv."""
    settings = (
        f"UserKnownHostsFile={hosts}",
        "GlobalKnownHostsFile=/dev/null",
        "StrictHostKeyChecking=yes",
        f"ConnectTimeout={CONNECT_SECONDS}",
        "ServerAliveInterval=15",
    )
    return tuple(word for setting in settings for word in ("-o", setting))


def options(site: Site) -> tuple[str, ...]:
    """Return ssh's options for every connection to the site's nodes, as words of an argv."""
    words = pinned(known_hosts(site))
    # ssh offers all keys of the agent first and is refused after too many: with a key of the spec, offer only that.
    return words if private_key(site) is None else (*words, "-o", "IdentitiesOnly=yes")


def pin(site: Site) -> None:
    """Write known_hosts from the spec of a real site; a lab's is written as its machines are made."""
    if site.lab is not None:
        return
    path = known_hosts(site)
    text = "".join(f"{node.address} {node.host_key}\n" for node in site.nodes)
    if path.exists() and path.read_text(encoding="utf-8") == text:
        return
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = path.with_name(f"{path.name}.{os.getpid()}")
    draft.write_text(text, encoding="utf-8")
    draft.rename(path)
