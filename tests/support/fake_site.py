"""The sitewright plugin with hosts that are files: what the engine sees is real, no machine is.

Reads the directory of its files from FAKE_SITE. `log` gets one line for each thing that was done. Of a node,
`disks/<node>` is there while its machine has a disk and `running/<node>` while it runs. Of a stage of a node (`gpu1`,
`gpu1-operations`), `fails/<stage>` makes its run fail with the file's text, `slow/<stage>` makes it take until the file
is gone, `disruptive/<stage>` makes its next look find a disruptive change, and `matches/<stage>` makes it find none.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pexpect

from ops import errors
from ops.actions import converge, machine, sites
from ops.actions.parts import Part
from ops.adapters import ansible, ansible_events
from ops.adapters.ansible_events import Status
from ops.nodes import leave as nodes_leave
from ops.provider import sitewright
from ops.spec import model, places

ROOT = Path(os.environ["FAKE_SITE"])
Say = Callable[[str], None]


def note(line: str) -> None:
    with (ROOT / "log").open("a") as file:
        file.write(f"{line}\n")


def flag(kind: str, node: str) -> Path:
    path = ROOT / kind / node
    path.parent.mkdir(parents=True, exist_ok=True)
    return path


def start(_site: str, node: str, say: Say, _cancelled: threading.Event) -> None:
    say("starting")
    note(f"start {node}")
    flag("disks", node).touch()
    flag("running", node).touch()


def destroy(_lab: str, node: str, _say: Say) -> None:
    note(f"destroy {node}")
    flag("running", node).unlink(missing_ok=True)
    flag("disks", node).unlink(missing_ok=True)


def run(part: Part, say: Say, cancelled: threading.Event) -> None:
    node = part.label
    note(f"begin {node}")
    # Ansible is started through a pseudo-terminal by fork() in the midst of gRPC's threads; about one child in five
    # dies of it when gRPC's own fork handling is on.
    if any(pexpect.run("/bin/true", withexitstatus=True)[1] != 0 for _ in range(5)):
        note(f"stillborn {node}")
    say("running: base : Install packages")
    while flag("slow", node).exists():
        if cancelled.is_set():
            note(f"cancelled {node}")
            raise errors.DeployError(f"the run on {node} was cancelled", where=node, mend="run it again")
        time.sleep(0.05)
    if flag("fails", node).exists():
        text = flag("fails", node).read_text()
        where = f"roles/base/tasks/main.yml:12 on {node}"
        raise errors.DeployError(f"task 'Install' failed on {node}: {text}", where=where, mend="put it right")
    if node.startswith("cp"):
        state = places.state_directory(sites.load(part.site).name)
        (state / "kubeconfig").write_text((ROOT / "kubeconfig").read_text())
    note(f"end {node}")


def predict(part: Part, say: Say, _cancelled: threading.Event) -> ansible.Outcome:
    node = part.label
    note(f"look {node}")
    if flag("disruptive", node).exists():
        raise errors.DeployError(
            f"'Upgrade the runtime' would interrupt what runs on {node}",
            where=f"roles/container_runtime/tasks/main.yml:8 on {node}",
            mend=f"run: ansible-playbook -i {part.site} playbooks/site.yml --limit {node}",
        )
    if flag("matches", node).exists():
        return ansible.Outcome((), ())
    say("would change 1 tasks: base : Install packages")
    return ansible.Outcome((ansible_events.Task(node, "base : Install packages", Status.CHANGED, "roles/base"),), ())


def update(part: Part, say: Say, cancelled: threading.Event) -> None:
    predict(part, say, cancelled)
    if not flag("matches", part.label).exists():
        run(part, say, cancelled)


def is_there(_lab: str, node: str) -> bool:
    return flag("disks", node).exists()


def is_running(_lab: str, node: str) -> bool:
    return flag("running", node).exists()


def reach(_site: str, node: str) -> None:
    note(f"reach {node}")


def leave(_cluster: object, _site: model.Site, node: str, _say: Say, _pause: Callable[[float], None]) -> None:
    note(f"leave {node}")


FAKES: dict[ModuleType, dict[str, Callable[..., object]]] = {
    converge: {"join": run, "predict": predict, "reach": reach, "update": update},
    nodes_leave: {"leave": leave},
    machine: {"destroy": destroy, "exists": is_there, "is_running": is_running, "stands": is_there, "start": start},
}

if __name__ == "__main__":
    for module, functions in FAKES.items():
        for name, function in functions.items():
            setattr(module, name, function)
    sitewright.main()
