"""A lab's network: a namespace that routes between the machines' bridge and one link to the host, and nowhere else.

    host  sw-<lab> .1 ── leg [namespace sw-<lab>] lab (bridge) ── m… ── eth0 .11 [namespace sw-<lab>.<node>]

The two sides answer ARP for each other (proxy ARP), so that host and machines see one subnet. Of the host only the
settings of its own end of the link are written.
"""

from __future__ import annotations

import ipaddress
import json
from pathlib import Path

from ops import errors
from ops.adapters import process
from ops.lab import names, namespaces, rules, spec

_ROUTER = "169.254.0.1/32"
"""The lab namespace's own address: link-local, seen by machines only as the sender of ARP questions and refusals."""

_SECONDS = 20.0
_HOST_SETTINGS = Path("/proc/sys/net")


def create(lab: str, subnet: ipaddress.IPv4Network) -> bool:
    """Make a lab's namespace, bridge, link to the host and filter, or mend what is missing; return whether any was.

    Raise PortInUseError where the subnet overlaps an address or route that this host already has.
    """
    names.check(lab)
    inside = names.namespace(lab)
    if _sound(lab, subnet):
        _load_filter(inside, subnet)
        return False
    _refuse_overlap(lab, subnet)
    delete_link(lab)
    namespaces.add(inside)
    if names.BRIDGE not in namespaces.links(inside):
        namespaces.configure(inside, f"link add {names.BRIDGE} type bridge")
    namespaces.configure(None, f"link add {names.link(lab)} type veth peer name {names.LEG} netns {inside}")
    _write_settings(lab)
    _load_filter(inside, subnet)
    namespaces.configure(
        inside,
        f"link set {names.BRIDGE} address {names.hardware_address(lab)} up",
        f"link set {names.LEG} up",
        f"address replace {_ROUTER} dev {names.BRIDGE}",
        f"route replace {subnet} dev {names.BRIDGE} scope link",
        f"route replace {subnet[1]} dev {names.LEG} scope link",
        "route replace prohibit default",
    )
    host_link = names.link(lab)
    namespaces.configure(
        None, f"link set {host_link} up", f"address replace {subnet[1]}/{subnet.prefixlen} dev {host_link}"
    )
    return True


def delete_link(lab: str) -> None:
    """Remove the link between host and lab, if it is there."""
    if names.link(lab) in namespaces.links(None):
        process.run(["ip", "link", "delete", names.link(lab)], timeout=_SECONDS)


def plug(machine: spec.MachineSpec) -> None:
    """Give a machine a new namespace with one interface on the lab's bridge: a reboot keeps no link, route or rule."""
    lab, node = machine.lab, machine.name
    unplug(lab, node)
    inside, port, hardware = names.namespace(lab, node), names.port(node), names.hardware_address(lab, node)
    namespaces.add(inside)
    quiet = {"accept_ra": "0", "autoconf": "0"}
    settings = {f"net.ipv6.conf.{scope}.{key}": value for scope in ("all", "default") for key, value in quiet.items()}
    namespaces.write_settings(inside, settings)
    namespaces.configure(
        names.namespace(lab),
        f"link add {port} type veth peer name {names.UPLINK} address {hardware} netns {inside}",
        f"link set {port} master {names.BRIDGE} alias {node} up",
    )
    namespaces.configure(
        inside,
        f"address add {machine.address}/{machine.subnet.prefixlen} dev {names.UPLINK}",
        f"link set {names.UPLINK} up",
        f"route add default via {machine.subnet[1]}",
    )


def unplug(lab: str, node: str) -> None:
    """Remove a machine's namespace and its port on the bridge, if they are there."""
    inside = names.namespace(lab)
    if namespaces.present(inside) and names.port(node) in namespaces.links(inside):
        namespaces.configure(inside, f"link delete {names.port(node)}")
    namespaces.delete(names.namespace(lab, node))


def _sound(lab: str, subnet: ipaddress.IPv4Network) -> bool:
    """Return whether the lab's namespace, bridge and link stand with the wanted address."""
    inside = names.namespace(lab)
    if not namespaces.present(inside):
        return False
    wanted = (str(subnet[1]), subnet.prefixlen)
    held = namespaces.links(inside)
    routed = names.LEG in held and (_ROUTER.partition("/")[0], 32) in held.get(names.BRIDGE, [])
    return routed and namespaces.links(None).get(names.link(lab)) == [wanted]


def _refuse_overlap(lab: str, subnet: ipaddress.IPv4Network) -> None:
    """Raise PortInUseError where another link of this host, another lab's too, has addresses in the subnet."""
    text = process.run(["ip", "-4", "-json", "route", "show", "table", "all"], timeout=_SECONDS).stdout
    for route in json.loads(text):
        target = route["dst"]
        if target == "default" or route.get("dev") == names.link(lab):
            continue
        if ipaddress.ip_network(target, strict=False).overlaps(subnet):
            raise errors.PortInUseError(
                f"the subnet {subnet} of lab {lab} overlaps {target} on this host's link {route.get('dev', 'unknown')}",
                where="network.subnet",
                mend="set network.subnet to a free /24 of 198.18.0.0/15, or destroy the lab that holds this one",
            )


def _write_settings(lab: str) -> None:
    """Make the lab's namespace a router for IPv4 only, and its link a dead end on the host's side."""
    settings = {
        "net.ipv4.ip_forward": "1",
        "net.ipv6.conf.all.disable_ipv6": "1",
        # by default a machine would be told of one refusal a second and wait in vain for the others (icmp(7))
        "net.ipv4.icmp_ratelimit": "0",
    }
    for link in (names.BRIDGE, names.LEG):
        settings[f"net.ipv4.conf.{link}.proxy_arp"] = "1"
        # arp(7): a proxy waits up to this many hundredths of a second, at random, before it answers
        settings[f"net.ipv4.neigh.{link}.proxy_delay"] = "0"
    namespaces.write_settings(names.namespace(lab), settings)
    host_link = names.link(lab)
    (_HOST_SETTINGS / "ipv4/conf" / host_link / "forwarding").write_text("0\n")
    (_HOST_SETTINGS / "ipv6/conf" / host_link / "disable_ipv6").write_text("1\n")


def _load_filter(inside: str, subnet: ipaddress.IPv4Network) -> None:
    """Load the packet filter in one transaction."""
    process.run(["ip", "netns", "exec", inside, "nft", "-f", "-"], stdin=rules.render(subnet), timeout=_SECONDS)
