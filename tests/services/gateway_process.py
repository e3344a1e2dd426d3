"""Start the real gateway as its image does: `python -m gateway` with the folder of the services on the path."""

from __future__ import annotations

import contextlib
import dataclasses
import json
import os
import re
import subprocess
import sys
import types
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TextIO

from ops.services.gateway import keys
from ops.spec.places import PROJECT_ROOT

KEY, _SHA256 = keys.make()
"""The one API key of the gateways that tests start."""

_LISTENS = re.compile(r"(api|operations) listens on (\S+)$", re.MULTILINE)


@dataclasses.dataclass(frozen=True)
class Gateway:
    """One running gateway."""

    process: subprocess.Popen[bytes]
    api: str
    """URL of the API, as clients name it."""
    operations: str
    """URL of metrics and health."""
    log: Path


@contextlib.contextmanager
def running(
    directory: Path, url: str, settings: Mapping[str, object] = types.MappingProxyType({})
) -> Iterator[Gateway]:
    """Run a gateway to one model whose Triton is at `url`; it is killed at the end if it still runs."""
    file = write_files(directory, url, settings)
    log = directory / "gateway.log"
    with log.open("w") as output, _started(file, output) as process:
        addresses = _addresses(process, log)
        yield Gateway(process, f"http://{addresses['api']}/v1", f"http://{addresses['operations']}", log)


def write_files(directory: Path, url: str, settings: Mapping[str, object] = types.MappingProxyType({})) -> Path:
    """Write a configuration with free ports and no long pause, and a file of keys; return the configuration's path."""
    card = {"url": url, "context_tokens": 512, "max_output_tokens": 256, "created": 1_700_000_000}
    configuration = {
        "models": {"smollm2": card},
        "keys_file": "keys.json",
        "host": "127.0.0.1",
        "api_port": 0,
        "operations_port": 0,
        "drain_seconds": 0,
        "longest_retry_pause_seconds": 0.04,
        **settings,
    }
    (directory / "keys.json").write_text(json.dumps({"tester": _SHA256}))
    file = directory / "gateway.json"
    file.write_text(json.dumps(configuration))
    return file


@contextlib.contextmanager
def _started(file: Path, output: TextIO) -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen([sys.executable, "-m", "gateway"], env=environment(file), stderr=output)
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def environment(file: Path) -> dict[str, str]:
    """Return the environment of the gateway's image, with its configuration at `file`."""
    services = PROJECT_ROOT / "ops" / "services"
    return {"PATH": os.environ["PATH"], "PYTHONPATH": str(services), "SITEWRIGHT_GATEWAY_CONFIG": str(file)}


def _addresses(process: subprocess.Popen[bytes], log: Path) -> Mapping[str, str]:
    """Wait until both listeners are there and return their addresses."""
    while True:
        found = {match[1]: match[2] for match in _LISTENS.finditer(log.read_text())}
        if len(found) == 2:
            return found
        try:
            code = process.wait(0.02)
        except subprocess.TimeoutExpired:
            continue
        raise AssertionError(f"the gateway ended with {code}: {log.read_text()}")
