"""The adapter over the real ansible-playbook; the connection is local, so that node gpu1 is this host."""

from __future__ import annotations

import json
import stat
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from ops import errors
from ops.adapters import ansible
from ops.adapters.ansible_events import Status, Task
from ops.spec import places

HEAD = """
- name: Trial
  hosts: gpu1
  connection: local
  gather_facts: false
  tasks:
"""


@pytest.fixture
def inventory(tmp_path: Path) -> Path:
    return places.PROJECT_ROOT / "inventory" / "lab" / "site.yml"


def play(tmp_path: Path, tasks: str) -> str:
    path = tmp_path / "play.yml"
    path.write_text(HEAD + tasks)
    return str(path)


def run(
    tmp_path: Path, inventory: Path, tasks: str, *, check: bool = False, cancelled: threading.Event | None = None
) -> tuple[ansible.Outcome, list[Task]]:
    seen: list[Task] = []
    request = ansible.Request(play(tmp_path, tasks), inventory, "gpu1", tmp_path / "record", check)
    return ansible.run(request, seen.append, cancelled or threading.Event()), seen


def test_what_changed_is_told_and_tasks_are_heard_of_as_they_start(tmp_path: Path, inventory: Path) -> None:
    tasks = f"""
    - name: Write a file
      ansible.builtin.copy: {{content: x, dest: {tmp_path}/made, mode: "0600"}}
    - name: Look
      ansible.builtin.stat: {{path: {tmp_path}/made}}
"""
    outcome, seen = run(tmp_path, inventory, tasks)
    assert [task.name for task in outcome.changed] == ["Write a file"]
    assert outcome.disruptive == ()
    assert [(task.name, task.status) for task in seen] == [
        ("Write a file", Status.STARTED),
        ("Write a file", Status.CHANGED),
        ("Look", Status.STARTED),
        ("Look", Status.OK),
    ]
    assert (tmp_path / "made").read_text() == "x"


def test_a_look_changes_nothing_and_names_what_is_disruptive(tmp_path: Path, inventory: Path) -> None:
    tasks = f"""
    - name: Write a file
      ansible.builtin.copy: {{content: x, dest: {tmp_path}/made, mode: "0600"}}
    - name: Both
      tags: [disruptive]
      block:
        - name: Restart
          ansible.builtin.copy: {{content: x, dest: {tmp_path}/restarted, mode: "0600"}}
        - name: Stay
          ansible.builtin.stat: {{path: {tmp_path}/made}}
"""
    outcome, _ = run(tmp_path, inventory, tasks, check=True)
    assert [task.name for task in outcome.changed] == ["Write a file", "Restart"]
    assert [task.name for task in outcome.disruptive] == ["Restart"]
    assert not (tmp_path / "made").exists()


def test_a_failing_task_is_told_with_host_message_file_and_line(tmp_path: Path, inventory: Path) -> None:
    with pytest.raises(errors.DeployError) as caught:
        run(tmp_path, inventory, '    - name: Break\n      ansible.builtin.command: sh -c "echo reason >&2; exit 3"\n')
    assert "task 'Break' failed on gpu1: non-zero return code\nreason" in str(caught.value)
    assert f"{tmp_path}/play.yml:7 on gpu1" in caught.value.where
    assert str(tmp_path / "record") in caught.value.where


def test_an_ignored_failure_is_none(tmp_path: Path, inventory: Path) -> None:
    _, seen = run(
        tmp_path, inventory, "    - name: Try\n      ansible.builtin.command: 'false'\n      ignore_errors: true\n"
    )
    assert seen[-1].status is Status.OK


def test_a_playbook_that_cannot_be_read_is_told_with_ansibles_words(tmp_path: Path, inventory: Path) -> None:
    with pytest.raises(errors.DeployError, match="no failed task"):
        run(tmp_path, inventory, "    - name: Wrong\n      no.such.module: {}\n")


def test_the_record_says_what_happened_and_holds_no_secret(
    tmp_path: Path, inventory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "planted-in-environment")
    tasks = f"""
    - name: Keep it
      no_log: true
      ansible.builtin.copy: {{content: planted-in-task, dest: {tmp_path}/kept, mode: "0600"}}
"""
    run(tmp_path, inventory, tasks)
    record = tmp_path / "record"
    assert (tmp_path / "kept").read_text() == "planted-in-task"
    assert json.loads((record / "result.json").read_text()) == {"status": "successful", "changed": 1}
    assert json.loads((record / "tasks.jsonl").read_text())["name"] == "Keep it"
    assert stat.S_IMODE(record.stat().st_mode) == 0o700
    content = b"".join(file.read_bytes() for file in record.rglob("*") if file.is_file())
    assert b"Keep it" in content
    assert b"planted" not in content


def test_the_callers_secrets_do_not_reach_ansible(
    tmp_path: Path, inventory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PULUMI_CONFIG_PASSPHRASE", "planted")
    run(tmp_path, inventory, f"    - name: Look\n      ansible.builtin.shell: env > {tmp_path}/seen\n")
    seen = (tmp_path / "seen").read_text()
    assert "ANSIBLE_HOST_KEY_CHECKING=True" in seen
    assert "planted" not in seen


def test_cancelling_ends_the_task_and_its_children(tmp_path: Path, inventory: Path) -> None:
    cancelled = threading.Event()
    pid = tmp_path / "pid"
    tasks = f"    - name: Wait\n      ansible.builtin.shell: echo $$ > {pid}; exec sleep 300\n"

    def cancel_when_it_runs() -> None:
        for _ in range(1200):
            if pid.exists() and pid.read_text().strip():
                break
            threading.Event().wait(0.05)
        cancelled.set()

    helper = threading.Thread(target=cancel_when_it_runs, daemon=True)
    helper.start()
    with pytest.raises(errors.DeployError, match="was cancelled"):
        run(tmp_path, inventory, tasks, cancelled=cancelled)
    helper.join()
    assert ends(int(pid.read_text()))


def test_a_killed_caller_takes_the_run_with_it(tmp_path: Path, inventory: Path) -> None:
    pid = tmp_path / "pid"
    playbook = play(tmp_path, f"    - name: Wait\n      ansible.builtin.shell: echo $$ > {pid}; exec sleep 300\n")
    code = (
        "import sys, threading\nfrom pathlib import Path\nfrom ops.adapters import ansible\n"
        "request = ansible.Request(sys.argv[1], Path(sys.argv[2]), 'gpu1', Path(sys.argv[3]))\n"
        "ansible.run(request, lambda task: None, threading.Event())\n"
    )
    argv = [sys.executable, "-c", code, playbook, str(inventory), str(tmp_path / "record")]
    with subprocess.Popen(argv, cwd=places.PROJECT_ROOT) as process:
        for _ in range(1200):
            if pid.exists() and pid.read_text().strip():
                break
            threading.Event().wait(0.05)
        process.kill()
    assert ends(int(pid.read_text()))


def ends(pid: int) -> bool:
    """Say whether a process ends within seconds; one that waits to be reaped has ended."""
    for _ in range(200):
        try:
            state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
        except (FileNotFoundError, ProcessLookupError):
            return True
        if state == "Z":
            return True
        threading.Event().wait(0.05)
    return False
