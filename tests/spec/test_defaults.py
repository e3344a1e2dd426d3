from __future__ import annotations

import ipaddress

from hypothesis import given
from hypothesis import strategies as st

from ops.spec import defaults


@given(st.from_regex(r"[a-z][a-z0-9-]{0,10}[a-z0-9]", fullmatch=True))
def test_a_labs_subnet_is_one_of_the_ranges_for_benchmarks(name: str) -> None:
    subnet = defaults.lab_subnet(name)
    assert subnet.prefixlen == 24
    assert subnet.subnet_of(defaults.LAB_RANGE)
    assert subnet == defaults.lab_subnet(name)


def test_the_names_in_use_have_subnets_of_their_own() -> None:
    names = ("lab", "test", "lab-single", "lab-pair")
    assert len({defaults.lab_subnet(name) for name in names}) == len(names)


def test_a_subnet_stays_what_it_was() -> None:
    """A lab that stands would be made anew if its name gave another subnet."""
    assert defaults.lab_subnet("lab") == ipaddress.IPv4Network("198.19.153.0/24")
