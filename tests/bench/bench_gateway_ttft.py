"""What the gateway adds to the time to first token, in milliseconds, as JSON on stdout.

Method: a stub Triton whose first byte takes 20 ms; 500 pairs of one streamed request straight to the stub and one
through the gateway, in turns, one at a time, over kept connections. Client, gateway and stub are three processes.
"""

from __future__ import annotations

import argparse
import http.client
import json
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tests.services import gateway_process
from tests.services.stub_triton import StubTriton

FIRST_BYTE_SECONDS = 0.020


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pairs", type=int, default=500)
    parser.add_argument("--stub", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.stub:
        return _serve_stub()
    stub = subprocess.Popen(
        [sys.executable, "-m", __spec__.name, "--stub"], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    with stub, tempfile.TemporaryDirectory() as directory:
        assert stub.stdin is not None
        assert stub.stdout is not None
        url = stub.stdout.readline().decode().strip()
        with gateway_process.running(Path(directory), url) as gateway:
            sys.stdout.write(json.dumps(_measure(options.pairs, url, gateway.api), indent=2) + "\n")
        stub.stdin.close()
    return 0


def _serve_stub() -> int:
    stub = StubTriton(FIRST_BYTE_SECONDS)
    stub.start()
    sys.stdout.write(f"{stub.url}\n")
    sys.stdout.flush()
    sys.stdin.read()
    stub.stop()
    return 0


def _measure(pairs: int, stub_url: str, gateway_url: str) -> dict[str, object]:
    """Return percentiles of the time to the first text, in milliseconds."""
    messages = [{"role": "user", "content": "What is the capital of France?"}]
    asked = json.dumps({"request": json.dumps({"messages": messages, "stream": True})})
    direct = _Client(stub_url, "/v2/models/smollm2/generate_stream", asked, b'"text_output": "Gr')
    wanted = json.dumps({"model": "smollm2", "messages": messages, "stream": True})
    through = _Client(gateway_url, "/v1/chat/completions", wanted, b'"content":"Gr')
    for _ in range(20):
        direct.first_token_seconds()
        through.first_token_seconds()
    times = [(direct.first_token_seconds(), through.first_token_seconds()) for _ in range(pairs)]
    names = {"direct": [pair[0] for pair in times], "gateway": [pair[1] for pair in times]}
    result: dict[str, object] = {"pairs": pairs, "stub_first_byte_ms": FIRST_BYTE_SECONDS * 1000}
    for name, seconds in names.items():
        cuts = statistics.quantiles(seconds, n=100)
        result[name] = {f"p{cut}_ms": round(cuts[cut - 1] * 1000, 2) for cut in (50, 95, 99)}
    differences = [after - before for before, after in times]
    medians = {name: statistics.median(seconds) for name, seconds in names.items()}
    result["difference_of_p50_ms"] = round((medians["gateway"] - medians["direct"]) * 1000, 2)
    result["p50_of_differences_ms"] = round(statistics.median(differences) * 1000, 2)
    return result


class _Client:
    """Sends one request again and again over one connection."""

    def __init__(self, url: str, path: str, body: str, first: bytes) -> None:
        self._connection = http.client.HTTPConnection(url.split("/")[2])
        self._path = path
        self._body = body
        self._first = first

    def first_token_seconds(self) -> float:
        """Return the seconds from sending the request to the line that holds the first text."""
        headers = {"authorization": f"Bearer {gateway_process.KEY}", "content-type": "application/json"}
        started = time.perf_counter()
        self._connection.request("POST", self._path, self._body, headers)
        response = self._connection.getresponse()
        for line in response:
            if self._first in line:
                seconds = time.perf_counter() - started
                break
        else:
            raise AssertionError("no text came")
        response.read()
        return seconds


if __name__ == "__main__":
    sys.exit(main())
