from __future__ import annotations

import ipaddress
from pathlib import Path

import pytest

from ops.lab import spec

MACHINE = spec.MachineSpec(
    lab="lab",
    name="cp1",
    address=ipaddress.IPv4Address("198.18.7.11"),
    subnet=ipaddress.IPv4Network("198.18.7.0/24"),
    authorized_key="ssh-ed25519 AAAA operator",
)


def test_a_machine_is_read_as_it_was_written(tmp_path: Path) -> None:
    file = tmp_path / "machine.json"
    file.write_text(MACHINE.dump())
    assert spec.read(file) == MACHINE


@pytest.mark.parametrize("text", ["", "{}", '{"lab": "x"}', "[]", '{"address": "a", "subnet": "b"}'])
def test_a_damaged_file_is_no_machine(tmp_path: Path, text: str) -> None:
    file = tmp_path / "machine.json"
    file.write_text(text)
    assert spec.read(file) is None


def test_a_missing_file_is_no_machine(tmp_path: Path) -> None:
    assert spec.read(tmp_path / "machine.json") is None
