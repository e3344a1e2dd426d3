from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from ops import spec
from ops.plan import node_variables
from ops.spec import places


def _ansible_inventory(site: str, *words: str) -> subprocess.CompletedProcess[str]:
    command = Path(sys.executable).with_name("ansible-inventory")
    return subprocess.run(
        [command, "-i", site, *words],
        capture_output=True,
        check=False,
        cwd=places.PROJECT_ROOT,
        env={**os.environ, "ANSIBLE_NOCOLOR": "1"},
        text=True,
    )


def _without_mark(value: dict[str, Any]) -> Any:
    """Return text that Ansible marks as never to be templated, without the mark."""
    return value.get("__ansible_unsafe", value)


def _listed(site: str) -> dict[str, Any]:
    ended = _ansible_inventory(site, "--list")
    assert ended.returncode == 0, ended.stderr
    assert ended.stderr == ""
    listed: dict[str, Any] = json.loads(ended.stdout, object_hook=_without_mark)
    return listed


def test_a_lab_is_groups_by_role_with_the_variables_of_the_plan() -> None:
    listed = _listed("inventory/lab/site.yml")
    hosts = {name: group["hosts"] for name, group in listed.items() if "hosts" in group}
    assert hosts == {
        "infra": ["infra1"],
        "control_plane": ["cp1"],
        "worker": ["gpu1"],
        "ingress": ["cp1", "gpu1"],
        "lab": ["infra1", "cp1", "gpu1"],
        "monitoring": ["infra1"],
        "drill_host": ["infra1"],
    }
    site = spec.load(places.PROJECT_ROOT / "inventory" / "lab" / "site.yml")
    for node in site.nodes:
        variables = listed["_meta"]["hostvars"][node.name]
        planned = node_variables.node_variables(site, node)
        assert {key: variables[key] for key in planned} == json.loads(json.dumps(planned))
        assert variables["ansible_host"] == str(node.address)
        assert "-o StrictHostKeyChecking=yes" in variables["ansible_ssh_common_args"]
        key = places.state_directory("lab") / "keys" / "ssh_key"
        assert variables["ansible_ssh_private_key_file"] == str(key)


def test_what_was_prepared_on_this_machine_holds_for_all_hosts() -> None:
    prepared = places.state_directory("lab") / "controller.json"
    prepared.parent.mkdir(parents=True)
    prepared.write_text('{"site_authority": "/somewhere/ca.crt"}')
    listed = _listed("inventory/lab/site.yml")
    assert {variables["site_authority"] for variables in listed["_meta"]["hostvars"].values()} == {"/somewhere/ca.crt"}


def test_a_real_site_pins_the_host_keys_of_its_spec_and_uses_the_agent() -> None:
    listed = _listed("inventory/example/site.yml")
    assert "lab" not in listed
    assert "ansible_ssh_private_key_file" not in listed["_meta"]["hostvars"]["gpu1"]
    lines = (places.state_directory("example") / "known_hosts").read_text().splitlines()
    site = spec.load(places.PROJECT_ROOT / "inventory" / "example" / "site.yml")
    assert lines == [f"{node.address} {node.host_key}" for node in site.nodes]


def test_a_wrong_spec_ends_the_run_with_its_faults_and_without_a_trace() -> None:
    ended = _ansible_inventory("tests/cli/wrong.yml", "--graph")
    assert ended.returncode != 0
    assert "Traceback" not in ended.stderr
    assert "error[E-SPEC-UNKNOWN-KEY]" in ended.stderr
    assert "tests/cli/wrong.yml:6: nodes[1].adress" in ended.stderr
