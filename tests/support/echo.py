"""Answer on addresses: `python echo.py PORT ADDRESS…` returns what it gets over TCP and UDP, and over UDP on port 53.

Prints one line when it listens, and ends when its standard input does.
"""

from __future__ import annotations

import socket
import socketserver
import sys
import threading


class _Stream(socketserver.BaseRequestHandler):
    def handle(self) -> None:
        self.request.sendall(self.request.recv(64))


class _Datagram(socketserver.BaseRequestHandler):
    def handle(self) -> None:
        data, link = self.request
        link.sendto(data, self.client_address)


def main(port: int, addresses: list[str]) -> None:
    """Serve until the caller closes standard input."""
    for address in addresses:
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        for kind, handler, number in (
            (socketserver.ThreadingTCPServer, _Stream, port),
            (socketserver.ThreadingUDPServer, _Datagram, port),
            (socketserver.ThreadingUDPServer, _Datagram, 53),
        ):
            here = type("Here", (kind,), {"address_family": family, "daemon_threads": True})
            threading.Thread(target=here((address, number), handler).serve_forever, daemon=True).start()
    sys.stdout.write("listening\n")
    sys.stdout.flush()
    sys.stdin.read()


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2:])
