from __future__ import annotations

import json
import os
import socket
import subprocess
from pathlib import Path

import pytest
import yaml

from ops.adapters import pulumi, pulumi_recovery


@pytest.fixture
def stack(tmp_path: Path) -> pulumi.Stack:
    return pulumi.Stack("lab", {"PULUMI_BACKEND_URL": f"file://{tmp_path}/backend"}, tmp_path)


def write_lock(stack: pulumi.Stack, pid: int, hostname: str | None = None) -> Path:
    directory = stack.directory / "backend" / ".pulumi" / "locks" / "organization" / "sitewright" / "lab"
    directory.mkdir(parents=True, exist_ok=True)
    file = directory / f"{pid}.json"
    file.write_text(json.dumps({"pid": pid, "username": "root", "hostname": hostname or socket.gethostname()}))
    file.with_name(f"{file.name}.attrs").write_text("{}")
    return file


def dead_process() -> int:
    process = subprocess.Popen(["true"])
    process.wait()
    return process.pid


def test_the_lock_of_a_dead_process_is_broken(stack: pulumi.Stack) -> None:
    pid = dead_process()
    file = write_lock(stack, pid)
    assert pulumi_recovery.break_dead_locks(stack) == (pid,)
    assert list(file.parent.iterdir()) == []


def test_a_number_that_another_program_has_now_holds_no_lock(stack: pulumi.Stack) -> None:
    write_lock(stack, os.getppid())
    assert pulumi_recovery.break_dead_locks(stack) == (os.getppid(),)


def test_the_lock_of_a_living_pulumi_stays(stack: pulumi.Stack) -> None:
    with subprocess.Popen(["pulumi", "60"], executable="/bin/sleep") as process:
        # Popen returns as the program is loaded, a moment before the kernel shows its words.
        while not Path(f"/proc/{process.pid}/cmdline").read_bytes():
            assert process.poll() is None
        file = write_lock(stack, process.pid)
        assert pulumi_recovery.break_dead_locks(stack) == ()
        assert file.exists()
        process.kill()


def test_the_lock_of_another_host_stays(stack: pulumi.Stack) -> None:
    write_lock(stack, dead_process(), hostname="elsewhere")
    assert pulumi_recovery.break_dead_locks(stack) == ()


def test_a_backend_that_is_no_directory_has_no_such_locks(tmp_path: Path) -> None:
    stack = pulumi.Stack("lab", {"PULUMI_BACKEND_URL": "s3://bucket"}, tmp_path)
    assert pulumi_recovery.break_dead_locks(stack) == ()


@pytest.mark.parametrize(("salt", "dropped"), [("v1:own", False), ("v1:other", True), (None, True)])
def test_the_salt_of_another_stack_is_dropped_and_settings_stay(
    stack: pulumi.Stack, salt: str | None, dropped: bool
) -> None:
    file = stack.directory / "Pulumi.lab.yaml"
    file.write_text("encryptionsalt: v1:own\nconfig:\n  sitewright:site: here.yml\n")
    assert pulumi_recovery.drop_foreign_salt(stack, salt) is dropped
    content = yaml.safe_load(file.read_text())
    assert ("encryptionsalt" in content) is not dropped
    assert content["config"] == {"sitewright:site": "here.yml"}


def test_a_checkout_without_the_file_is_left_as_it_is(stack: pulumi.Stack) -> None:
    assert not pulumi_recovery.drop_foreign_salt(stack, "v1:own")
    assert not (stack.directory / "Pulumi.lab.yaml").exists()
