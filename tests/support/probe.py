"""Say which targets answer: JSON [[protocol, address, port], …] on stdin, a JSON list of true and false on stdout.

Runs on a lab machine under its own python3, standard library only; as root, for the raw socket of ICMP.
"""

from __future__ import annotations

import concurrent.futures
import json
import os
import socket
import struct
import sys

SECONDS = 1.5
QUESTION = b"is anybody there"


def reached(protocol: str, address: str, port: int) -> bool:
    """Return whether the target gives an answer in time."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    try:
        return _CHECKS[protocol](family, address, port)
    except OSError:
        return False


def _tcp(family: socket.AddressFamily, address: str, port: int) -> bool:
    with socket.socket(family, socket.SOCK_STREAM) as link:
        link.settimeout(SECONDS)
        link.connect((address, port))
        link.sendall(QUESTION)
        return link.recv(64) == QUESTION


def _udp(family: socket.AddressFamily, address: str, port: int) -> bool:
    with socket.socket(family, socket.SOCK_DGRAM) as link:
        link.settimeout(SECONDS)
        link.connect((address, port))
        link.send(QUESTION)
        return link.recv(64) == QUESTION


def _dns(family: socket.AddressFamily, address: str, _port: int) -> bool:
    """Ask for the address of `outside.`; whoever answers with the question's own number is a name server."""
    question = struct.pack(">6H", 4711, 0x0100, 1, 0, 0, 0) + b"\x07outside\x00" + struct.pack(">2H", 1, 1)
    with socket.socket(family, socket.SOCK_DGRAM) as link:
        link.settimeout(SECONDS)
        link.connect((address, 53))
        link.send(question)
        return link.recv(512)[:2] == question[:2]


def _icmp(family: socket.AddressFamily, address: str, _port: int) -> bool:
    six = family == socket.AF_INET6
    kind, answer = (128, 129) if six else (8, 0)
    number = os.getpid() & 0xFFFF
    body = struct.pack(">2H", number, 1) + QUESTION
    packet = struct.pack(">2BH", kind, 0, 0 if six else _checksum(struct.pack(">2BH", kind, 0, 0) + body)) + body
    with socket.socket(family, socket.SOCK_RAW, socket.IPPROTO_ICMPV6 if six else socket.IPPROTO_ICMP) as link:
        link.settimeout(SECONDS)
        link.connect((address, 0))
        link.send(packet)
        while True:
            received = link.recv(256)[0 if six else 20 :]
            if received[0] == answer and received.endswith(QUESTION):
                return True


def _checksum(data: bytes) -> int:
    total: int = sum(struct.unpack(f">{len(data) // 2}H", data))
    total = (total >> 16) + (total & 0xFFFF)
    return ~(total + (total >> 16)) & 0xFFFF


_CHECKS = {"tcp": _tcp, "udp": _udp, "dns": _dns, "icmp": _icmp}


if __name__ == "__main__":
    with concurrent.futures.ThreadPoolExecutor(32) as pool:
        targets = json.loads(sys.argv[1])
        json.dump(list(pool.map(lambda target: reached(*target), targets)), sys.stdout)
