"""Run one playbook through ansible-runner: live tasks, a record without secrets, a clean end when cancelled."""

from __future__ import annotations

import collections
import contextlib
import dataclasses
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from ansible_runner import Runner, RunnerConfig

from ops import errors
from ops.adapters import ansible_events, site_lock
from ops.adapters.ansible_events import Status, Task
from ops.spec import places

_KEPT_VARIABLES = (
    "HOME",
    "LANG",
    "LOGNAME",
    "PATH",
    "SITEWRIGHT_LAB",
    "SSH_AUTH_SOCK",
    "TMPDIR",
    "USER",
    site_lock.TOKEN_VARIABLE,
)
_KEPT_PREFIXES = ("XDG_",)
_SIGNALLED = 128
_TERM_SECONDS = 3.0
"""Seconds that ansible-playbook gets to end its workers after SIGTERM."""


@dataclasses.dataclass(frozen=True)
class Request:
    """One run of a playbook."""

    playbook: str
    """Path relative to the checkout."""
    inventory: Path
    limit: str
    record: Path
    """Directory for the record of this run; made here, mode 0700, unless it is there."""
    check: bool = False
    """Predict only: ansible's --check."""
    variables: Mapping[str, str] = dataclasses.field(default_factory=dict)
    """Extra variables, which are seen in process lists: names and numbers, never a secret."""


@dataclasses.dataclass(frozen=True)
class Outcome:
    """A run in which nothing failed."""

    changed: tuple[Task, ...]
    disruptive: tuple[Task, ...]
    """Those of `changed` whose task is tagged `disruptive`."""


def run(request: Request, on_task: Callable[[Task], None], cancelled: threading.Event) -> Outcome:
    """Run a playbook and return what changed.

    `on_task` hears of every task as it starts and ends. When `cancelled` is set the run ends within seconds.
    Raise UnreachableError or HostKeyError when a host cannot be reached, DeployError when a task fails.
    """
    request.record.mkdir(mode=0o700, parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="sitewright-") as scratch:
        tasks = _Tasks(request.record, on_task)
        with _end_on(cancelled, Path(scratch, "pid")):
            status, code = _start(request, Path(scratch), tasks)
        _close_connections(Path(scratch, "ssh"))
        changes = _read_changes(Path(scratch, "changes"))
    ended = tasks.close(status, changes)
    if cancelled.is_set():
        raise errors.DeployError(
            f"the run on {request.limit} was cancelled", where=str(request.record), mend="run the same command again"
        )
    failed = [task for task in ended if task.status in _FAILURES]
    if failed:
        raise _failure(failed[0], request)
    if code != 0:
        raise errors.DeployError(
            f"ansible-playbook ended with {code} and no failed task: {tasks.last_words()}",
            where=str(request.record / "output.txt"),
            mend="read the output there, put it right and run the same command again",
        )
    changed = tuple(task for task in ended if task.status is Status.CHANGED)
    return Outcome(changed, tuple(task for task in changed if changes[task.host, task.path]))


_FAILURES = frozenset({Status.FAILED, Status.UNREACHABLE})


class _Tasks:
    """Collects the events of one run and writes its record: `output.txt` as it goes, `tasks.jsonl` at its end."""

    def __init__(self, record: Path, on_task: Callable[[Task], None]) -> None:
        self._ended: list[Task] = []
        self._record = record
        self._on_task = on_task
        self._output = (record / "output.txt").open("w", encoding="utf-8")

    def take(self, event: Mapping[str, Any]) -> bool:
        """Take one event; the answer False keeps ansible-runner from writing it, with all its data, to a file."""
        if event.get("stdout"):
            self._output.write(f"{event['stdout']}\n")
            self._output.flush()
        task = ansible_events.parse(event)
        if task is not None:
            if task.status is not Status.STARTED:
                self._ended.append(task)
            self._on_task(task)
        return False

    def close(self, status: str, changes: Mapping[tuple[str, str], bool]) -> list[Task]:
        """Write the record and return the tasks that ended; `changes` knows of changed tasks that hide their result."""
        self._output.close()
        ended = [
            dataclasses.replace(task, status=Status.CHANGED)
            if task.status is Status.OK and (task.host, task.path) in changes
            else task
            for task in self._ended
        ]
        lines = [json.dumps(dataclasses.asdict(task)) + "\n" for task in ended]
        (self._record / "tasks.jsonl").write_text("".join(lines), encoding="utf-8")
        count = collections.Counter(task.status for task in ended)
        verdict = {"status": status, **{key.value: count[key] for key in Status if count[key]}}
        (self._record / "result.json").write_text(json.dumps(verdict) + "\n", encoding="utf-8")
        return ended

    def last_words(self) -> str:
        """Return the last lines that ansible-playbook printed."""
        lines = (self._record / "output.txt").read_text(encoding="utf-8").strip().splitlines()
        return "\n".join(lines[-5:]) or "it printed nothing"


def _start(request: Request, scratch: Path, tasks: _Tasks) -> tuple[str, int]:
    """Run ansible-playbook and return ansible-runner's status and the exit code."""
    words = ["--check"] if request.check else []
    configuration = RunnerConfig(
        private_data_dir=str(scratch),
        project_dir=str(places.PROJECT_ROOT),
        playbook=request.playbook,
        inventory=str(request.inventory),
        limit=request.limit,
        cmdline=" ".join(words) or None,
        extravars=dict(request.variables),
        settings={"suppress_output_file": True, "pexpect_timeout": 1},
        quiet=True,
        suppress_env_files=True,
    )
    configuration.prepare()
    configuration.env = _environment(configuration.env, scratch)
    configuration.command = _guard(configuration.command, scratch / "pid")
    runner = Runner(config=configuration, event_handler=tasks.take)
    status, code = runner.run()
    # pexpect has no exit code for a process that a signal ended.
    return str(status), _SIGNALLED if code is None else int(code)


def _environment(prepared: Mapping[str, str], scratch: Path) -> dict[str, str]:
    """Return ansible-playbook's environment: what ansible-runner set, and of ours only what holds no secret."""
    kept = {
        key: value
        for key, value in prepared.items()
        if key in _KEPT_VARIABLES or key.startswith(_KEPT_PREFIXES) or os.environ.get(key) != value
    }
    callbacks = f"{places.PROJECT_ROOT / 'plugins' / 'callback'}:{prepared['ANSIBLE_CALLBACK_PLUGINS']}"
    return kept | {
        "ANSIBLE_CALLBACK_PLUGINS": callbacks,
        "ANSIBLE_CALLBACKS_ENABLED": "changes,site_lock",
        "ANSIBLE_CONFIG": str(places.PROJECT_ROOT / "ansible.cfg"),
        # ansible-runner turns host key checking off unless told otherwise (config/_base.py, prepare_env).
        "ANSIBLE_HOST_KEY_CHECKING": "True",
        "ANSIBLE_SSH_CONTROL_PATH_DIR": str(scratch / "ssh"),
        "LC_ALL": "C.UTF-8",
        "PATH": f"{Path(sys.executable).parent}:{prepared.get('PATH', os.defpath)}",
        "SITEWRIGHT_CHANGES_FILE": str(scratch / "changes"),
    }


def _guard(command: list[str], pid_file: Path) -> list[str]:
    """Return a command that notes its process id and gets SIGTERM when this process dies, by `kill -9` too."""
    note = 'echo "$$" >"$1"; shift; exec "$@"'
    return ["/bin/sh", "-c", note, "ansible-run", str(pid_file), "setpriv", "--pdeathsig", "TERM", "--", *command]


@contextlib.contextmanager
def _end_on(cancelled: threading.Event, pid_file: Path) -> Iterator[None]:
    """While the block runs, end ansible-playbook when `cancelled` is set.

    ansible-playbook's workers lead process groups of their own and end only when it passes SIGTERM on
    (ansible.executor.task_queue_manager); ansible-runner's own cancelling is SIGKILL and would orphan them.
    """
    finished = threading.Event()
    watcher = threading.Thread(target=_watch, args=(cancelled, finished, pid_file), daemon=True)
    watcher.start()
    try:
        yield
    finally:
        finished.set()
        watcher.join()


def _watch(cancelled: threading.Event, finished: threading.Event, pid_file: Path) -> None:
    while not finished.wait(0.2):
        if cancelled.is_set() and pid_file.exists() and (text := pid_file.read_text(encoding="utf-8").strip()):
            with contextlib.suppress(ProcessLookupError):
                os.kill(int(text), signal.SIGTERM)
                if not finished.wait(_TERM_SECONDS):
                    os.killpg(int(text), signal.SIGKILL)
            return


def _close_connections(directory: Path) -> None:
    """End the ssh masters that ansible leaves waiting for a next run."""
    for socket in directory.glob("*"):
        subprocess.run(
            ["ssh", "-o", f"ControlPath={socket}", "-O", "exit", "node"],  # noqa: S607 - OpenSSH from PATH
            check=False,  # a master that has ended by itself answers with 255
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            timeout=10,
        )
    shutil.rmtree(directory, ignore_errors=True)


def _read_changes(file: Path) -> dict[tuple[str, str], bool]:
    """Return host and place of each changed task, and whether it is disruptive (plugins/callback/changes.py)."""
    if not file.exists():
        return {}
    lines = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
    return {(line["host"], ansible_events.shorten(line["path"])): line["disruptive"] for line in lines}


_CAUSES: dict[str, type[errors.SitewrightError]] = {
    "no space left on device": errors.DiskFullError,
    "you don't have enough free space": errors.DiskFullError,
    "address already in use": errors.PortInUseError,
}
"""What a failed task's message holds, in lower case, where the cause has an exit code of its own."""
_CAUSE_MENDS = {
    errors.DiskFullError: "make room on that machine, then run the same command again: done tasks stay done",
    errors.PortInUseError: "stop that program, or give the site another port (network in the spec), then run again",
}


_HOST_KEY = (
    "REMOTE HOST IDENTIFICATION HAS CHANGED",
    "Host key verification failed",
    "SSH reported an unrecognized or mismatching host key",
)
"""What ssh says of a key that is not the pinned one, and in the end what Mitogen makes of it (mitogen/ssh.py)."""


def _failure(task: Task, request: Request) -> errors.SitewrightError:
    where = f"{task.path} on {task.host} (record: {request.record})"
    if any(phrase in task.message for phrase in _HOST_KEY):
        return errors.HostKeyError(
            f"{task.host} answers with a host key that is not the pinned one",
            where=where,
            mend="find out why the key changed before you pin the new one in the spec (host_key)",
        )
    if task.status is Status.UNREACHABLE:
        return errors.UnreachableError(
            f"{task.host} does not answer: {task.message}",
            where=where,
            mend="check that the machine is up and reachable by ssh, then run the same command again",
        )
    for phrase, kind in _CAUSES.items():
        if phrase in task.message.lower():
            return kind(
                f"task '{task.name}' failed on {task.host}: {task.message}", where=where, mend=_CAUSE_MENDS[kind]
            )
    if request.check:
        return errors.DeployError(
            f"cannot say what would change on {task.host}: in check mode task '{task.name}' failed: {task.message}",
            where=where,
            mend=f"run it for real: ansible-playbook -i {request.inventory} {request.playbook} --limit {request.limit}",
        )
    return errors.DeployError(
        f"task '{task.name}' failed on {task.host}: {task.message}",
        where=where,
        mend="read the message and the record, put it right and run the same command again: done tasks stay done",
    )
