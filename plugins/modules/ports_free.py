"""Ansible module: fail where another program listens on a port that a service of ours is about to take."""

from __future__ import annotations

import re

from ansible.module_utils.basic import AnsibleModule

DOCUMENTATION = r"""
module: ports_free
short_description: Fail where another program listens on a port
description: >-
  Reads the listening TCP sockets of the host (ss of iproute2) and names the program and process that has a port.
  Changes nothing, in check mode neither.
options:
  ports: {type: list, elements: int, required: true, description: Ports that are about to be taken.}
  owner: {type: str, required: true, description: Program that may listen there already, as ss names it.}
author: [sitewright]
"""
EXAMPLES = r"""
- name: Example
  ports_free: {ports: [443], owner: haproxy}
"""
RETURN = r"""
taken: {type: list, returned: always, description: What was found on the ports.}
"""

_LINE = re.compile(r"^LISTEN\s+\d+\s+\d+\s+\S*:(?P<port>\d+)\s+\S+(?:\s+users:\(\((?P<users>.*)\)\))?\s*$")
_USER = re.compile(r'"(?P<name>[^"]*)",pid=(?P<pid>\d+)')


def listeners(text: str) -> dict[int, set[tuple[str, str]]]:
    """Given the output of `ss -Hltnp`, return for each port the programs that listen there: (name, process id).

    A socket that no process of this host holds, such as one of the kernel's own, has ("unknown", "").
    """
    found: dict[int, set[tuple[str, str]]] = {}
    for line in text.splitlines():
        match = _LINE.match(line)
        if match is None:
            continue
        users = set(_USER.findall(match["users"] or "")) or {("unknown", "")}
        found.setdefault(int(match["port"]), set()).update(users)
    return found


def taken(text: str, ports: list[int], owner: str) -> list[str]:
    """Return one sentence for each port that another program than `owner` has."""
    found = listeners(text)
    return [
        f"port {port} is taken by {name}" + (f" (process {pid})" if pid else "")
        for port in ports
        for name, pid in sorted(found.get(port, set()))
        if name != owner
    ]


def main() -> None:
    """Run the module."""
    module = AnsibleModule(
        argument_spec={
            "ports": {"type": "list", "elements": "int", "required": True},
            "owner": {"type": "str", "required": True},
        },
        supports_check_mode=True,
    )
    code, output, complaint = module.run_command(["ss", "-Hltnp"])
    if code != 0:
        module.fail_json(msg=f"ss ended with {code}: {complaint.strip()}")
    found = taken(output, module.params["ports"], module.params["owner"])
    if found:
        module.fail_json(msg=f"address already in use: {'; '.join(found)}", taken=found)
    module.exit_json(changed=False, taken=[])


if __name__ == "__main__":
    main()
