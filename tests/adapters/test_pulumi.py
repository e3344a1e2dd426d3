"""The adapter over the real command line."""

from __future__ import annotations

import dataclasses
import json
import subprocess
import sys
from pathlib import Path

import pytest

from ops import errors
from ops.adapters import pulumi, pulumi_recovery
from ops.spec import places
from tests.support import pulumi_project

pytestmark = pytest.mark.pulumi

PROGRAM = """
import os, pulumi
pulumi.export("answer", 42)
pulumi.export("key", pulumi.Output.secret("planted-value"))
if "TEST_COMPONENT" in os.environ:
    pulumi.ComponentResource("test:one:Thing", "thing")
if "TEST_FAILS" in os.environ:
    raise RuntimeError("as the test wants it")
"""


@pytest.fixture
def stack(tmp_path: Path) -> pulumi.Stack:
    checkout = pulumi_project.write_checkout(tmp_path / "checkout", PROGRAM, {})
    (tmp_path / "backend").mkdir()
    return pulumi.Stack("test", pulumi_project.environment(tmp_path), checkout)


def with_variables(stack: pulumi.Stack, **variables: str) -> pulumi.Stack:
    return dataclasses.replace(stack, environment={**stack.environment, **variables})


def test_a_stack_is_made_updated_and_removed(stack: pulumi.Stack, capfd: pytest.CaptureFixture[str]) -> None:
    assert pulumi.export(stack) is None
    pulumi.select(stack)
    pulumi.select(stack)
    grown = with_variables(stack, TEST_COMPONENT="yes")
    assert [(change.operation, change.name) for change in pulumi.preview(grown)] == [
        ("create", "trial-test"),
        ("create", "thing"),
    ]
    pulumi.up(grown, "--skip-preview")
    assert "created" in capfd.readouterr().out
    assert pulumi.preview(grown) == ()
    assert pulumi.outputs(stack)["answer"] == 42
    assert [change.operation for change in pulumi.preview(stack)] == ["delete"]
    pulumi.destroy(stack, "--skip-preview")
    pulumi.remove(stack)
    assert pulumi.export(stack) is None
    pulumi.remove(stack)


def test_a_failing_program_is_an_error_whose_message_stands_above(
    stack: pulumi.Stack, capfd: pytest.CaptureFixture[str]
) -> None:
    pulumi.select(stack)
    with pytest.raises(errors.DeployError, match="pulumi up ended with"):
        pulumi.up(with_variables(stack, TEST_FAILS="yes"), "--skip-preview")
    assert "RuntimeError: as the test wants it" in capfd.readouterr().out


def test_a_wrong_passphrase_is_a_wrong_credential(stack: pulumi.Stack) -> None:
    pulumi.select(stack)
    pulumi.up(stack, "--skip-preview")
    Path(stack.environment["PULUMI_CONFIG_PASSPHRASE_FILE"]).write_text("wrong\n")
    with pytest.raises(errors.CredentialError) as caught:
        pulumi.preview(stack)
    assert "PULUMI_CONFIG_PASSPHRASE_FILE" in caught.value.mend


def test_a_stack_that_was_made_anew_elsewhere_gives_this_checkout_its_salt(stack: pulumi.Stack) -> None:
    pulumi.select(stack)
    file = stack.directory / "Pulumi.test.yaml"
    old = file.read_text()
    pulumi.remove(stack, force=True)
    Path(stack.environment["PULUMI_CONFIG_PASSPHRASE_FILE"]).write_text("another\n")
    pulumi.select(stack)
    pulumi.up(stack, "--skip-preview")
    file.write_text(old)
    assert pulumi_recovery.settle(stack, "trial") == ("dropped the salt of another stack from the stack's file",)
    assert pulumi.preview(stack) == ()
    assert pulumi_recovery.settle(stack, "trial") == ()


def test_pulumi_dies_with_the_process_that_ran_it(stack: pulumi.Stack) -> None:
    pulumi.select(stack)
    wait = "import time\ntime.sleep(300)\n"
    (stack.directory / "stacks" / "__main__.py").write_text(wait)
    code = (
        "import json, sys\nfrom pathlib import Path\nfrom ops.adapters import pulumi\n"
        "pulumi.up(pulumi.Stack('test', json.loads(sys.argv[1]), Path(sys.argv[2])), '--skip-preview')\n"
    )
    argv = [sys.executable, "-c", code, json.dumps(dict(stack.environment)), str(stack.directory)]
    with subprocess.Popen(argv, cwd=places.PROJECT_ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert "Updating" in process.stdout.readline()
        process.kill()
        # The pipe ends when the last process that writes to it is gone.
        process.stdout.read()
    assert len(pulumi_recovery.break_dead_locks(stack, "trial")) == 1
