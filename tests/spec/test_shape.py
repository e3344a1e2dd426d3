from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from ops.spec import findings, loader
from tests.spec import overlay


def _findings(spec: object, directory: Path) -> list[findings.Finding]:
    with pytest.raises(findings.InvalidSpecError) as caught:
        loader.load(overlay.write(spec, directory))
    return list(caught.value.findings)


@pytest.mark.parametrize(
    ("place", "value", "rule", "allowed", "mend"),
    [
        ("nodes[0].memry", "1Gi", "unknown-key", "name, roles, address", "write 'memory'"),
        ("nodes[0].host-key", "x", "unknown-key", "host_key", "write 'host_key'"),
        ("colour", "red", "unknown-key", "schema_version, name", "remove it"),
        ("lab.size", 3, "unknown-key", "none", "remove it"),
        ("nodes[0].roles", ["infra", "workr"], "wrong-value", "infra, control_plane, worker, ingress", "'worker'"),
        ("nodes[0].roles", "infra", "wrong-type", "a list", "write a list"),
        ("nodes[0].roles", [], "wrong-value", "1 or more", "change roles"),
        ("nodes[0].roles", {"infra": True}, "wrong-type", "a list", "write a list"),
        ("nodes[0].name", 12, "wrong-type", "text", "quotes"),
        ("nodes[0].name", "Infra1", "wrong-value", "lower-case letters", "change name"),
        ("nodes[0].name", "gpü1", "wrong-value", "lower-case letters", "change name"),
        ("nodes[0].name", "x" * 41, "wrong-value", "40 or fewer characters", "change name"),
        ("nodes[0].address", "fe80::1", "wrong-value", "IPv6 is not supported", "change address"),
        ("nodes[0].address", "198.18.007.5", "wrong-value", "without leading zeros", "change address"),
        ("nodes[0].address", 3325256704, "wrong-value", "an IPv4 address", "change address"),
        ("nodes[0].memory", "98MB", "wrong-value", "a whole number of bytes", "write 98M"),
        ("nodes[0].memory", -5, "wrong-value", "1 or more", "change memory"),
        ("nodes[0].memory", True, "wrong-value", "a whole number of bytes", "change memory"),
        ("nodes[0].debian", "sid", "wrong-value", "trixie, bookworm", "change debian"),
        ("nodes[0].host_key", "infra1 ssh-ed25519 AAAA", "wrong-value", "without a host name", "change host_key"),
        ("nodes[0].n\u0430me", "infra1", "unknown-key", "name, roles", "write 'name'"),
        ("nodes[0].memory", 10**30, "huge-number", "at most 18 digits", "write a smaller number"),
        ("lab", True, "wrong-type", "a mapping", "write 'lab: {}'"),
        ("nodes", [], "wrong-value", "1 or more", "change nodes"),
        ("nodes", "infra1", "wrong-type", "a list", "write a list"),
        ("nodes[0]", "infra1", "wrong-type", "a mapping", "change"),
        ("models", {}, "wrong-type", "a list", "write a list"),
        ("models[0].replicas", 0, "wrong-value", "1 or more", "change replicas"),
        ("models[0].replicas", "2", "wrong-type", "a whole number", "change replicas"),
        ("models[0].replicas", 1.5, "wrong-type", "a whole number", "change replicas"),
        ("network.subnet", "198.18.7.1/24", "wrong-value", "begins at its first address", "write 198.18.7.0/24"),
        ("network.gateway_port", 70000, "wrong-value", "65535 or less", "change gateway_port"),
        ("network.gateway_port", True, "wrong-type", "a whole number", "change gateway_port"),
        ("network", ["a"], "wrong-type", "a mapping", "write 'network: {}'"),
        ("versions", {"kubernetes": 1.36}, "wrong-type", "text", "quotes"),
        ("triton", {"build": "cpu"}, "wrong-value", "lab-cpu, vendor", "lab-cpu"),
        ("schema_version", 2, "wrong-value", "1", "change schema_version"),
        ("schema_version", True, "wrong-value", "a whole number", "change schema_version"),
        ("schema_version", "1", "wrong-value", "a whole number", "change schema_version"),
        ("name", None, "wrong-type", "text", "change name"),
    ],
)
def test_a_wrong_value_is_one_finding_with_place_allowed_and_mend(
    place: str, value: object, rule: str, allowed: str, mend: str, tmp_path: Path
) -> None:
    spec = overlay.base("lab")
    overlay.put(spec, place, value)
    (finding,) = _findings(spec, tmp_path)
    assert finding.rule == rule
    assert finding.path.startswith(place)
    assert allowed in finding.allowed
    assert mend in finding.mend
    assert finding.line is not None


def test_a_character_that_only_looks_like_another_is_revealed(tmp_path: Path) -> None:
    spec = overlay.base("lab")
    spec["nodes"][0]["n\u0430me"] = "infra1"
    assert "(with U+0430)" in _findings(spec, tmp_path)[0].found


@pytest.mark.parametrize("place", ["schema_version", "name", "nodes", "models", "nodes[1].name", "nodes[1].roles"])
def test_a_missing_key_says_how_to_write_it(place: str, tmp_path: Path) -> None:
    spec = overlay.base("lab")
    overlay.remove(spec, place)
    (finding,) = _findings(spec, tmp_path)
    assert finding.rule == "missing-key"
    assert finding.path == place
    assert finding.mend.startswith(f"add '{place.rpartition('.')[2]}:")


@pytest.mark.parametrize("value", [[], ["a"], "text", 5, 1.5, True, [[[]]], [{"name": "lab"}]])
def test_a_file_that_is_no_mapping_is_refused(value: object, tmp_path: Path) -> None:
    (finding,) = _findings(value, tmp_path)
    assert finding.path == "site"
    assert "a mapping" in finding.allowed


def test_faults_of_yaml_shape_and_rules_are_told_together_in_the_order_of_the_file(tmp_path: Path) -> None:
    path = tmp_path / "site.yml"
    path.write_text(
        "schema_version: 1\nname: lab\nlab: {}\nnetwork: {api_port: 443, gatway_port: 443, domain: A}\nnodes:\n"
        "  - {name: infra1, roles: [infra]}\n  - {name: cp1, name: cp1, roles: [control_plane]}\n"
        "  - {name: cp1, roles: [worker], memory: 98MB}\n"
        "models:\n  - {name: m1, size: 98Mi, path: /a.gguf, licence: MIT}\n"
    )
    with pytest.raises(findings.InvalidSpecError) as caught:
        loader.load(path)
    assert [(finding.line, finding.rule, finding.path) for finding in caught.value.findings] == [
        (4, "wrong-value", "network.domain"),
        (4, "unknown-key", "network.gatway_port"),
        (4, "clashing_ports", "network.api_port"),
        (7, "duplicate-key", "nodes[1].name"),
        (8, "wrong-value", "nodes[2].memory"),
        (8, "duplicate_node_name", "nodes[2].name"),
        (10, "missing_digest", "models[0].digest"),
    ]


def test_a_rule_does_not_complain_of_a_value_that_is_wrong_anyway(tmp_path: Path) -> None:
    spec = overlay.base("real")
    spec["nodes"][2]["address"] = "192.0.2"
    spec["nodes"][3]["adress"] = spec["nodes"][3].pop("address")
    assert [finding.path for finding in _findings(spec, tmp_path)] == ["nodes[2].address", "nodes[3].adress"]


def test_a_mapping_whose_keys_are_all_commented_out_has_its_defaults(tmp_path: Path) -> None:
    path = tmp_path / "site.yml"
    overlay.write(overlay.base("lab"), tmp_path)
    path.write_text(path.read_text().replace("lab: {}", "lab:\nnetwork:\n  # domain: example.com\n"))
    assert loader.load(path).lab is not None


def test_a_key_without_a_value_is_refused_where_a_value_is_needed(tmp_path: Path) -> None:
    path = tmp_path / "site.yml"
    overlay.write(overlay.base("lab"), tmp_path)
    path.write_text(path.read_text() + "  replicas:\n")
    with pytest.raises(findings.InvalidSpecError) as caught:
        loader.load(path)
    assert [(finding.rule, finding.path) for finding in caught.value.findings] == [
        ("empty-value", "models[0].replicas")
    ]


@pytest.mark.parametrize(
    "changes",
    [
        {"network.subnet": "198.19.3.0/26", "nodes[0].address": "198.19.3.60"},
        {"network.domain": "llm.example.com", "network.gateway_port": 9443, "network.api_port": 16443},
        {"nodes[0].roles": ["ingress", "worker", "control_plane", "infra"], "nodes[1].roles": ["worker"]},
        {f"nodes[{index}]": {"name": f"cp{index}", "roles": ["control_plane"]} for index in range(3, 7)},
        {"nodes[2].debian": "bookworm", "versions.containerd": "2.2.1", "nodes[2].memory": 4 * 2**30},
        {"network.virtual_address": None, "nodes[0].memory": "16G", "nodes[2].model_disk": "100G"},
        {"name": "a1", "gateway.replicas": 1, "models[0].slots": 1, "models[0].queue": 0},
        {"network.pods": "172.20.0.0/14", "network.services": "100.64.0.0/16"},
    ],
)
def test_an_unusual_but_sound_lab_is_accepted(changes: dict[str, Any], tmp_path: Path) -> None:
    spec = overlay.base("lab")
    for place, value in changes.items():
        overlay.put(spec, place, value)
    loader.load(overlay.write(spec, tmp_path))
