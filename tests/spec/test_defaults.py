from __future__ import annotations

import ipaddress
from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from ops.spec import defaults, model


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


def addresses(names: Sequence[str], subnet: str = "198.18.7.0/24", **fixed: str) -> dict[str, str]:
    """Return the addresses of a lab's nodes by name."""
    found, _ = defaults.complete(
        model.Site.model_validate(
            {
                "schema_version": 1,
                "name": "lab",
                "lab": {},
                "network": {"subnet": subnet},
                "nodes": [
                    {"name": name, "roles": ["worker"]} | ({"address": fixed[name]} if name in fixed else {})
                    for name in names
                ],
                "models": [{"name": "m1", "size": 1}],
            }
        )
    )
    return {node.name: str(node.address) for node in found.nodes}


_NAMES = st.lists(st.from_regex(r"[a-z][a-z0-9]{1,8}", fullmatch=True), min_size=1, max_size=60, unique=True)


@given(_NAMES)
def test_a_labs_nodes_have_addresses_of_their_own_and_one_that_is_appended_moves_nobody(names: list[str]) -> None:
    found = addresses(names)
    assert len(set(found.values())) == len(names)
    assert {int(address.rpartition(".")[2]) for address in found.values()} <= set(range(11, 255))
    assert addresses(names[:-1] or names).items() <= found.items()


def test_a_node_keeps_its_address_when_others_come_and_go() -> None:
    names = ["infra1", "cp1", "gpu1", "gpu2"]
    found = addresses(names)
    for gone in names:
        left = [name for name in names if name != gone]
        assert addresses(left) == {name: found[name] for name in left}
    assert found.items() <= addresses(["gpu3", *reversed(names)]).items()


def test_an_address_that_is_written_down_is_nobody_elses() -> None:
    wanted = addresses(["gpu1"])["gpu1"]
    found = addresses(["gpu1", "gpu2"], gpu2=wanted)
    assert found["gpu2"] == wanted
    assert found["gpu1"] != wanted


def test_nodes_that_do_not_fit_have_addresses_outside() -> None:
    found = addresses([f"n{number}" for number in range(10, 16)], subnet="198.18.7.0/28")
    inside = [
        address
        for address in found.values()
        if ipaddress.IPv4Address(address) in ipaddress.IPv4Network("198.18.7.0/28")
    ]
    assert len(inside) == 4
    assert len(set(found.values())) == 6


def virtual_address(infra: int, **network: str) -> str:
    """Return the virtual address of a lab with so many infra nodes."""
    nodes = [{"name": f"infra{number}", "roles": ["infra"]} for number in range(infra)]
    document = {"schema_version": 1, "name": "lab", "lab": {}, "network": {"subnet": "198.18.7.0/24"} | network}
    site = model.Site.model_validate(document | {"nodes": nodes, "models": [{"name": "m1", "size": 1}]})
    return str(defaults.complete(site)[0].network.virtual_address)


def test_a_lab_with_several_infra_nodes_has_a_virtual_address_and_one_with_one_has_none() -> None:
    assert virtual_address(1) == "None"
    assert virtual_address(2) == "198.18.7.2"
    assert virtual_address(2, virtual_address="198.18.7.9") == "198.18.7.9"
