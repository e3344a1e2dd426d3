#!/usr/bin/python3
"""Write when each certificate of this node ends, in Prometheus' text format.

    certificate_dates FILE [ROOT]

FILE is replaced as a whole. ROOT stands before every path; it is for tests.
"""

from __future__ import annotations

import datetime
import sys
from collections.abc import Iterator
from pathlib import Path

from cryptography import x509

PATTERNS = (
    "etc/sitewright/ca.crt",
    "etc/sitewright/*/certificate.pem",
    "etc/kubernetes/pki/*.crt",
    "etc/kubernetes/pki/etcd/*.crt",
    "var/lib/kubelet/pki/kubelet-client-current.pem",
)
NAME = "sitewright_certificate_not_after_timestamp_seconds"


def certificates(root: Path) -> Iterator[tuple[str, float]]:
    """Yield the path and the Unix time of the end of each certificate file; 0 for one that cannot be read."""
    for pattern in PATTERNS:
        for path in sorted(root.glob(pattern)):
            yield f"/{path.relative_to(root)}", _end(path.read_bytes())


def _end(content: bytes) -> float:
    """Return the end of the first certificate in a file; 0 when there is none."""
    try:
        certificate = x509.load_pem_x509_certificate(_first(content))
    except ValueError:
        return 0.0
    if hasattr(certificate, "not_valid_after_utc"):
        return float(certificate.not_valid_after_utc.timestamp())
    # Debian 12's release of the library has only the naive form, which is UTC.
    return certificate.not_valid_after.replace(tzinfo=datetime.UTC).timestamp()


def _first(content: bytes) -> bytes:
    """Return the first certificate of a file that may hold a key too."""
    begin, end = b"-----BEGIN CERTIFICATE-----", b"-----END CERTIFICATE-----"
    return begin + content.partition(begin)[2].partition(end)[0] + end + b"\n"


def render(found: Iterator[tuple[str, float]]) -> str:
    """Return the text of the metrics."""
    lines = [f"# HELP {NAME} When a certificate ends.", f"# TYPE {NAME} gauge"]
    lines += [f'{NAME}{{path="{path}"}} {end:.0f}' for path, end in found]
    return "\n".join(lines) + "\n"


def main(arguments: list[str]) -> int:
    """Write the file and return the exit code."""
    target = Path(arguments[0])
    text = render(certificates(Path(arguments[1] if len(arguments) > 1 else "/")))
    fresh = target.with_suffix(".new")
    fresh.write_text(text, encoding="ascii")
    fresh.chmod(0o644)
    fresh.replace(target)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
