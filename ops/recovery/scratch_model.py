"""A restored model on a worker, served by a pod of its own: what the drill asks of the agents of other nodes."""

from __future__ import annotations

import contextlib
import dataclasses
import io
import json
import os
import tarfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ops import errors
from ops.adapters import agent
from ops.adapters.agent import Agent
from ops.plan import endpoints
from ops.plan.serving import scratch
from ops.recovery import hashing, oci, questions
from ops.recovery.point import Member
from ops.recovery.setting import Setting
from ops.spec import model

SEND_SECONDS = 12 * 3600.0
HASH_SECONDS = 3600.0
ASK_SECONDS = 300.0
START_SECONDS = 600.0
PENDING_SECONDS = 60.0
"""How long a pod may wait for a place before the drill gives up: a full worker serves, and is left alone."""
_POLL_SECONDS = 1.0
_STORE = "store"


@dataclasses.dataclass(frozen=True)
class Place:
    """One drill's own: its name, the worker that has its files, and a control plane that starts its pod."""

    setting: Setting
    drill: str
    worker: Agent
    plane: Agent


def choose(setting: Setting, drill: str) -> Place:
    """Return where a drill takes place: the last worker, and the first control plane.

    Raise UnreachableError when one of them does not answer.
    """
    worker, plane = setting.agents(model.Role.WORKER)[-1], setting.agents(model.Role.CONTROL_PLANE)[0]
    agent.ask(worker, "drill-kept", timeout=ASK_SECONDS)
    agent.ask(plane, "drill-started", timeout=ASK_SECONDS)
    return Place(setting, drill, worker, plane)


def sweep(setting: Setting) -> list[str]:
    """Remove what killed drills have left in the cluster and on the workers, and return what that was."""
    removed = []
    plane = setting.agents(model.Role.CONTROL_PLANE)[0]
    for name in json.loads(agent.ask(plane, "drill-started", timeout=ASK_SECONDS)):
        agent.ask(plane, "drill-stop", name, timeout=ASK_SECONDS)
        removed.append(f"namespace {name}")
    for worker in setting.agents(model.Role.WORKER):
        for name in json.loads(agent.ask(worker, "drill-kept", timeout=ASK_SECONDS)):
            agent.ask(worker, "drill-wipe", name, timeout=ASK_SECONDS)
            removed.append(f"{worker.node}: {name}")
    return removed


def left(setting: Setting) -> str:
    """Return what is there of any drill, in the cluster and on the workers; 'nothing' when it is so."""
    plane = setting.agents(model.Role.CONTROL_PLANE)[0]
    found = [f"namespace {name}" for name in json.loads(agent.ask(plane, "drill-started", timeout=ASK_SECONDS))]
    for worker in setting.agents(model.Role.WORKER):
        names = json.loads(agent.ask(worker, "drill-kept", timeout=ASK_SECONDS))
        found += [f"{worker.node}: {name}" for name in names]
    return ", ".join(found) or "nothing"


def send(place: Place, directory: Path, size: int) -> None:
    """Copy a restored store to the worker, where `size` bytes in all must fit. Raise AgentError when they do not."""
    with _packed(directory) as stream:
        agent.send(place.worker, "drill-receive", place.drill, str(size), source=stream, timeout=SEND_SECONDS)


def verify(place: Place, member: Member) -> int:
    """Hash the store on the worker, compare it with the manifest, and return how many files it has.

    Raise IntegrityError that names the files.
    """
    answer = agent.ask(place.worker, "drill-hash", place.drill, _STORE, timeout=HASH_SECONDS)
    seen = [hashing.File(**item) for item in json.loads(answer)]
    found = hashing.differences(member.files, seen)
    if found:
        raise errors.IntegrityError(
            f"{member.kind} on {place.worker.node} is not what was backed up: {found}",
            where=f"{place.worker.node}: {scratch.DIRECTORY}/{place.drill}",
            mend="run the drill again; if it stays so, take another recovery point",
        )
    return len(seen)


def unpack(place: Place, card: model.Model, store: Path) -> None:
    """Unpack a model's layers on the worker; `store` is the same store on this machine."""
    layers = [f"{_STORE}/{path.relative_to(store).as_posix()}" for path in oci.layers(store / card.name)]
    words = (place.drill, f"weights/{card.name}", *layers)
    agent.ask(place.worker, "drill-unpack", *words, timeout=SEND_SECONDS)


def damage(place: Place, member: Member) -> None:
    """Flip a bit of the largest file of the store on the worker."""
    largest = max(member.files, key=lambda file: file.size)
    agent.ask(place.worker, "drill-damage", place.drill, f"{_STORE}/{largest.path}", timeout=ASK_SECONDS)


@contextlib.contextmanager
def serving(place: Place, card: model.Model) -> Iterator[dict[str, Any]]:
    """Serve a model from the restored files for the block; give the pod's state, with `selected` beside it."""
    images = endpoints.image_references(place.setting.site, place.setting.entry.point.images)
    objects = scratch.objects(place.setting.site, card, images, drill=place.drill, node=place.worker.node)
    try:
        document = io.BytesIO(json.dumps(objects).encode())
        _ask_with(place.plane, document, "drill-start", place.drill)
        yield _wait_until_ready(place)
    finally:
        agent.ask(place.plane, "drill-stop", place.drill, timeout=ASK_SECONDS)


def answer(place: Place, card: model.Model, question: str) -> str:
    """Return what the restored model says. Raise DeployError when Triton gives no answer."""
    asked = questions.chat_body(card, question)
    body = {key: value for key, value in asked.items() if key not in {"model", "stream"}}
    content = {"model": card.name, "timeout": ASK_SECONDS / 2, "request": {**body, "stream": False}}
    said = _ask_with(place.plane, io.BytesIO(json.dumps(content).encode()), "drill-ask", place.drill, scratch.POD)
    document = json.loads(said)
    if "text_output" not in document:
        raise errors.DeployError(
            f"the restored model gave no answer: {document.get('error', document)}",
            where=f"{place.drill}/{scratch.POD}",
            mend="run the drill again; then look at the model's files",
        )
    return str(document["text_output"])


def _ask_with(asked: Agent, document: io.BytesIO, verb: str, *words: str) -> bytes:
    with _piped(document.getvalue()) as stream:
        return agent.ask(asked, verb, *words, timeout=ASK_SECONDS, stdin=stream)


def _wait_until_ready(place: Place) -> dict[str, Any]:
    """Return the pod's state once it is ready. Raise DeployError with the reason when it will not be."""
    started = time.monotonic()
    while True:
        state: dict[str, Any] = json.loads(agent.ask(place.plane, "drill-state", place.drill, timeout=ASK_SECONDS))
        pod = state["pods"][0]
        ready = [item for item in pod["status"].get("conditions", ()) if item["type"] == "Ready"]
        if ready and ready[0]["status"] == "True":
            return {**pod, "selected": state["selected"]}
        reason = _hopeless(pod["status"], time.monotonic() - started)
        if reason:
            raise errors.DeployError(
                f"the scratch pod does not start: {reason}",
                where=f"{place.drill}/{scratch.POD} on {place.worker.node}",
                mend="look at the reason; a worker without room for one more copy of the model cannot hold this drill",
            )
        time.sleep(_POLL_SECONDS)


def _hopeless(status: dict[str, Any], seconds: float) -> str | None:
    """Return why a pod will not become ready, None while it may."""
    for item in (*status.get("initContainerStatuses", ()), *status.get("containerStatuses", ())):
        ended = item["state"].get("terminated")
        if ended and ended["exitCode"] != 0:
            return f"{item['name']} ended with {ended['exitCode']}: {ended.get('message') or ended.get('reason')}"
    if status.get("phase") == "Failed":
        return str(status.get("message") or status.get("reason") or "it failed")
    waits = [item.get("message") for item in status.get("conditions", ()) if item.get("reason") == "Unschedulable"]
    if waits and seconds > PENDING_SECONDS:
        return f"no place for it: {waits[0]}"
    return f"it was not ready within {START_SECONDS:g} s" if seconds > START_SECONDS else None


@contextlib.contextmanager
def _packed(directory: Path) -> Iterator[Any]:
    """Give a pipe out of which the directory comes as one tar archive, while it is read."""

    def pack(sink: int) -> None:
        # The reader says why it stopped reading; a broken pipe says less.
        with (
            contextlib.suppress(BrokenPipeError),
            os.fdopen(sink, "wb") as file,
            tarfile.open(fileobj=file, mode="w|") as tar,
        ):
            tar.add(directory, _STORE)

    read, write = os.pipe()
    packer = threading.Thread(target=pack, args=(write,), daemon=True)
    packer.start()
    with os.fdopen(read, "rb") as stream:
        yield stream
    packer.join()


@contextlib.contextmanager
def _piped(data: bytes) -> Iterator[Any]:
    """Give an open file that holds some bytes and has no name."""
    descriptor = os.memfd_create("question")
    with os.fdopen(descriptor, "w+b") as file:
        file.write(data)
        file.seek(0)
        yield file
