from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.conftest import Command

_REAL = "tests/spec/bases/real.yml"

_SSH = """#!/bin/sh
# Stands in for OpenSSH: notes its arguments, then runs the last one as a login shell on the node would.
printf '%s\\n' "$@" >> "$NOTES"
for last; do :; done
exec sh -c "$last"
"""
_SUDO = """#!/bin/sh
while [ "$1" != -- ] && [ "$1" != --login ]; do shift; done
[ "$1" = --login ] && { cat; exit 0; }
shift
exec "$@"
"""


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """Return an environment whose ssh and sudo run their command here."""
    programs = tmp_path / "programs"
    programs.mkdir()
    for name, text in (("ssh", _SSH), ("sudo", _SUDO)):
        (programs / name).write_text(text)
        (programs / name).chmod(0o755)
    return {"PATH": f"{programs}:/usr/bin:/bin", "NOTES": str(tmp_path / "notes"), "SITEWRIGHT_SITE": _REAL}


def test_words_arrive_as_given(environment: dict[str, str], sitewright: Command) -> None:
    words = [
        "plain",
        "two words",
        "",
        "it's",
        '"quoted"',
        "$HOME",
        "`id`",
        "a\nb",
        "*",
        "--json",
        "--",
        "-la",
        "\\",
        "ä;&|<>",
    ]
    ended = sitewright("ssh", "cp1", "--", "printf", "%s|", *words, environment=environment)
    assert (ended.code, ended.out) == (0, "".join(f"{word}|" for word in words))


@pytest.mark.parametrize("code", [7, 255])
def test_the_exit_code_of_the_command_passes_through(
    code: int, environment: dict[str, str], sitewright: Command
) -> None:
    assert sitewright("ssh", "cp1", "--", "sh", "-c", f"exit {code}", environment=environment).code == code


def test_input_passes_through(environment: dict[str, str], sitewright: Command) -> None:
    assert sitewright("ssh", "cp1", "--", "cat", environment=environment, stdin="to the node").out == "to the node"
    assert sitewright("ssh", "cp1", environment=environment, stdin="echo hello").out == "echo hello"


def test_the_host_key_is_pinned_and_no_terminal_is_asked_for(
    tmp_path: Path, environment: dict[str, str], sitewright: Command
) -> None:
    sitewright("ssh", "cp1", "--", "true", environment=environment)
    words = (tmp_path / "notes").read_text().splitlines()
    known = tmp_path / "state" / "sitewright" / "real" / "known_hosts"
    assert "-T" in words
    assert "StrictHostKeyChecking=yes" in words
    assert f"UserKnownHostsFile={known}" in words
    assert "sitewright@192.0.2.21" in words
    assert "192.0.2.21 ssh-ed25519 " in known.read_text()


@pytest.mark.parametrize(
    ("complaint", "code", "error"),
    [
        ("Host key verification failed.", 13, "E-HOST-KEY"),
        ("Permission denied (publickey).", 3, "E-CREDENTIAL"),
        ("ssh: connect to host 192.0.2.21 port 22: No route to host", 12, "E-UNREACHABLE"),
    ],
)
def test_a_connection_that_fails_is_told_in_three_lines(
    complaint: str, code: int, error: str, environment: dict[str, str], tmp_path: Path, sitewright: Command
) -> None:
    (tmp_path / "programs" / "ssh").write_text(f"#!/bin/sh\necho '{complaint}' >&2\nexit 255\n")
    ended = sitewright("ssh", "cp1", "--", "true", environment=environment)
    assert ended.code == code
    assert f"error[{error}]" in ended.err


def test_an_unknown_node_gets_a_hint(environment: dict[str, str], sitewright: Command) -> None:
    ended = sitewright("ssh", "cp2", environment=environment)
    assert ended.code == 6
    assert "did you mean 'cp1'?" in ended.err


def test_a_lab_machine_that_does_not_run_is_not_asked(sitewright: Command) -> None:
    ended = sitewright("ssh", "cp1", environment={"SITEWRIGHT_LAB": "never-made"})
    assert ended.code == 12
    assert "lab machine cp1 is absent" in ended.err
