"""Ansible's tasks share one Python on a node, and on this machine they stay processes of their own."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ops.adapters import process
from ops.spec import places
from tests.support import site as support

pytestmark = pytest.mark.e2e

MODULE = """#!/usr/bin/python3
import os
from ansible.module_utils.basic import AnsibleModule

module = AnsibleModule(argument_spec={}, supports_check_mode=True)
module.exit_json(process=os.getpid())
"""
PLAY = """
- name: Twice
  hosts: gpu1
  gather_facts: false
  become: true
  tasks:
    - {name: First, which_process: {}}
    - {name: Second, which_process: {}}
    - {name: Third, which_process: {}, delegate_to: localhost, become: false}
    - {name: Fourth, which_process: {}, delegate_to: localhost, become: false}
"""


def test_tasks_on_a_node_share_one_python_and_those_here_do_not(site: support.TestSite, tmp_path: Path) -> None:
    (tmp_path / "which_process.py").write_text(MODULE)
    (tmp_path / "play.yml").write_text(PLAY)
    environment = {
        **site.environment(),
        "ANSIBLE_LIBRARY": str(tmp_path),
        "ANSIBLE_STDOUT_CALLBACK": "ansible.posix.json",
    }
    words: list[str | Path] = ["ansible-playbook", "-i", site.path, tmp_path / "play.yml"]
    said = process.run(words, timeout=120, environment=environment, directory=places.PROJECT_ROOT).stdout
    tasks = json.loads(said[said.index("{") :])["plays"][0]["tasks"]
    first, second, third, fourth = (task["hosts"]["gpu1"]["process"] for task in tasks)
    assert first == second
    assert third != fourth
