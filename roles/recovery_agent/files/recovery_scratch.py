"""The agent's verbs for drills: restored files on a worker, and a scratch namespace on a control plane.

Every name that they take begins with `drill-`, and they touch nothing under another name. Standard library only.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import tarfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

DRILLS = Path("/var/lib/sitewright/drills")
KUBECTL = ("/usr/bin/kubectl", "--kubeconfig=/etc/kubernetes/admin.conf")
NAME = re.compile(r"drill-[a-z0-9]{4,32}")
RESERVE = 2**28
"""Free bytes that a drill leaves on a worker that serves."""
BLOCK = 2**20
TOOL_SECONDS = 120
REMOVE_SECONDS = 90
KINDS = frozenset({"Namespace", "PersistentVolume", "NetworkPolicy", "PersistentVolumeClaim", "ConfigMap", "Pod"})
ENFORCE = "pod-security.kubernetes.io/enforce"
ASK = """
import json, sys, urllib.request
question = json.load(sys.stdin)
body = json.dumps({"request": json.dumps(question["request"])}).encode()
opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
with opener.open("http://127.0.0.1:8000/v2/models/%s/generate" % question["model"], body, question["timeout"]) as answer:
    sys.stdout.buffer.write(answer.read())
"""


class Refused(Exception):
    """The request cannot be fulfilled; the text says why."""


def receive(words: Sequence[str]) -> None:
    """Unpack the archive on standard input into a new directory, when it fits."""
    name, size = expect(words, 2)
    place = directory(name)
    if place.exists():
        raise Refused(f"{place} is there already")
    DRILLS.mkdir(mode=0o755, parents=True, exist_ok=True)
    status = os.statvfs(DRILLS)
    free, needed = status.f_bavail * status.f_frsize, int(size) + RESERVE
    if free < needed:
        raise Refused(f"no space: {needed} bytes are needed, {free} are free on {DRILLS}; nothing was written")
    place.mkdir(mode=0o755)
    with tarfile.open(fileobj=sys.stdin.buffer, mode="r|") as tar:
        tar.extractall(place, filter="data")


def hashes(words: Sequence[str]) -> None:
    """Write path, size and SHA-256 of every file below a part of a drill's directory."""
    name, part = expect(words, 2)
    top = inside(name, part)
    found = []
    for path in sorted(path for path in top.rglob("*") if not path.is_dir() or path.is_symlink()):
        if path.is_symlink():
            raise Refused(f"{path} is a link")
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        found.append({"path": path.relative_to(top).as_posix(), "size": path.stat().st_size, "sha256": digest})
    json.dump(found, sys.stdout)


def unpack(words: Sequence[str]) -> None:
    """Unpack the layers of a restored image, given in their order, into another part of the drill's directory."""
    name, part, *layers = words
    target = inside(name, part)
    target.mkdir(mode=0o755, parents=True)
    for layer in layers:
        for member, tar in members(inside(name, layer)):
            if Path(member.name).name.startswith(".wh."):
                raise Refused(f"layer {layer} removes files, which a model's layers never do")
            tar.extract(member, target, filter="data")
    for path in (target, *target.rglob("*")):
        path.chmod(0o755 if path.is_dir() else 0o644)


def members(layer: Path) -> Iterator[tuple[tarfile.TarInfo, tarfile.TarFile]]:
    """Yield the entries of a layer; apt's own helper reads zstd on every Debian machine, by the name's ending."""
    link = layer.with_name(f"{layer.name}.zst")
    with layer.open("rb") as file:
        is_zstd = file.read(4) == b"\x28\xb5\x2f\xfd"
    if not is_zstd:
        with tarfile.open(layer, mode="r:*") as tar:
            yield from ((member, tar) for member in tar)
        return
    link.symlink_to(layer.name)
    try:
        with subprocess.Popen(["/usr/lib/apt/apt-helper", "cat-file", str(link)], stdout=subprocess.PIPE) as process:
            with tarfile.open(fileobj=process.stdout, mode="r|") as tar:
                yield from ((member, tar) for member in tar)
            while process.stdout.read(BLOCK):
                pass
        if process.returncode != 0:
            raise Refused(f"{layer.name} cannot be decompressed: apt-helper ended with {process.returncode}")
    finally:
        link.unlink()


def damage(words: Sequence[str]) -> None:
    """Flip the last bit of one file of a drill's directory."""
    name, part = expect(words, 2)
    with inside(name, part).open("r+b") as file:
        file.seek(-1, os.SEEK_END)
        last = file.read(1)
        file.seek(-1, os.SEEK_END)
        file.write(bytes([last[0] ^ 1]))


def wipe(words: Sequence[str]) -> None:
    """Remove a drill's directory, where it is there."""
    (name,) = expect(words, 1)
    place = directory(name)
    if place.exists():
        shutil.rmtree(place)


def kept(words: Sequence[str]) -> None:
    """Write the names of all drills whose directories are there."""
    expect(words, 0)
    json.dump(sorted(path.name for path in DRILLS.glob("drill-*")), sys.stdout)


def start(words: Sequence[str]) -> None:
    """Apply the objects on standard input; all of them must be of one drill's own namespace or name."""
    (name,) = expect(words, 1)
    named(name)
    objects = json.load(sys.stdin)
    for item in objects:
        check(item, name)
    document = json.dumps({"apiVersion": "v1", "kind": "List", "items": objects})
    kubectl("create", "--filename=-", stdin=document)


def check(item: dict, name: str) -> None:
    """Raise Refused when an object is not a drill's own."""
    kind, metadata = item["kind"], item["metadata"]
    if kind not in KINDS:
        raise Refused(f"a drill makes no {kind}")
    if kind in {"Namespace", "PersistentVolume"}:
        is_own = metadata["name"] == name and "namespace" not in metadata
    else:
        is_own = metadata["namespace"] == name
    if not is_own:
        raise Refused(f"{kind} {metadata['name']} is not of {name}")
    if kind == "Namespace" and metadata["labels"].get(ENFORCE) != "restricted":
        raise Refused(f"namespace {name} is not at the restricted level")
    if kind == "PersistentVolume":
        path = Path(item["spec"]["local"]["path"])
        if ".." in path.parts or not path.is_relative_to(DRILLS / name):
            raise Refused(f"volume {name} lies outside its drill's directory")


def state(words: Sequence[str]) -> None:
    """Write how the drill's pods are, and how many addresses of them any Service of the cluster would send to."""
    (name,) = expect(words, 1)
    pods = json.loads(kubectl("get", "pods", f"--namespace={named(name)}", "--output=json"))["items"]
    slices = json.loads(kubectl("get", "endpointslices", "--all-namespaces", "--output=json"))["items"]
    own = {pod["status"].get("podIP") for pod in pods} - {None}
    served = [address for item in slices for end in item["endpoints"] or () for address in end["addresses"]]
    json.dump(
        {
            "pods": [
                {"name": pod["metadata"]["name"], "node": pod["spec"].get("nodeName"), "status": pod["status"]}
                for pod in pods
            ],
            "selected": len([address for address in served if address in own]),
        },
        sys.stdout,
    )


def ask(words: Sequence[str]) -> None:
    """Put the question on standard input to the model in a drill's pod, and write Triton's answer."""
    name, pod = expect(words, 2)
    where = ("exec", f"--namespace={named(name)}", pod, "--container=triton", "--stdin")
    sys.stdout.write(kubectl(*where, "--", "python3", "-c", ASK, stdin=sys.stdin.read()))


def stop(words: Sequence[str]) -> None:
    """Remove a drill's namespace and volume, and return when they are gone."""
    (name,) = expect(words, 1)
    gone = ("--ignore-not-found", "--wait=false")
    kubectl("delete", "namespace", named(name), *gone)
    kubectl("delete", "persistentvolume", name, *gone)
    deadline = time.monotonic() + REMOVE_SECONDS
    while left := [item for item in running() if item == name]:
        if time.monotonic() > deadline:
            raise Refused(f"{left[0]} is still there after {REMOVE_SECONDS} s")
        time.sleep(0.5)


def started(words: Sequence[str]) -> None:
    """Write the names of all drills of which the cluster has a namespace or a volume."""
    expect(words, 0)
    json.dump(running(), sys.stdout)


def running() -> list[str]:
    """Return the names of all drills of which the cluster has a namespace or a volume."""
    found = kubectl("get", "namespaces,persistentvolumes", "--output=name").split()
    names = {line.partition("/")[2] for line in found}
    return sorted(name for name in names if NAME.fullmatch(name))


def kubectl(*words: str, stdin: str | None = None) -> str:
    """Run kubectl as this node's administrator and return what it printed. Raise Refused with its own words."""
    done = subprocess.run(
        [*KUBECTL, *words], input=stdin, capture_output=True, text=True, timeout=TOOL_SECONDS, check=False
    )
    if done.returncode != 0:
        said = (done.stderr.strip() or done.stdout.strip()).splitlines()[-1:]
        raise Refused(f"kubectl {words[0]}: {' '.join(said)}")
    return done.stdout


def expect(words: Sequence[str], count: int) -> Sequence[str]:
    """Return the words when there are so many."""
    if len(words) != count:
        raise Refused(f"{count} words are expected, not {len(words)}")
    return words


def named(name: str) -> str:
    """Return a name when it can be a drill's."""
    if not NAME.fullmatch(name):
        raise Refused(f"{name!r} is no drill's name")
    return name


def directory(name: str) -> Path:
    """Return the directory of a drill."""
    return DRILLS / named(name)


def inside(name: str, part: str) -> Path:
    """Return a path below a drill's directory."""
    top = directory(name).resolve()
    path = (top / part).resolve()
    if not path.is_relative_to(top):
        raise Refused(f"{part!r} lies outside the drill's directory")
    return path


Verb = Callable[[Sequence[str]], None]
WORKER: dict[str, Verb] = {
    "drill-receive": receive,
    "drill-hash": hashes,
    "drill-unpack": unpack,
    "drill-damage": damage,
    "drill-wipe": wipe,
    "drill-kept": kept,
}
CONTROL_PLANE: dict[str, Verb] = {
    "drill-start": start,
    "drill-state": state,
    "drill-ask": ask,
    "drill-stop": stop,
    "drill-started": started,
}
