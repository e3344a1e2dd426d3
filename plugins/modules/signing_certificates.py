"""Ansible module: certify a drill host's signing key with the offline root, on the operator's machine."""

from __future__ import annotations

import datetime
import json
from pathlib import Path

from ansible.module_utils.basic import AnsibleModule

DOCUMENTATION = r"""
module: signing_certificates
short_description: Certify a drill host's signing key with the offline root
description: Certificates that are of this key, by this root, and good for long enough are left as they are.
options:
  root: {type: path, required: true, description: PEM file of the root's private key.}
  site: {type: str, required: true, description: Site whose statements the key may sign.}
  key: {type: str, required: true, no_log: false, description: The signing key's public part as PEM.}
  current: {type: str, default: "", description: The certificates that the host has now, as JSON.}
author: [sitewright]
"""
EXAMPLES = r"""
- name: Example
  signing_certificates: {root: keys/recovery_root.pem, site: lab, key: "{{ public_key }}"}
"""
RETURN = r"""
certificates: {type: str, returned: always, description: One certificate for each purpose, as JSON.}
"""


def main() -> None:
    """Run the module."""
    module = AnsibleModule(
        argument_spec={
            "root": {"type": "path", "required": True},
            "site": {"type": "str", "required": True},
            "key": {"type": "str", "required": True, "no_log": False},
            "current": {"type": "str", "default": ""},
        },
        supports_check_mode=True,
    )
    # The library is that of the checkout; a machine without it can still read the documentation above.
    from ops import errors  # noqa: PLC0415
    from ops.recovery import certification  # noqa: PLC0415

    try:
        text = certification.certify(
            Path(module.params["root"]),
            module.params["key"],
            site=module.params["site"],
            current=module.params["current"],
            now=datetime.datetime.now(datetime.UTC),
        )
    except errors.SitewrightError as error:
        module.fail_json(msg=str(error))
    module.exit_json(changed=json.loads(text) != _parsed(module.params["current"]), certificates=text)


def _parsed(text: str) -> object:
    return json.loads(text) if text else None


if __name__ == "__main__":
    main()
