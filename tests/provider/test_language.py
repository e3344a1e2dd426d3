from __future__ import annotations

import inspect
from pathlib import Path
from typing import Any

import pulumi
import pytest
from pulumi.automation import _server
from pulumi.runtime.proto import language_pb2, language_pb2_grpc

from ops.provider import language


def program(directory: Path, text: str) -> Path:
    (directory / "__main__.py").write_text(text)
    return directory


def message(directory: Path, text: str) -> str:
    with pytest.raises(pulumi.RunError) as caught:
        language.run_program(program(directory, text))
    return str(caught.value)


def test_the_sdks_private_class_is_the_one_that_the_host_stands_on() -> None:
    """The class is private API: a new SDK that changes it must be looked at before the pin moves."""
    assert issubclass(_server.LanguageServer, language_pb2_grpc.LanguageRuntimeServicer)
    assert list(inspect.signature(_server.LanguageServer.__init__).parameters) == ["self", "program"]
    assert list(inspect.signature(_server.LanguageServer.Run).parameters) == ["self", "request", "context"]
    source = inspect.getsource(_server.LanguageServer.Run)
    assert "request.args[0]" in source, "Run takes the engine's address from the first argument of the program"
    assert "run_in_stack(self.program)" in source, "Run calls what the attribute `program` holds"
    assert "result.error" in source, "Run reports a failed program in the field `error`"


def test_every_request_of_the_protocol_that_the_engine_sends_is_answered() -> None:
    answered = {
        "About",
        "Cancel",
        "GetPluginInfo",
        "GetProgramDependencies",
        "GetRequiredPackages",
        "GetRequiredPlugins",
        "Handshake",
        "InstallDependencies",
        "Run",
        "RuntimeOptionsPrompts",
    }
    base = language_pb2_grpc.LanguageRuntimeServicer
    assert {name for name in answered if getattr(language.Host, name) is getattr(base, name)} == set()


def test_dependencies_are_those_of_the_virtual_environment() -> None:
    answer = language.Host("127.0.0.1:1").GetProgramDependencies(language_pb2.GetProgramDependenciesRequest(), None)
    assert ("pulumi", "3.259.0") in {(item.name, item.version) for item in answer.dependencies}


def test_a_program_that_ends_well_says_nothing(tmp_path: Path) -> None:
    language.run_program(program(tmp_path, "raise SystemExit(0)"))


def test_an_error_for_people_is_its_three_lines(tmp_path: Path) -> None:
    text = "from ops import errors\nraise errors.SpecError('two are one', where='site.yml:3', mend='name them apart')"
    assert message(tmp_path, text) == "[E-SPEC]: two are one\n  at site.yml:3\n  mend: name them apart"


def test_an_exception_is_shown_from_the_program_on(tmp_path: Path) -> None:
    found = message(tmp_path, "def divide():\n    return 1 / 0\n\ndivide()\n")
    assert "ZeroDivisionError: division by zero" in found
    assert f'File "{tmp_path}/__main__.py", line 2, in divide' in found
    assert "runpy" not in found


def test_an_error_in_a_module_of_the_program_keeps_its_place(tmp_path: Path) -> None:
    (tmp_path / "broken_module_of_test.py").write_text("import nothing_of_that_name\n")
    found = message(tmp_path, "import broken_module_of_test\n")
    assert "broken_module_of_test.py" in found
    assert "No module named 'nothing_of_that_name'" in found


def test_an_exit_code_is_named(tmp_path: Path) -> None:
    assert message(tmp_path, "raise SystemExit(3)") == "the Pulumi program ended itself with 3"


def test_pulumis_own_error_passes(tmp_path: Path) -> None:
    assert message(tmp_path, "import pulumi\nraise pulumi.RunError('as it is')") == "as it is"


def test_the_engine_does_not_repeat_what_was_logged(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def run(_self: Any, _request: Any, _context: Any) -> Any:
        return language_pb2.RunResponse(error="logged already")

    monkeypatch.setattr(_server.LanguageServer, "Run", run)
    request = language_pb2.RunRequest(info=language_pb2.ProgramInfo(program_directory=str(tmp_path), entry_point="."))
    answer = language.Host("127.0.0.1:1").Run(request, None)
    assert answer.bail
    assert not answer.error
    assert list(request.args) == ["127.0.0.1:1"]
