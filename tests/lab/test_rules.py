from __future__ import annotations

import ipaddress

from ops.lab import rules

TEXT = rules.render(ipaddress.IPv4Network("198.18.7.0/24"))


def test_loading_replaces_an_earlier_table_in_one_transaction() -> None:
    assert TEXT.startswith("table inet sitewright\ndelete table inet sitewright\ntable inet sitewright {")


def test_what_no_rule_allows_is_dropped_in_every_direction() -> None:
    assert TEXT.count("policy drop") == 3
    assert "policy accept" not in TEXT


def test_only_the_host_may_open_connections_and_only_to_the_subnet() -> None:
    accepting = [line.strip() for line in TEXT.splitlines() if "accept" in line and "leg" in line]
    assert accepting == ['iifname "leg" ip saddr 198.18.7.1 ip daddr 198.18.7.0/24 oifname "lab" accept']
    answers = [line.strip() for line in TEXT.splitlines() if "ip daddr 198.18.7.1 " in line]
    assert answers == [
        'iifname "lab" ip saddr 198.18.7.0/24 ip daddr 198.18.7.1 ct state established,related accept',
    ]
