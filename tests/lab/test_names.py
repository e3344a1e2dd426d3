from __future__ import annotations

import hypothesis
import pytest
from hypothesis import strategies

from ops import errors
from ops.lab import names

labels = strategies.from_regex(r"[a-z][a-z0-9-]{0,9}[a-z0-9]", fullmatch=True)


@pytest.mark.parametrize("lab", ["lab", "t-1234567a", "a1", "twelve-chars"])
def test_a_lab_name_that_fits_is_accepted(lab: str) -> None:
    names.check(lab, "cp1")


@pytest.mark.parametrize("lab", ["a", "Lab", "-lab", "lab-", "la.b", "l b", "", "../x"])
def test_a_name_with_other_characters_is_refused(lab: str) -> None:
    with pytest.raises(errors.SpecError, match="cannot name"):
        names.check(lab)
    with pytest.raises(errors.SpecError, match="cannot name"):
        names.check("lab", lab)


def test_a_lab_name_too_long_for_its_link_is_refused() -> None:
    with pytest.raises(errors.SpecError) as caught:
        names.check("thirteen-char")
    assert "13 characters" in caught.value.what
    assert "shorter" in caught.value.mend


@hypothesis.given(labels, labels)
def test_a_namespace_tells_lab_and_node(lab: str, node: str) -> None:
    assert names.parse_namespace(names.namespace(lab, node)) == (lab, node)
    assert names.parse_namespace(names.namespace(lab)) == (lab, None)
    assert names.parse_group(names.group(lab)) == lab


@pytest.mark.parametrize("name", ["eth0", "sw-", "sw-a.b.c", "sw-Lab", "sw-lab.", "cni-1234"])
def test_a_namespace_of_somebody_else_is_nobodys_lab(name: str) -> None:
    assert names.parse_namespace(name) is None


@hypothesis.given(labels)
def test_kernel_names_of_links_fit(name: str) -> None:
    assert len(names.port(name)) <= 15
    assert len(names.link("x" * names.LONGEST_LAB_NAME)) <= 15


@hypothesis.given(labels, labels, labels)
def test_hardware_addresses_are_fixed_local_and_differ(lab: str, node: str, other: str) -> None:
    address = names.hardware_address(lab, node)
    assert address == names.hardware_address(lab, node)
    assert int(address[:2], 16) & 0b11 == 0b10, "locally administered, one machine"
    assert node == other or address != names.hardware_address(lab, other)
    assert address != names.hardware_address(lab)
