"""The language host under the real command line."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support import pulumi_project
from tests.support.pulumi_project import Project

pytestmark = pytest.mark.pulumi

PROGRAM = """
import os, pathlib, pulumi
from ops import errors

print("in", pathlib.Path.cwd().name)
pulumi.export("answer", 42)
failure = os.environ.get("TEST_FAILS")
if failure == "person":
    raise errors.SpecError("two nodes have the name cp1", where="site.yml:7", mend="give each node its own name")
if failure == "defect":
    {}["no such key"]
if failure == "late":
    pulumi.Output.from_input("x").apply(lambda text: int(text))
"""


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return pulumi_project.make(tmp_path, PROGRAM)


def test_a_program_runs_in_its_own_directory_and_its_words_are_shown(project: Project) -> None:
    text = project.up()
    assert "in stacks" in text
    assert "answer: 42" in text
    assert "warning" not in text


@pytest.mark.parametrize(
    ("failure", "words"),
    [
        ("person", ["error: [E-SPEC]: two nodes have the name cp1\n", "at site.yml:7\n", "mend: give each node"]),
        ("defect", ["error: the Pulumi program failed:\n", "stacks/__main__.py", "KeyError: 'no such key'"]),
        ("late", ["ValueError: invalid literal for int()"]),
    ],
)
def test_a_failing_program_is_told_once_in_its_own_words(project: Project, failure: str, words: list[str]) -> None:
    text = project.run("preview", expect=1, TEST_FAILS=failure)
    diagnostics = text.partition("Diagnostics:")[2]
    for word in words:
        assert word in diagnostics
    assert diagnostics.count("Traceback") <= 1
    assert "runpy" not in text


def test_the_commands_that_people_type_are_answered(project: Project) -> None:
    project.up()
    about = project.run("about")
    assert "executable=" in about
    assert "pulumi" in about
    assert '"resources"' in project.run("stack", "export")
    assert "1 unchanged" in project.run("refresh", "--yes", "--skip-preview")
    project.run("install")
    project.run("destroy", "--yes", "--skip-preview")
