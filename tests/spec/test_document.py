from __future__ import annotations

import os
from pathlib import Path

import pytest

from ops import errors
from ops.spec import document, findings


def _read(text: str | bytes, directory: Path) -> document.Document:
    path = directory / "site.yml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return document.read(path)


@pytest.mark.parametrize(
    ("text", "found", "line"),
    [
        (b"", "nothing", 1),
        (b"# a comment\n", "nothing", 1),
        (b"name: a\n\tnodes: b\n", "found character '\\t' that cannot start any token", 2),
        (b"name: a\nname", "could not find expected ':'", 2),
        (b"a: 1\n---\nb: 2\n", "but found another document", 2),
        (b"a: [1, 2\n", "expected ',' or ']', but got '<stream end>'", 2),
        (b"a: *nowhere\n", "found undefined alias 'nowhere'", 1),
        (b"name: caf\xe9\n", "byte 0xe9", 1),
        (b"a: 1\nb: \x00\x01\n", "special characters are not allowed", None),
        (b"\x7fELF\x02\x01\x01", "special characters are not allowed", None),
        (b"[" * 5_000, "lists or mappings nested too deep", 1),
        (b"x" + b": x" * 10, "mapping values are not allowed here", 1),
    ],
)
def test_what_is_no_yaml_document_is_refused_with_its_line(
    text: bytes, found: str, line: int | None, tmp_path: Path
) -> None:
    with pytest.raises(findings.InvalidSpecError) as caught:
        _read(text, tmp_path)
    (finding,) = caught.value.findings
    assert finding.code == "E-SPEC-SYNTAX"
    assert found in finding.found
    assert finding.line == line


def test_tabs_are_named_in_the_mend(tmp_path: Path) -> None:
    with pytest.raises(findings.InvalidSpecError, match="indent with spaces"):
        _read("a:\n\tb: 1\n", tmp_path)


def test_aliases_that_stand_for_billions_are_refused_at_once(tmp_path: Path) -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 12)]
    with pytest.raises(findings.InvalidSpecError, match="aliases that stand for over 100000 values"):
        _read("\n".join(lines), tmp_path)


def test_a_chain_of_aliases_too_deep_for_python_is_refused(tmp_path: Path) -> None:
    lines = ["a0: &a0 [x]"] + [f"a{n}: &a{n} [*a{n - 1}]" for n in range(1, 600)]
    with pytest.raises(findings.InvalidSpecError, match="nested too deep"):
        _read("\n".join(lines), tmp_path)


def test_an_alias_inside_itself_is_a_finding(tmp_path: Path) -> None:
    read = _read("a: &a [1, *a]\nb: &b {<<: *b}\n", tmp_path)
    assert [finding.rule for finding in read.findings] == ["alias", "alias"]


def test_aliases_and_merge_keys_are_understood(tmp_path: Path) -> None:
    read = _read("base: &base {count: 8, memory: 80Gi}\none: *base\ntwo: {<<: *base, count: 4}\n", tmp_path)
    assert read.value == {
        "base": {"count": 8, "memory": "80Gi"},
        "one": {"count": 8, "memory": "80Gi"},
        "two": {"count": 4, "memory": "80Gi"},
    }
    assert read.findings == []


def test_a_merge_of_something_else_than_a_mapping_is_a_finding(tmp_path: Path) -> None:
    read = _read("one: {<<: 5, a: 1}\n", tmp_path)
    assert [finding.rule for finding in read.findings] == ["merge"]


def test_every_key_written_twice_is_told_with_both_lines(tmp_path: Path) -> None:
    read = _read("a: 1\nb: {c: 1, c: 2}\na: 3\n", tmp_path)
    assert [(finding.path, finding.line) for finding in read.findings] == [("b.c", 2), ("a", 3)]
    assert "first in line 1" in read.findings[1].found


@pytest.mark.parametrize("text", ["no", "Yes", "ON", "off", "010", "0x1F", "1_000", "12:30", "0b11", "+5"])
def test_what_yaml_reads_otherwise_than_people_do_is_a_finding(text: str, tmp_path: Path) -> None:
    read = _read(f"a: {text}\n", tmp_path)
    assert [(finding.rule, finding.path, finding.line) for finding in read.findings] == [("ambiguous-value", "a", 1)]
    assert text in read.findings[0].found


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("true", True),
        ("-5", -5),
        ("0", 0),
        ("1.5", 1.5),
        ("'010'", "010"),
        ('"no"', "no"),
        ("2026-11-24", "2026-11-24"),
        ("80Gi", "80Gi"),
        ("null", None),
        ("~", None),
        ("=", "="),
        (".inf", ".inf"),
    ],
)
def test_plain_values_are_read_as_written(text: str, value: object, tmp_path: Path) -> None:
    read = _read(f"a: {text}\n", tmp_path)
    assert read.value == {"a": value}
    assert read.findings == []


@pytest.mark.parametrize("text", ["!!python/object/apply:os.system ['true']", "!vault x", "!!binary aGk=", "!!set {x}"])
def test_tags_are_findings_and_run_nothing(text: str, tmp_path: Path) -> None:
    assert [finding.rule for finding in _read(f"a: {text}\n", tmp_path).findings][:1] == ["tag"]


def test_keys_that_are_no_text_are_findings(tmp_path: Path) -> None:
    read = _read("? [1, 2]\n: x\n? {a: b}\n: y\n", tmp_path)
    assert [finding.rule for finding in read.findings] == ["key-type", "key-type"]


def test_a_byte_order_mark_is_no_fault(tmp_path: Path) -> None:
    assert _read(b"\xef\xbb\xbfa: 1\n", tmp_path).value == {"a": 1}


def test_lines_count_from_one_and_name_keys(tmp_path: Path) -> None:
    read = _read("# head\na:\n  - b: 1\n\n    c: 2\n", tmp_path)
    assert read.lines[("a", 0, "c")] == 5
    assert read.lines[("a",)] == 2


def test_a_missing_file_is_not_found(tmp_path: Path) -> None:
    with pytest.raises(errors.NotFoundError):
        document.read(tmp_path / "site.yml")


def test_what_is_no_regular_file_is_refused_without_reading(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "loop").symlink_to("loop")
    for path in (tmp_path, tmp_path / "pipe", Path("/dev/zero"), tmp_path / "loop"):
        with pytest.raises(errors.SpecError):
            document.read(path)


def test_a_huge_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(errors.SpecError, match="more than 1048576 bytes"):
        _read(b"#" * (2**20 + 1), tmp_path)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read every file")
def test_an_unreadable_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "site.yml"
    path.touch(mode=0)
    with pytest.raises(errors.SpecError, match="Permission denied"):
        document.read(path)
