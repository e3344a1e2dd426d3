from __future__ import annotations

from pathlib import Path

import pytest

from ops import spec
from ops.plan import roles_digest, stages
from ops.plan.stage import Stage
from ops.spec import places

PLAYBOOK = "playbooks/platform.yml"
ROLES = ("base", "load_balancer")


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    for name in (
        PLAYBOOK,
        "roles/base/tasks/main.yml",
        "roles/other/tasks/main.yml",
        "plugins/modules/a.py",
    ):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(name)
    return tmp_path


@pytest.mark.parametrize("changed", [PLAYBOOK, "roles/base/tasks/main.yml", "plugins/modules/a.py"])
def test_the_code_that_runs_on_a_node_counts(tree: Path, changed: str) -> None:
    before = roles_digest.roles_digest(PLAYBOOK, ROLES, tree)
    (tree / changed).write_text("changed")
    assert roles_digest.roles_digest(PLAYBOOK, ROLES, tree) != before


@pytest.mark.parametrize(
    "changed",
    [
        "roles/other/tasks/main.yml",
        "roles/base/README.md",
        "roles/base/meta/argument_specs.yml",
        "roles/base/tests/t.py",
    ],
)
def test_code_of_other_roles_and_what_is_not_run_does_not_count(tree: Path, changed: str) -> None:
    before = roles_digest.roles_digest(PLAYBOOK, ROLES, tree)
    (tree / changed).parent.mkdir(parents=True, exist_ok=True)
    (tree / changed).write_text("changed")
    assert roles_digest.roles_digest(PLAYBOOK, ROLES, tree) == before


def test_a_file_that_moves_counts(tree: Path) -> None:
    before = roles_digest.roles_digest(PLAYBOOK, ROLES, tree)
    (tree / "roles/base/tasks/main.yml").rename(tree / "roles/base/tasks/other.yml")
    assert roles_digest.roles_digest(PLAYBOOK, ROLES, tree) != before


def test_the_order_of_the_names_does_not_count() -> None:
    assert roles_digest.roles_digest(PLAYBOOK, ROLES) == roles_digest.roles_digest(PLAYBOOK, reversed(ROLES))


def test_every_role_that_a_node_uses_is_in_this_checkout() -> None:
    site = spec.load(places.PROJECT_ROOT / "inventory" / "lab-single" / "site.yml")
    names = [name for stage in Stage for name in stages.role_names(site, site.nodes[0], stage)]
    assert [name for name in names if not (places.PROJECT_ROOT / "roles" / name).is_dir()] == []
