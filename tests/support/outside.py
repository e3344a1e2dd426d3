"""An outside world for isolation tests: a host in a namespace of its own, one hop behind a lab's namespace.

Its link to the lab's namespace, both sides' addresses and routes, also of IPv6, stand from the beginning, so that the
lab's packet filter alone keeps machines from it; `opened` adds the one rule that lets them through. Addresses are from
198.18.0.0/15 and 2001:db8::/32 (RFC 2544, RFC 3849): no real host has them.
"""

from __future__ import annotations

import contextlib
import ipaddress
import json
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from ops.adapters import process
from ops.lab import layout, names, namespaces, rules
from tests.support import lab as support

PORT = 7007
_LINK = "outside"
_SIX_MACHINES = ipaddress.IPv6Network("2001:db8:1::/64")
_SIX_OUTSIDE = ipaddress.IPv6Network("2001:db8:2::/64")

Target = tuple[str, str, int]
"""Protocol, address, port."""


class Outside:
    """The host outside of one lab."""

    def __init__(self, lab: support.Lab) -> None:
        self.lab = lab
        self.namespace = f"{lab.name}-out"
        # the lab's own range is a /24 of the same /15; its other half is never the same
        self.four = ipaddress.IPv4Network((int(lab.subnet.network_address) ^ 0x0001_0000, 24))
        self.addresses = (str(self.four[10]), str(_SIX_OUTSIDE[10]))

    def targets(self) -> list[Target]:
        """Return every protocol on both of its addresses."""
        return targets(self.addresses)

    def build(self, machine_names: Sequence[str]) -> None:
        """Make the namespace and its link; give lab and machines IPv6 addresses and routes."""
        inside = names.namespace(self.lab.name)
        namespaces.add(self.namespace)
        namespaces.configure(inside, f"link add {_LINK} type veth peer name eth0 netns {self.namespace}")
        # a link-local address that is still being checked for doubles sends no neighbour solicitation for forwarded
        # packets (Linux, ndisc_send_ns), so that the first probes of a young link would be lost
        settings = {f"net.ipv6.conf.{scope}.accept_dad": "0" for scope in (names.BRIDGE, _LINK)}
        settings |= {f"net.ipv6.conf.{scope}.disable_ipv6": "0" for scope in ("all", names.BRIDGE, _LINK)}
        namespaces.write_settings(inside, settings | {"net.ipv6.conf.all.forwarding": "1"})
        namespaces.configure(
            inside,
            f"link set {_LINK} up",
            f"address add {self.four[9]}/24 dev {_LINK}",
            f"address replace {_SIX_OUTSIDE[9]}/64 dev {_LINK} nodad",
            f"address replace {_SIX_MACHINES[1]}/64 dev {names.BRIDGE} nodad",
        )
        namespaces.configure(
            self.namespace,
            "link set eth0 up",
            f"address add {self.addresses[0]}/24 dev eth0",
            f"address add {self.addresses[1]}/64 dev eth0 nodad",
            f"route add default via {self.four[9]}",
            f"route replace ::/0 via {_SIX_OUTSIDE[9]}",
        )
        for name in machine_names:
            machine = layout.require(self.lab.name, name)
            last = int(machine.address) & 0xFF
            namespaces.configure(
                names.namespace(self.lab.name, name),
                f"address replace {_SIX_MACHINES[last]}/64 dev {names.UPLINK} nodad",
                f"route replace ::/0 via {_SIX_MACHINES[1]}",
            )

    def remove(self) -> None:
        """Remove the namespace and its link."""
        inside = names.namespace(self.lab.name)
        if _LINK in namespaces.links(inside):
            namespaces.configure(inside, f"link delete {_LINK}")
        namespaces.delete(self.namespace)


def targets(addresses: Sequence[str]) -> list[Target]:
    """Return every protocol on each address."""
    return [(protocol, address, PORT) for address in addresses for protocol in ("tcp", "udp", "dns", "icmp")]


@contextlib.contextmanager
def answering(namespace: str | None, addresses: Sequence[str]) -> Iterator[None]:
    """Answer on addresses of a namespace, or of the host's for None."""
    where = [] if namespace is None else ["ip", "netns", "exec", namespace]
    program = str(Path(__file__).with_name("echo.py"))
    with subprocess.Popen(
        [*where, sys.executable, "-P", program, str(PORT), *addresses], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as server:
        assert server.stdin is not None
        assert server.stdout is not None
        assert server.stdout.readline() == b"listening\n"
        try:
            yield
        finally:
            server.stdin.close()


@contextlib.contextmanager
def opened(lab: support.Lab, *extra_routes: str) -> Iterator[None]:
    """Let everything through a lab's namespace, and route there what `extra_routes` say; close it again in the end."""
    inside = names.namespace(lab.name)
    for route in extra_routes:
        namespaces.configure(inside, f"route add {route}")
    # input as well: IPv6 machines ask the router itself for its hardware address
    _nft(inside, "".join(f"insert rule inet {rules.TABLE} {chain} accept\n" for chain in ("forward", "input")))
    try:
        yield
    finally:
        _nft(inside, rules.render(lab.subnet))
        for route in extra_routes:
            namespaces.configure(inside, f"route delete {route}")


def probe(lab: support.Lab, node: str, wanted: Sequence[Target]) -> dict[Target, bool]:
    """Return for each target whether it answers a machine."""
    text = Path(__file__).with_name("probe.py").read_text()
    completed = lab.ssh(node, f"sudo python3 - '{json.dumps(wanted)}'", stdin=text)
    return dict(zip(wanted, json.loads(completed.stdout), strict=True))


def _nft(namespace: str, text: str) -> None:
    process.run(["ip", "netns", "exec", namespace, "nft", "-f", "-"], stdin=text, timeout=20)
