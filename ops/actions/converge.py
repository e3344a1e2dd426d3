"""Bring one stage of a node into the state that the spec asks for: look, run the playbook, leave a record."""

from __future__ import annotations

import contextlib
import datetime
import json
import threading
from collections.abc import Callable
from pathlib import Path

from ops import errors
from ops.actions import provenance, sites
from ops.actions.parts import Part
from ops.adapters import ansible, site_lock, ssh
from ops.adapters.ansible_events import Status, Task
from ops.plan.stage import Stage, playbook
from ops.spec import access, model, places

Say = Callable[[str], None]
"""Takes one line about what is going on."""

PLAYBOOK = "playbooks/site.yml"

_SHOWN = 3
"""Tasks that a one-line summary names."""


def join(part: Part, say: Say, cancelled: threading.Event) -> None:
    """Run the playbook on a node that Pulumi's state does not know.

    A real one that is in the cluster already, because the state was lost, is treated as what it is: a joined node. Of
    the later stage that says nothing, since its node has just joined, and none of its tasks is disruptive.
    """
    site = sites.load(part.site)
    if site.lab is None and part.stage is Stage.PLATFORM and _is_joined(site, part.node):
        say("in the cluster already")
        update(part, say, cancelled)
    else:
        converge(part, say, cancelled)


def converge(part: Part, say: Say, cancelled: threading.Event) -> ansible.Outcome:
    """Run the playbook on one node. Raise DeployError, UnreachableError or HostKeyError."""
    return _run(part, say, cancelled, check=False)


def predict(part: Part, say: Say, cancelled: threading.Event) -> ansible.Outcome:
    """Say what the playbook would change on a joined node. Raise DeployError where that is disruptive."""
    outcome = _run(part, say, cancelled, check=True)
    if outcome.disruptive:
        raise _refusal(part, outcome.disruptive[0])
    say(_summary("would change", outcome.changed))
    return outcome


def update(part: Part, say: Say, cancelled: threading.Event) -> None:
    """Run the playbook on a joined node unless it matches already. Raise DeployError where that is disruptive."""
    if predict(part, say, cancelled).changed:
        say(_summary("changed", converge(part, say, cancelled).changed))


def reach(site_path: str, node_name: str) -> None:
    """Log in to a node. Raise UnreachableError, HostKeyError or CredentialError when that fails."""
    _ask(sites.load(site_path), node_name, "true")


def _is_joined(site: model.Site, node: str) -> bool:
    """Say whether kubeadm has made a node a member of a cluster: then it has this file."""
    return _ask(site, node, "test -e /etc/kubernetes/kubelet.conf") == 0


def _ask(site: model.Site, node: str, command: str) -> int:
    """Run a command on a node and return its exit code. Raise UnreachableError, HostKeyError or CredentialError."""
    access.pin(site)
    target = f"{site.access.user}@{site.node(node).address}"
    options = ssh.options(access.known_hosts(site), access.private_key(site))
    return ssh.run(target, options, command, timeout=access.CONNECT_SECONDS * 2).returncode


def _run(part: Part, say: Say, cancelled: threading.Event, *, check: bool) -> ansible.Outcome:
    site = sites.load(part.site)
    request = ansible.Request(
        playbook=playbook(part.stage),
        inventory=sites.locate(part.site),
        limit=part.node,
        record=_new_record(site, part.label, check),
        check=check,
    )
    _write_context(site, request)
    verb = "looking" if check else "running"
    # Nodes run side by side in one process, which holds the lock once; plain `pulumi up` takes it here.
    lock = contextlib.nullcontext() if check else site_lock.hold(places.state_directory(site.name))
    with lock:
        return ansible.run(request, lambda task: _tell(say, verb, task), cancelled)


def _new_record(site: model.Site, label: str, check: bool) -> Path:
    """Return the directory of a new run record: `runs/<UTC stamp>-<part>`."""
    stamp = datetime.datetime.now(datetime.UTC).strftime("%Y%m%dT%H%M%S.%fZ")
    name = f"{stamp}-{label}-check" if check else f"{stamp}-{label}"
    return places.state_directory(site.name) / "runs" / name


def _write_context(site: model.Site, request: ansible.Request) -> None:
    """Write what code ran. Raise DeployError on a real site when the checkout is not as committed."""
    commit = None if site.lab is not None else provenance.clean_commit()
    request.record.mkdir(mode=0o700, parents=True)
    context = {
        "schema_version": 1,
        "site": site.name,
        "node": request.limit,
        "playbook": request.playbook,
        "check": request.check,
        "commit": commit,
    }
    (request.record / "context.json").write_text(json.dumps(context, indent=2) + "\n", encoding="utf-8")


def _tell(say: Say, verb: str, task: Task) -> None:
    if task.status is Status.STARTED:
        say(f"{verb}: {task.name}")


def _summary(verb: str, changed: tuple[Task, ...]) -> str:
    """Return one line about changed tasks."""
    if not changed:
        return "matches already: nothing to run"
    names = ", ".join(task.name for task in changed[:_SHOWN])
    more = f" and {len(changed) - _SHOWN} more" if len(changed) > _SHOWN else ""
    return f"{verb} {len(changed)} tasks: {names}{more}"


def _refusal(part: Part, task: Task) -> errors.DeployError:
    return errors.DeployError(
        f"'{task.name}' would interrupt what runs on {part.node}, and Pulumi does not do that as a side effect",
        where=f"{task.path} on {part.node}",
        mend=f"run: ansible-playbook -i {part.site} {_safe_playbook(task)} --limit {part.node}; then run Pulumi again",
    )


def _safe_playbook(task: Task) -> str:
    """Return the playbook named after the task's role, which does its disruptive changes node by node, or site.yml."""
    parts = Path(task.path).parts
    role = parts[1] if parts[:1] == ("roles",) else ""
    named = f"playbooks/{role}.yml"
    return named if role and (places.PROJECT_ROOT / named).exists() else PLAYBOOK
