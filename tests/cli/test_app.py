from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from ops import errors
from ops.spec import places
from tests.cli.conftest import Command

_GOLDEN = Path(__file__).parent / "golden"
_LAB = "tests/spec/bases/lab.yml"
_WRONG = "tests/cli/wrong.yml"


@pytest.mark.parametrize(
    ("name", "words", "code"),
    [
        ("validate.json", ("validate", _LAB, "--json"), 0),
        ("show.json", ("show", _LAB, "--json"), 0),
        ("show.txt", ("show", _LAB), 0),
        ("validate-wrong.json", ("validate", _WRONG, "--json"), 2),
        ("show-wrong.json", ("show", "--json", _WRONG), 2),
        ("validate-nowhere.json", ("validate", "--json", "lab-singel"), 6),
        ("status-nothing.json", ("status", _LAB, "--json"), 6),
        ("status-nothing.txt", ("status", _LAB), 6),
        ("status-nothing.json", ("status", "--json"), 6),
        ("usage.json", ("validate", "--json"), 2),
    ],
)
def test_a_verb_answers_as_recorded(name: str, words: tuple[str, ...], code: int, sitewright: Command) -> None:
    environment = {"SITEWRIGHT_LAB": "never-made"} if name.startswith("status") else None
    ended = sitewright(*words, environment=environment)
    assert ended.code == code
    recorded = _GOLDEN / name
    printed = ended.out.replace(str(places.PROJECT_ROOT), "CHECKOUT")
    if os.environ.get("RENEW"):
        recorded.write_text(printed)
    assert printed == recorded.read_text(), f"renew after reading: RENEW=1 pytest {__file__}"


@pytest.mark.parametrize("name", [path.name for path in _GOLDEN.glob("*.json")])
def test_every_json_document_says_its_version_and_whether_all_is_well(name: str) -> None:
    document = json.loads((_GOLDEN / name).read_text())
    assert document["schema_version"] == 1
    assert document["ok"] is (document["errors"] == [])
    for entry in document["errors"]:
        assert {"code", "what", "where", "mend", "path", "line"} <= set(entry)


def test_every_fault_of_a_spec_has_three_lines_on_stderr_and_nothing_on_stdout(sitewright: Command) -> None:
    ended = sitewright("validate", _WRONG)
    assert ended.code == errors.SpecError.exit_code
    assert ended.out == ""
    assert len(ended.err.splitlines()) == 3 * 5
    assert ended.err.startswith("error[E-SPEC-UNKNOWN-KEY]")


@pytest.mark.parametrize("words", [(), ("validate", "--help")])
def test_help_is_a_result(words: tuple[str, ...], sitewright: Command) -> None:
    ended = sitewright(*words)
    assert ended.code == 0
    assert "Usage: sitewright" in ended.out
    assert ended.err == ""


def test_help_names_every_exit_code(sitewright: Command) -> None:
    text = sitewright("--help").out
    codes = {kind.exit_code for kind in errors.SitewrightError.__subclasses__() if kind.__module__ == "ops.errors"}
    for code in codes:
        assert f" {code} " in text.replace(",", " ")


@pytest.mark.parametrize("words", [("frobnicate",), ("validate", "lab", "--nonsense")])
def test_a_wrong_command_line_has_three_lines_and_code_2(words: tuple[str, ...], sitewright: Command) -> None:
    ended = sitewright(*words)
    assert ended.code == 2
    assert ended.err.startswith("error[E-USAGE]")
    assert len(ended.err.splitlines()) == 3


def test_the_schema_is_the_one_of_the_reference(sitewright: Command) -> None:
    assert sitewright("schema").out == (places.PROJECT_ROOT / "docs" / "reference" / "site.schema.json").read_text()


def test_a_reader_that_has_seen_enough_is_no_fault() -> None:
    command = Path(sys.executable).with_name("sitewright")
    with subprocess.Popen(
        [command, "show", _LAB], cwd=places.PROJECT_ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        process.stdout.close()
        assert process.stderr is not None
        assert process.stderr.read() == b""


def test_no_verb_loads_what_it_does_not_need(sitewright: Command) -> None:
    program = (
        "import sys; from ops.cli import app; from ops.actions import validate; validate.validate('lab');"
        "print(sorted({'ansible', 'kubernetes', 'pulumi', 'httpx', 'cryptography', 'rich'} & set(sys.modules)))"
    )
    ended = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True)
    assert ended.stdout.strip() == "[]"
