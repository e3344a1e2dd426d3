from __future__ import annotations

import ipaddress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from ops import errors, spec
from ops.spec import findings, loader, places
from ops.spec.model import Role
from tests.spec import overlay

_SITES = sorted(places.PROJECT_ROOT.glob("inventory/*/site.yml"))

_FAST = settings(max_examples=80, suppress_health_check=[HealthCheck.function_scoped_fixture])


def _load_or_refuse(path: Path) -> None:
    """Load a spec; the one other way out is an error for people, each finding with its three lines."""
    refusal: errors.SpecError | None = None
    try:
        loader.load(path)
    except errors.SpecError as error:
        refusal = error
    count = len(refusal.findings) if isinstance(refusal, findings.InvalidSpecError) else 1
    assert refusal is None or len(str(refusal).splitlines()) == 3 * count > 0


@pytest.mark.parametrize("path", _SITES, ids=lambda path: path.parent.name)
def test_every_site_of_the_inventory_is_sound(path: Path) -> None:
    assert spec.load(path).name == path.parent.name


def test_one_machine_that_does_everything_takes_twenty_lines() -> None:
    path = places.PROJECT_ROOT / "inventory" / "lab-single" / "site.yml"
    (node,) = spec.load(path).nodes
    assert set(node.roles) == set(Role)
    assert len(path.read_text().splitlines()) <= 20


@_FAST
@given(st.binary(max_size=300))
@example(b"a: &a\n <<: [*a, *a]\n")
def test_any_bytes_are_loaded_or_refused(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "site.yml"
    path.write_bytes(data)
    _load_or_refuse(path)


_YAML = st.text(st.sampled_from("ab1:-[]{}&*!|>'\"%@`#?,~<=. \n\t"), max_size=60)


@_FAST
@given(_YAML)
def test_any_text_of_yaml_signs_is_loaded_or_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "site.yml"
    path.write_text(text)
    _load_or_refuse(path)


_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8) | st.just("198.18.7.9"),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)
_PLACES = st.sampled_from(
    [
        *("name", "lab", "access", "network", "network.subnet", "network.pods", "network.domain", "network.api_port"),
        *("versions", "versions.kubernetes", "nodes", "nodes[0]", "nodes[1].name", "nodes[2].roles", "nodes[3]"),
        *("nodes[2].address", "nodes[0].accelerator", "models", "models[0]", "models[0].size", "models[0].digest"),
        *("models[1]", "triton", "triton.image", "gateway", "gateway.replicas", "state", "state.backend", "extra"),
        "schema_version",
    ]
)


@_FAST
@given(st.sampled_from(["lab", "real"]), st.dictionaries(_PLACES, _VALUES, min_size=1, max_size=4))
def test_any_value_in_any_place_is_loaded_or_refused(tmp_path: Path, base: str, changes: dict[str, Any]) -> None:
    changed = overlay.base(base)
    for place, value in changes.items():
        try:
            overlay.put(changed, place, value)
        except (IndexError, KeyError, TypeError, AttributeError):
            continue
    _load_or_refuse(overlay.write(changed, tmp_path))


@_FAST
@given(st.sampled_from(["subnet", "pods", "services"]), st.ip_addresses(v=4), st.integers(1, 32))
def test_any_range_in_a_lab_is_loaded_or_refused(
    tmp_path: Path, key: str, address: ipaddress.IPv4Address, prefix: int
) -> None:
    changed = overlay.base("lab")
    changed["network"] = {key: str(ipaddress.IPv4Network((address, prefix), strict=False))}
    _load_or_refuse(overlay.write(changed, tmp_path))


def test_a_lab_at_the_end_of_all_addresses_is_refused(tmp_path: Path) -> None:
    changed = overlay.base("lab")
    changed["network"] = {"subnet": "255.255.255.255/32"}
    with pytest.raises(findings.InvalidSpecError):
        loader.load(overlay.write(changed, tmp_path))


def test_a_lab_gets_subnet_addresses_and_ingress(tmp_path: Path) -> None:
    site = loader.load(overlay.write(overlay.base("lab"), tmp_path))
    assert site.network.subnet is not None
    assert site.network.subnet.subnet_of(ipaddress.IPv4Network("198.18.0.0/15"))
    assert {node.address in site.network.subnet for node in site.nodes} == {True}
    assert [node.name for node in site.nodes_with(Role.INGRESS)] == ["cp1", "gpu1"]


def test_written_ingress_is_kept(tmp_path: Path) -> None:
    written = overlay.base("lab")
    written["nodes"][2]["roles"] = ["worker", "ingress"]
    site = loader.load(overlay.write(written, tmp_path))
    assert [node.name for node in site.nodes_with(Role.INGRESS)] == ["gpu1"]


def test_a_real_site_keeps_its_addresses(tmp_path: Path) -> None:
    site = loader.load(overlay.write(overlay.base("real"), tmp_path))
    assert [str(node.address) for node in site.nodes] == ["192.0.2.11", "192.0.2.21", "192.0.2.31", "192.0.2.32"]


def test_the_environment_renames_a_lab_and_moves_its_addresses(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = overlay.write(overlay.base("lab"), tmp_path)
    before = loader.load(path)
    monkeypatch.setenv("SITEWRIGHT_LAB", "test")
    after = loader.load_with_origins(path)
    assert after.site.name == "test"
    assert after.site.network.subnet != before.network.subnet
    assert after.origins["name",] == "SITEWRIGHT_LAB"


def test_the_environment_renames_no_real_site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SITEWRIGHT_LAB", "test")
    assert loader.load(overlay.write(overlay.base("real"), tmp_path)).name == "real"


@pytest.mark.parametrize("name", ["Test", "a", "../x", "x y", "name\n", "a" * 41])
def test_a_wrong_lab_name_in_the_environment_is_refused(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SITEWRIGHT_LAB", name)
    with pytest.raises(errors.SpecError) as caught:
        loader.load(overlay.write(overlay.base("lab"), tmp_path))
    assert "SITEWRIGHT_LAB" in caught.value.where


def test_a_long_lab_name_in_the_environment_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SITEWRIGHT_LAB", "thirteen-lab1")
    with pytest.raises(findings.InvalidSpecError, match="LONG-LAB-NAME"):
        loader.load(overlay.write(overlay.base("lab"), tmp_path))


def test_every_value_has_an_origin(tmp_path: Path) -> None:
    path = overlay.write(overlay.base("lab"), tmp_path)
    origins = loader.load_with_origins(path).origins
    assert origins["models", 0, "licence"].startswith(f"{path}:")
    assert origins["models", 0, "replicas"] == "default"
    assert origins["network", "subnet"] == "derived from the lab's name 'lab'"
    assert origins["nodes", 1, "roles", 0].startswith(f"{path}:")
    assert origins["nodes", 1, "roles", 1] == "default: no node carries the role ingress"
