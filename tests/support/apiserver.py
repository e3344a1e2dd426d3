"""A real kube-apiserver with its etcd and controller manager on loopback, and a stand-in for the kubelet."""

from __future__ import annotations

import base64
import contextlib
import dataclasses
import json
import socket
import ssl
import subprocess
import threading
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import httpx
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from tests.support import certificates, programs

TOKEN = "loopback-test-token"
_START_SECONDS = 60.0
_NODE = "test-node"
_CONTROLLERS = (
    "daemonset-controller",
    "deployment-controller",
    "endpointslice-controller",
    "garbage-collector-controller",
    "job-controller",
    "namespace-controller",
    "persistentvolumeclaim-protection-controller",
    "replicaset-controller",
    "statefulset-controller",
)


@dataclasses.dataclass(frozen=True)
class ApiServer:
    """A running API server."""

    url: str
    client: httpx.Client
    kubeconfig: str

    def request(self, method: str, path: str, body: object = None, content_type: str = "application/json") -> Any:
        """Send one request and return the JSON of the answer. Raise httpx.HTTPStatusError when it is refused."""
        headers = {"Authorization": f"Bearer {TOKEN}", "Content-Type": content_type}
        content = None if body is None else json.dumps(body)
        answer = self.client.request(method, path, content=content, headers=headers)
        return answer.raise_for_status().json()

    def get(self, path: str) -> Any:
        """Return an object, None when it is not there."""
        try:
            return self.request("GET", path)
        except httpx.HTTPStatusError as error:
            if error.response.status_code == httpx.codes.NOT_FOUND:
                return None
            raise

    def patch(self, path: str, body: object) -> Any:
        """Change an object as a person with kubectl would."""
        return self.request("PATCH", path, body, "application/merge-patch+json")


@contextlib.contextmanager
def running(directory: Path, *, controllers: bool = True) -> Iterator[ApiServer]:
    """Run etcd, API server and controller manager with their files in `directory` until the block ends."""
    etcd_port, peer_port, api_port = free_ports(3)
    signer = certificates.authority(directory)
    authority = signer.certificate.read_text()
    kubeconfig = _kubeconfig(api_port, authority)
    (directory / "kubeconfig").write_text(kubeconfig)
    with contextlib.ExitStack() as stack:
        stack.enter_context(_process(directory, "etcd", _etcd(directory, etcd_port, peer_port)))
        server, key = certificates.server(directory, signer, "127.0.0.1")
        arguments = _api_server(directory, etcd_port, api_port, server, key)
        stack.enter_context(_process(directory, "kube-apiserver", arguments))
        url = f"https://127.0.0.1:{api_port}"
        trust = ssl.create_default_context(cadata=authority)
        client = stack.enter_context(httpx.Client(base_url=url, verify=trust, trust_env=False, timeout=10))
        found = ApiServer(url, client, kubeconfig)
        _wait(found, directory)
        if controllers:
            stack.enter_context(_process(directory, "kube-controller-manager", _controller_manager(directory)))
        yield found


def _etcd(directory: Path, port: int, peer_port: int) -> list[str]:
    client, peer = f"http://127.0.0.1:{port}", f"http://127.0.0.1:{peer_port}"
    return [
        str(programs.program("bin-etcd", "etcd")),
        f"--data-dir={directory / 'etcd-data'}",
        f"--listen-client-urls={client}",
        f"--advertise-client-urls={client}",
        f"--listen-peer-urls={peer}",
        f"--initial-advertise-peer-urls={peer}",
        f"--initial-cluster=default={peer}",
        "--unsafe-no-fsync",
    ]


def _api_server(directory: Path, etcd_port: int, port: int, certificate: Path, key: Path) -> list[str]:
    service_account = directory / "service-account.key"
    service_account.write_bytes(
        rsa.generate_private_key(public_exponent=65537, key_size=2048).private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )
    tokens = directory / "tokens.csv"
    tokens.write_text(f'{TOKEN},admin,admin,"system:masters"\n')
    return [
        str(programs.program("bin-kube", "kube-apiserver")),
        f"--etcd-servers=http://127.0.0.1:{etcd_port}",
        "--bind-address=127.0.0.1",
        f"--secure-port={port}",
        f"--tls-cert-file={certificate}",
        f"--tls-private-key-file={key}",
        f"--service-account-key-file={service_account}",
        f"--service-account-signing-key-file={service_account}",
        "--service-account-issuer=https://kubernetes.default.svc",
        "--service-cluster-ip-range=198.19.255.0/24",
        "--authorization-mode=RBAC",
        f"--token-auth-file={tokens}",
        "--disable-admission-plugins=ServiceAccount",
        "--endpoint-reconciler-type=none",
    ]


def _controller_manager(directory: Path) -> list[str]:
    return [
        str(programs.program("bin-kube", "kube-controller-manager")),
        f"--kubeconfig={directory / 'kubeconfig'}",
        f"--controllers={','.join(_CONTROLLERS)}",
        "--leader-elect=false",
        "--bind-address=127.0.0.1",
        f"--secure-port={free_ports(1)[0]}",
    ]


def _kubeconfig(port: int, authority: str) -> str:
    content = {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": "test",
        "clusters": [
            {
                "name": "test",
                "cluster": {
                    "server": f"https://127.0.0.1:{port}",
                    "certificate-authority-data": base64.b64encode(authority.encode()).decode(),
                },
            }
        ],
        "users": [{"name": "admin", "user": {"token": TOKEN}}],
        "contexts": [{"name": "test", "context": {"cluster": "test", "user": "admin"}}],
    }
    return json.dumps(content, indent=1)


@contextlib.contextmanager
def _process(directory: Path, name: str, argv: list[str]) -> Iterator[None]:
    """Run one program; its output goes to `<name>.log`."""
    with (directory / f"{name}.log").open("wb") as log:
        # A killed test run takes its servers with it.
        command = ["setpriv", "--pdeathsig", "KILL", "--", *argv]
        process = subprocess.Popen(
            command, stdout=log, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, cwd=directory
        )
        try:
            yield
        finally:
            process.kill()
            process.wait()


def _wait(server: ApiServer, directory: Path) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while True:
        try:
            server.request("GET", "/api/v1/namespaces/default")
        except httpx.HTTPError as error:
            if time.monotonic() > deadline:
                log = (directory / "kube-apiserver.log").read_text(errors="replace")[-2000:]
                raise AssertionError(f"the API server did not start: {error}\n{log}") from error
            time.sleep(0.2)
        else:
            return


def free_ports(count: int) -> list[int]:
    """Return ports of loopback that nothing listens on."""
    with contextlib.ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for item in sockets:
            item.bind(("127.0.0.1", 0))
        return [item.getsockname()[1] for item in sockets]


@contextlib.contextmanager
def kubelet(server: ApiServer) -> Iterator[None]:
    """While the block runs, say of every pod that it runs and is ready.

    A pod with annotation `test/outcome` gets that instead: `ImagePullBackOff`, `complete`, `fail`, or `pending`.
    """
    ended = threading.Event()
    thread = threading.Thread(target=_run_pods, args=(server, ended), daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


def _run_pods(server: ApiServer, ended: threading.Event) -> None:
    server.request("POST", "/api/v1/nodes", {"metadata": {"name": _NODE}})
    # The API server taints every new node as not ready; a kubelet's report would take the taint away.
    server.patch(f"/api/v1/nodes/{_NODE}", {"spec": {"taints": None}})
    while not ended.wait(0.2):
        for pod in server.request("GET", "/api/v1/pods")["items"]:
            metadata = pod["metadata"]
            path = f"/api/v1/namespaces/{metadata['namespace']}/pods/{metadata['name']}"
            with contextlib.suppress(httpx.HTTPStatusError):
                if metadata.get("deletionTimestamp"):
                    server.request("DELETE", f"{path}?gracePeriodSeconds=0")
                elif not pod["spec"].get("nodeName"):
                    server.request("POST", f"{path}/binding", _binding(metadata["name"]))
                elif pod["status"].get("phase") == "Pending":
                    outcome = (metadata.get("annotations") or {}).get("test/outcome", "ready")
                    server.patch(f"{path}/status", {"status": _status(outcome, pod)})


def _binding(pod: str) -> dict[str, object]:
    target = {"apiVersion": "v1", "kind": "Node", "name": _NODE}
    return {"apiVersion": "v1", "kind": "Binding", "metadata": {"name": pod}, "target": target}


def _status(outcome: str, pod: Any) -> dict[str, object]:
    names = [container["name"] for container in pod["spec"]["containers"]]
    if outcome == "ready":
        return {
            "phase": "Running",
            "podIP": "198.19.0.7",
            "podIPs": [{"ip": "198.19.0.7"}],
            "conditions": [{"type": kind, "status": "True"} for kind in ("Ready", "ContainersReady", "PodScheduled")],
            "containerStatuses": [_container(name, {"running": {}}, ready=True) for name in names],
        }
    if outcome == "complete":
        return {"phase": "Succeeded", "containerStatuses": [_container(name, _ended(0)) for name in names]}
    if outcome == "fail":
        return {"phase": "Failed", "containerStatuses": [_container(name, _ended(3)) for name in names]}
    waiting = {"waiting": {"reason": outcome, "message": "as the test wants it"}}
    return {"containerStatuses": [_container(name, waiting) for name in names]}


def _ended(code: int) -> dict[str, object]:
    return {"terminated": {"exitCode": code, "reason": "Completed" if code == 0 else "Error"}}


def _container(name: str, state: Mapping[str, object], *, ready: bool = False) -> dict[str, object]:
    image = {"image": "test", "imageID": "test"}
    return {"name": name, "ready": ready, "started": ready, "restartCount": 0, "state": state, **image}
