"""Ansible module: make or revoke a Kubernetes bootstrap token through the API, on the operator's machine."""

from __future__ import annotations

import base64
import datetime
import http
import secrets
import string
from pathlib import Path
from typing import Any

import yaml
from ansible.module_utils.basic import AnsibleModule
from kubernetes import client, config
from kubernetes.client.exceptions import ApiException

DOCUMENTATION = r"""
module: bootstrap_token
short_description: Make or revoke a Kubernetes bootstrap token
description: >-
  A token joins nodes until it ends. It is a Secret of kube-system
  (Kubernetes documentation, "Authenticating with Bootstrap Tokens").
options:
  kubeconfig: {type: path, required: true, description: Kubeconfig of an administrator.}
  endpoint: {type: str, description: "Host and port of the API as nodes know it, for the discovery file."}
  minutes: {type: int, default: 15, description: Minutes until the token ends.}
  token_id: {type: str, description: Public part of the token to revoke.}
  state: {type: str, choices: [present, absent], default: present, description: Make or revoke.}
author: [sitewright]
"""
EXAMPLES = r"""
- name: Example
  bootstrap_token: {kubeconfig: admin.conf, endpoint: 'api.site.internal:7443'}
"""
RETURN = r"""
token_id: {type: str, returned: when made, description: Public part of the token.}
discovery: {type: str, returned: when made, description: Kubeconfig for kubeadm's file discovery; holds the token.}
"""

NAMESPACE = "kube-system"
JOIN_GROUP = "system:bootstrappers:kubeadm:default-node-token"
"""The group that kubeadm's own tokens carry (kubeadm v1beta4)."""


def random_text(length: int) -> str:
    """Return lower-case letters and digits, as bootstrap tokens are made of."""
    alphabet = string.ascii_lowercase + string.digits
    return "".join(secrets.choice(alphabet) for _ in range(length))


def token_secret(token_id: str, token: str, minutes: int) -> client.V1Secret:
    """Return the Secret that is a bootstrap token."""
    end = datetime.datetime.now(datetime.UTC) + datetime.timedelta(minutes=minutes)
    return client.V1Secret(
        metadata=client.V1ObjectMeta(name=f"bootstrap-token-{token_id}", namespace=NAMESPACE),
        type="bootstrap.kubernetes.io/token",
        string_data={
            "token-id": token_id,
            "token-secret": token,
            "expiration": end.strftime("%Y-%m-%dT%H:%M:%SZ"),
            "usage-bootstrap-authentication": "true",
            "auth-extra-groups": JOIN_GROUP,
        },
    )


def discovery_file(endpoint: str, authority: bytes, token: str) -> str:
    """Return the kubeconfig of kubeadm's file discovery, with the cluster's CA pinned."""
    cluster = {
        "server": f"https://{endpoint}",
        "certificate-authority-data": base64.b64encode(authority).decode(),
    }
    return yaml.safe_dump(
        {
            "apiVersion": "v1",
            "kind": "Config",
            "clusters": [{"name": "site", "cluster": cluster}],
            "users": [{"name": "join", "user": {"token": token}}],
            "contexts": [{"name": "join", "context": {"cluster": "site", "user": "join"}}],
            "current-context": "join",
        }
    )


def make(module: AnsibleModule, api: client.CoreV1Api) -> dict[str, Any]:
    """Make a token and return its id and discovery file."""
    token_id, token = random_text(6), random_text(16)
    api.create_namespaced_secret(NAMESPACE, token_secret(token_id, token, module.params["minutes"]))
    authority = Path(api.api_client.configuration.ssl_ca_cert).read_bytes()
    discovery = discovery_file(module.params["endpoint"], authority, f"{token_id}.{token}")
    return {"changed": True, "token_id": token_id, "discovery": discovery}


def revoke(module: AnsibleModule, api: client.CoreV1Api) -> dict[str, Any]:
    """Delete a token; one that has ended by itself is no error."""
    try:
        api.delete_namespaced_secret(f"bootstrap-token-{module.params['token_id']}", NAMESPACE)
    except ApiException as error:
        if error.status != http.HTTPStatus.NOT_FOUND:
            raise
        return {"changed": False}
    return {"changed": True}


def main() -> None:
    """Run the module."""
    module = AnsibleModule(
        argument_spec={
            "kubeconfig": {"type": "path", "required": True},
            "endpoint": {"type": "str"},
            "minutes": {"type": "int", "default": 15},
            "token_id": {"type": "str", "no_log": False},
            "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
        },
        required_if=[("state", "present", ["endpoint"]), ("state", "absent", ["token_id"])],
        supports_check_mode=True,
    )
    if module.check_mode:
        module.exit_json(changed=True, token_id="", discovery="")
    api = client.CoreV1Api(config.new_client_from_config(module.params["kubeconfig"]))  # type: ignore[no-untyped-call] # no types
    act = make if module.params["state"] == "present" else revoke
    try:
        result = act(module, api)
    except ApiException as error:
        module.fail_json(msg=f"the Kubernetes API refused the bootstrap token: {error.status} {error.reason}")
    module.exit_json(**result)


if __name__ == "__main__":
    main()
