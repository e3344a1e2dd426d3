"""Ansible module: tell which pods a node's Cilium agent has, and by which addresses."""

from __future__ import annotations

import http.client
import json
import socket
from typing import Any

from ansible.module_utils.basic import AnsibleModule

DOCUMENTATION = r"""
module: pod_addresses
short_description: Tell which pods a node's Cilium agent has, and by which addresses
description: >-
  Asks the agent's own API (Cilium 1.19, GET /v1/endpoint) on its socket. Changes nothing, in check mode neither.
options:
  socket: {type: path, default: /var/run/cilium/cilium.sock, description: The agent's socket.}
author: [sitewright]
"""
EXAMPLES = r"""
- name: Example
  pod_addresses: {}
"""
RETURN = r"""
pods: {type: list, returned: success, description: 'A line for each pod: namespace/name, a space, its IPv4 address.'}
"""

_SECONDS = 10.0


def ask(path: str) -> Any:
    """Return what the agent says of its endpoints. Raise OSError, HTTPException or ValueError where it says nothing."""
    connection = http.client.HTTPConnection("localhost", timeout=_SECONDS)
    connection.sock = socket.socket(socket.AF_UNIX)
    try:
        connection.sock.settimeout(_SECONDS)
        connection.sock.connect(path)
        connection.request("GET", "/v1/endpoint")
        answer = connection.getresponse()
        if answer.status != http.client.OK:
            raise ValueError(f"the agent answers {answer.status}")
        return json.loads(answer.read())
    finally:
        connection.close()


def lines(endpoints: Any) -> list[str]:
    """Return a line for each endpoint that is a pod's and has an address."""
    found = []
    for status in (item["status"] for item in endpoints):
        name = (status.get("external-identifiers") or {}).get("pod-name")
        addresses = (status.get("networking") or {}).get("addressing") or [{}]
        if name and addresses[0].get("ipv4"):
            found.append(f"{name} {addresses[0]['ipv4']}")
    return sorted(found)


def main() -> None:
    """Run the module."""
    module = AnsibleModule(
        argument_spec={"socket": {"type": "path", "default": "/var/run/cilium/cilium.sock"}}, supports_check_mode=True
    )
    try:
        endpoints = ask(module.params["socket"])
    except (OSError, http.client.HTTPException, ValueError) as error:
        module.fail_json(msg=f"the pod network's agent at {module.params['socket']} does not answer: {error}")
    module.exit_json(changed=False, pods=lines(endpoints))


if __name__ == "__main__":
    main()
