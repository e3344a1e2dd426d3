"""The lab's packet filter as nftables text: the host opens connections to machines, machines open none to the host.

The rules live in the lab's own namespace, which routes between the machines' bridge and the link to the host; the
host's own rules are neither read nor changed. Whoever wants to open a way out adds an accept rule to the chain
`forward` of this table, and a route, in that namespace.
"""

from __future__ import annotations

import ipaddress

from ops.lab import names

TABLE = "sitewright"


def render(subnet: ipaddress.IPv4Network) -> str:
    """Given the subnet of a lab, return the text that makes its filter, replacing an earlier one in one step."""
    host = subnet[1]
    return f"""\
table inet {TABLE}
delete table inet {TABLE}
table inet {TABLE} {{
    chain forward {{
        type filter hook forward priority filter; policy drop;
        iifname "{names.BRIDGE}" oifname "{names.BRIDGE}" accept comment "machine to machine, where br_netfilter is on"
        iifname "{names.LEG}" ip saddr {host} ip daddr {subnet} oifname "{names.BRIDGE}" accept
        iifname "{names.BRIDGE}" ip saddr {subnet} ip daddr {host} ct state established,related accept
        iifname "{names.BRIDGE}" reject with icmpx admin-prohibited
    }}
    chain input {{
        type filter hook input priority filter; policy drop;
    }}
    chain output {{
        type filter hook output priority filter; policy drop;
        meta l4proto icmp accept comment "the refusals above"
        meta l4proto icmpv6 accept
    }}
}}
"""
