"""What the drill `control-plane-lost` does to a lab: its means, put together on the operator's machine."""

from __future__ import annotations

import datetime
import json
import tempfile
import threading
from collections.abc import Callable, Mapping
from pathlib import Path

from ops import errors
from ops.actions import cluster, machine, members, prepare
from ops.adapters import ansible, gateway, kubernetes_identity, kubernetes_nodes, traffic
from ops.adapters.ansible_events import Status, Task
from ops.plan import endpoints
from ops.plan.serving import shared
from ops.recovery import damage, questions
from ops.recovery.catalogue import Entry
from ops.recovery.drills.control_plane_lost import KINDS, Cluster, Means
from ops.recovery.golden import Envelope, GoldenSet
from ops.recovery.point import Kind
from ops.spec import model

PLAYBOOK = "playbooks/restore_control_plane.yml"
DATA_TASK = "Make etcd's data from the snapshot"
"""How the name of the task goes on whose end the last byte is in its place."""
CLIENTS = 2
_ALLOWED = frozenset({model.Role.CONTROL_PLANE, model.Role.INGRESS})
_API_SECONDS = 5.0
_ANSWER_SECONDS = 60.0

Say = Callable[[str], None]


def check(site: model.Site, *, destroys: bool) -> model.Node:
    """Return the control plane that the drill destroys. Raise PrerequisiteError where it may not."""
    planes = site.nodes_with(model.Role.CONTROL_PLANE)
    if site.lab is None:
        raise _refused(site, f"{site.name} is a real site: this drill destroys a machine", "run it on a lab")
    if len(planes) != 1 or set(planes[0].roles) - _ALLOWED:
        raise _refused(site, "this drill needs one control plane that is nothing else", "run it on the lab lab-pair")
    if not destroys:
        raise _refused(
            site,
            f"this drill destroys machine {planes[0].name} of lab {site.name}, and nobody said that it may",
            "say so: --destroys-control-plane",
        )
    return planes[0]


def means(path: Path, site: model.Site, entry: Entry, say: Say) -> Means:
    """Return what the drill does and asks, for a lab and one of its recovery points."""
    node = check(site, destroys=True).name
    space = prepare.workspace(site)
    here = _Here(path, site, space, entry, say)
    return Means(
        entry=entry,
        node=node,
        prove=here.prove,
        refuse=here.refuse,
        lose=lambda: here.lose(node),
        replace=lambda: machine.start(str(path), node, say, threading.Event()),
        bring_back=here.bring_back,
        is_up=here.is_up,
        readiness=here.readiness,
        cluster=here.cluster,
        ask=here.ask,
        envelope=here.envelope,
        traffic=lambda: traffic.running(
            endpoints.gateway_url(site), space.trust, here.key(), here.short_question(), clients=CLIENTS
        ),
        say=say,
    )


class _Here:
    """The lab as this machine reaches it; knows since when the nodes must have been heard of."""

    def __init__(self, path: Path, site: model.Site, space: prepare.Workspace, entry: Entry, say: Say) -> None:
        self._path, self._site, self._space, self._entry, self._say = path, site, space, entry, say
        self._lost: datetime.datetime | None = None

    def prove(self) -> None:
        """Restore what the playbook will restore, compare it, and keep nothing."""
        with tempfile.TemporaryDirectory(dir=self._space.state, prefix="drill-") as name:
            members.fetch(self._site, self._entry, KINDS, Path(name, "members.tar"), self._say)

    def refuse(self) -> None:
        """Compare a copy of which one bit was flipped."""
        with tempfile.TemporaryDirectory(dir=self._space.state, prefix="drill-") as name:
            place = members.fetch(self._site, self._entry, KINDS, Path(name, "members.tar"), self._say)
            damage.flip(place / Kind.ETCD / "snapshot.db")
            members.verify(self._entry, KINDS, place)

    def lose(self, node: str) -> None:
        """Destroy a machine with its disk."""
        self._lost = datetime.datetime.now(datetime.UTC)
        machine.destroy(self._site.name, node, self._say)

    def bring_back(self, data_is_back: Callable[[], None]) -> None:
        """Run the playbook that people run."""
        stamp = datetime.datetime.now(datetime.UTC).strftime("%Y%m%dT%H%M%S.%fZ")
        request = ansible.Request(
            playbook=PLAYBOOK,
            inventory=self._path,
            limit="all",
            record=self._space.state / "runs" / f"{stamp}-restore",
            variables={"recovery_point": self._entry.point.id},
        )

        def on_task(task: Task) -> None:
            if task.status is Status.STARTED:
                self._say(f"{task.host}: {task.name}")
            elif DATA_TASK in task.name and task.status in {Status.OK, Status.CHANGED}:
                data_is_back()

        ansible.run(request, on_task, threading.Event())

    def is_up(self) -> bool:
        """Say whether the API answers through the load balancer."""
        try:
            cluster.reach(str(self._path))
        except errors.UnreachableError:
            return False
        return True

    def readiness(self) -> Mapping[str, bool]:
        """Say of each node whether it is ready, and has been heard of since the loss."""
        config = self._space.state / "kubeconfig"
        ready = kubernetes_nodes.readiness(config, timeout=_API_SECONDS)
        lost = self._lost
        if lost is None:
            return ready
        heard = kubernetes_identity.heartbeats(config, timeout=_API_SECONDS)
        return {name: is_ready and name in heard and heard[name] > lost for name, is_ready in ready.items()}

    def cluster(self) -> Cluster:
        """Return the identities of nodes and pods."""
        config = self._space.state / "kubeconfig"
        return Cluster(
            kubernetes_identity.nodes(config, timeout=_API_SECONDS),
            kubernetes_identity.pods(config, shared.NAMESPACE, timeout=_API_SECONDS),
        )

    def key(self) -> str:
        """Return the lab's API key."""
        return self._space.api_key.read_text(encoding="utf-8").strip()

    def ask(self, recorded: GoldenSet) -> Mapping[str, str]:
        """Ask the golden questions of one model through the gateway."""
        url, card = endpoints.gateway_url(self._site), self._card(recorded.model)
        asked = [item.question for item in recorded.questions]
        trust, key = self._space.trust, self.key()
        return {
            text: gateway.chat(url, trust, key, questions.chat_body(card, text), timeout=_ANSWER_SECONDS)
            for text in asked
        }

    def envelope(self, recorded: GoldenSet) -> Envelope:
        """Return what the answers depend on now; the workers are the ones of the recording, nobody touches them."""
        release = json.loads((self._space.state / "release.json").read_text(encoding="utf-8"))
        images = {name: reference.rpartition("@")[2] for name, reference in release["images"].items()}
        return questions.envelope(self._site, self._card(recorded.model), images, recorded.envelope.machine)

    def short_question(self) -> Mapping[str, object]:
        """Return the body of the shortest question that has an answer."""
        return questions.chat_body(self._site.models[0], "What is 2+3?") | {"max_tokens": 4}

    def _card(self, name: str) -> model.Model:
        found = [card for card in self._site.models if card.name == name]
        if not found:
            raise errors.NotFoundError(f"the site has no model {name}", where=self._site.name, mend="make a new backup")
        return found[0]


def _refused(site: model.Site, what: str, mend: str) -> errors.PrerequisiteError:
    return errors.PrerequisiteError(f"{what}; nothing was changed", where=f"site {site.name}", mend=mend)
